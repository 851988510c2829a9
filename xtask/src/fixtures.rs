//! The fixtures of this repository, built by cargo and ready to start.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io::BufReader,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use cargo_metadata::Message;
use sigconform::{
    cli::Built,
    fixture::{Fixture, Manifest, folders},
    regression::{self, Regression, Side},
};

/// Builds every package that a `fixture.toml` below `fixtures/` names, and returns all backends.
///
/// # Errors
/// A fixture does not compile, or its manifest is malformed.
pub fn build() -> Result<Vec<Fixture>> {
    let root = root()?;
    let manifests = folders(&root.join("fixtures"))?
        .into_iter()
        .map(|folder| Ok((Manifest::read(&folder)?, folder)))
        .collect::<Result<Vec<_>>>()?;
    let packages: Vec<_> = manifests.iter().filter_map(|(manifest, _)| manifest.package.as_deref()).collect();
    let args: Vec<_> = packages.iter().flat_map(|package| ["--package", package]).collect();
    let programs = cargo_build(root, &args, &[])?;
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

/// The regressions of this repository, given the names of the scenarios that there are.
///
/// # Errors
/// A `regression.toml` is malformed, or a `Cargo.lock` pins another version.
pub fn regressions(scenarios: &[&str]) -> Result<Vec<Regression>> {
    Ok(regression::read_all(&root()?.join("fixtures/regressions"), scenarios)?)
}

/// Builds both programs of each regression that this system has.
///
/// All share one folder below the target directory, apart from our own: what several of them need is built once, and
/// their old dependencies never meet ours. `--locked` keeps the versions that the regression is about.
///
/// # Errors
/// One of them does not compile.
pub fn build_regressions(regressions: &[&Regression]) -> Result<Vec<Built>> {
    let root = root()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let target = target.join("regressions");
    let program = |regression: &Regression, side: Side| {
        let folder = regression.package_folder(side);
        eprintln!("{}: building {} {}", regression.name, regression.manifest.package, regression.version(side));
        let env = [("CARGO_TARGET_DIR", target.as_os_str()), ("CARGO_PROFILE_DEV_DEBUG", OsStr::new("none"))];
        let programs = cargo_build(&folder, &["--locked"], &env)?;
        let program = programs.into_values().next();
        let program = program.with_context(|| format!("cargo built no program in {}", folder.display()))?;
        anyhow::Ok(regression.fixture(side, &program))
    };
    let build = |regression: &&Regression| {
        let programs = match regression.why_not_on(std::env::consts::OS) {
            Some(reason) => Err(reason.to_owned()),
            None => Ok([program(regression, Side::Broken)?, program(regression, Side::Fixed)?]),
        };
        Ok(Built { regression: (*regression).clone(), programs })
    };
    regressions.iter().map(build).collect()
}

fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the xtask package lies in the workspace")
}

/// Runs `cargo build` in a folder; returns each package's program. Cargo itself says where it put them, whatever the
/// target directory.
fn cargo_build(folder: &Path, args: &[&str], env: &[(&str, &OsStr)]) -> Result<BTreeMap<String, PathBuf>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command =
        duct::cmd(cargo, ["build", "--quiet", "--message-format=json-render-diagnostics"].iter().chain(args));
    for &(name, value) in env {
        command = command.env(name, value);
    }
    let output =
        command.dir(folder).stdout_capture().unchecked().run().context("cannot run cargo to build the fixtures")?;
    ensure!(output.status.success(), "the fixtures in {} do not build (see above)", folder.display());
    let mut programs = BTreeMap::new();
    for message in Message::parse_stream(BufReader::new(output.stdout.as_slice())) {
        if let Message::CompilerArtifact(artifact) = message.context("cannot read what cargo says")?
            && let Some(program) = artifact.executable
        {
            programs
                .insert(package_name(&artifact.package_id.repr, &artifact.target.name), program.into_std_path_buf());
        }
    }
    Ok(programs)
}

/// The package of a program: the end of its id, but where that is a folder and a version, the name of its target.
fn package_name(id: &str, target: &str) -> String {
    let end = id.rsplit(['#', '/']).next().unwrap_or_default();
    match end.split_once('@') {
        Some((name, _)) => name.to_owned(),
        None => target.to_owned(),
    }
}
