//! The fixtures of this repository, built by cargo and ready to start.

use std::{
    collections::BTreeMap,
    io::BufReader,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use cargo_metadata::Message;
use sigconform::fixture::{Fixture, Manifest, folders};

/// Builds every package that a `fixture.toml` below `fixtures/` names, and returns all backends.
///
/// # Errors
/// A fixture does not compile, or its manifest is malformed.
pub fn build() -> Result<Vec<Fixture>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the xtask package lies in the workspace")?;
    let manifests = folders(&root.join("fixtures"))?
        .into_iter()
        .map(|folder| Ok((Manifest::read(&folder)?, folder)))
        .collect::<Result<Vec<_>>>()?;
    let packages: Vec<_> = manifests.iter().filter_map(|(manifest, _)| manifest.package.as_deref()).collect();
    let programs = cargo_build(root, &packages)?;
    let mut fixtures = Vec::new();
    for (manifest, folder) in &manifests {
        let program = match &manifest.package {
            None => None,
            Some(package) => {
                Some(programs.get(package).with_context(|| format!("cargo built no program for `{package}`"))?)
            }
        };
        fixtures.extend(manifest.fixtures(folder, program.map(PathBuf::as_path))?);
    }
    sigconform::fixture::check_names(&fixtures)?;
    Ok(fixtures)
}

/// A fixture without a manifest: the only program of `package`, which cargo builds.
///
/// # Errors
/// It does not compile.
pub fn program(package: &str, backend: &str) -> Result<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the xtask package lies in the workspace")?;
    let programs = cargo_build(root, &[package])?;
    let program = programs.get(package).with_context(|| format!("cargo built no program for `{package}`"))?;
    Ok(Fixture {
        name: backend.to_owned(),
        command: vec![program.into()],
        env: BTreeMap::new(),
        needs: Vec::new(),
        specimen: None,
        expectations: Vec::new(),
    })
}

/// Builds the packages; returns each one's program. Cargo itself says where it put them, whatever the target directory.
fn cargo_build(root: &Path, packages: &[&str]) -> Result<BTreeMap<String, PathBuf>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut args = vec!["build", "--quiet", "--message-format=json-render-diagnostics"];
    args.extend(packages.iter().flat_map(|package| ["--package", package]));
    let output = duct::cmd(cargo, args)
        .dir(root)
        .stdout_capture()
        .unchecked()
        .run()
        .context("cannot run cargo to build the fixtures")?;
    ensure!(output.status.success(), "the fixtures do not build (see above)");
    let mut programs = BTreeMap::new();
    for message in Message::parse_stream(BufReader::new(output.stdout.as_slice())) {
        if let Message::CompilerArtifact(artifact) = message.context("cannot read what cargo says")? {
            let name = artifact.package_id.repr.rsplit(['#', '/']).next().unwrap_or_default();
            let name = name.split('@').next().unwrap_or_default();
            let name = if packages.contains(&name) { name } else { artifact.target.name.as_str() };
            if let Some(program) = artifact.executable {
                programs.insert(name.to_owned(), program.into_std_path_buf());
            }
        }
    }
    Ok(programs)
}
