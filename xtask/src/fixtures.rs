//! The fixtures of this repository, built and ready to start: by cargo what is Rust, by its own command what is not.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    io::{self, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::Message;
use sigconform::{
    command,
    fixture::{Fixture, Manifest, folders},
};

use crate::checkout::Checkout;

/// How cargo builds them: a start is most of what a short case costs (see Cargo.toml).
const PROFILE: [&str; 2] = ["--profile", "fixture"];
/// Longest build: on the slowest machine, with everything to download.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// Builds every program that a `fixture.toml` below `fixtures/` names, and returns all backends. What needs something that
/// is not installed is not built: its cells are skipped.
///
/// # Errors
/// A fixture does not compile, or its manifest is malformed.
pub fn build() -> Result<Vec<Fixture>> {
    let Checkout { root, target } = Checkout::here()?;
    let manifests = folders(&root.join("fixtures"))?
        .into_iter()
        .map(|folder| Ok((Manifest::read(&folder)?, folder)))
        .collect::<Result<Vec<_>>>()?;
    let packages: Vec<_> = manifests.iter().filter_map(|(manifest, _)| manifest.package.as_deref()).collect();
    let args: Vec<_> = packages.iter().flat_map(|package| ["--package", package]).collect();
    let programs = cargo_build(root, &[&PROFILE[..], &args].concat(), &[])?;
    let mut fixtures = Vec::new();
    for (manifest, folder) in &manifests {
        let built = match &manifest.package {
            None => own_build(manifest, folder, target)?,
            Some(package) => {
                programs.get(package).with_context(|| format!("cargo built no program for `{package}`"))?.clone()
            }
        };
        fixtures.extend(manifest.fixtures(folder, &built)?);
    }
    sigconform::fixture::check_names(&fixtures)?;
    Ok(fixtures)
}

/// Runs the build command of a fixture that cargo does not build; returns the folder that it writes to.
fn own_build(manifest: &Manifest, folder: &Path, target: &Path) -> Result<PathBuf> {
    let name = folder.file_name().context("a fixture's folder has a name")?;
    let built = target.join("fixtures").join(name);
    let command = manifest.build(folder, &built);
    if let Some((program, arguments)) = command.split_first()
        && manifest.missing().is_none()
    {
        fs::create_dir_all(&built).with_context(|| format!("cannot make {}", built.display()))?;
        let mut build = Command::new(program);
        build.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(io::stderr());
        let ran = command::run(&mut build, LONGEST).with_context(|| format!("cannot run {}", program.display()))?;
        ensure!(ran.status.success(), "the fixture {} does not build (see above)", folder.display());
        let made = manifest.fixtures(folder, &built)?.into_iter().flat_map(|fixture| fixture.command);
        if let Some(absent) = made.map(PathBuf::from).find(|word| word.starts_with(&built) && !word.exists()) {
            bail!("the build command of {} ends well, but makes no {}", folder.display(), absent.display());
        }
    }
    Ok(built)
}

/// A fixture without a manifest: the only program of `package`, which cargo builds.
///
/// # Errors
/// It does not compile.
pub fn program(package: &str, backend: &str) -> Result<Fixture> {
    let programs = cargo_build(&Checkout::here()?.root, &[&PROFILE[..], &["--package", package]].concat(), &[])?;
    let program = programs.get(package).with_context(|| format!("cargo built no program for `{package}`"))?;
    Ok(Fixture::new(backend, vec![program.into()]))
}

/// Runs `cargo build` in a folder; returns each package's program. Cargo itself says where it put them, whatever the
/// target directory.
pub(crate) fn cargo_build(folder: &Path, args: &[&str], env: &[(&str, &OsStr)]) -> Result<BTreeMap<String, PathBuf>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--message-format=json-render-diagnostics"]).args(args);
    build.envs(env.iter().copied()).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped());
    let output = command::run(&mut build, LONGEST).context("cannot run cargo to build the fixtures")?;
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
