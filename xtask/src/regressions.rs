//! The regressions of this repository, built by cargo and ready to be played.

use std::ffi::OsStr;

use anyhow::{Context, Result};
use sigconform::{
    catalogue::Catalogue,
    cli::{Built, CliError, Regressions},
    regression::{self, Regression, Side},
    text,
};

use crate::{checkout::Checkout, fixtures::cargo_build};

/// Builds the regressions that are meant, and plays them; returns the exit status.
///
/// # Errors
/// A `regression.toml` is malformed, a `Cargo.lock` pins another version, or a program does not build.
pub fn run(command: &Regressions) -> Result<u8> {
    let catalogue = Catalogue::embedded()?;
    let scenarios: Vec<_> = catalogue.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    let all = regression::read_all(&Checkout::here()?.root.join("fixtures/regressions"), &scenarios)?;
    let built = build(&command.select(&all).map_err(CliError::from)?)?;
    Ok(command.run(&catalogue, &built)?)
}

/// Builds both programs of each regression that this system has.
///
/// All share one folder below the target directory, apart from our own: what several of them need is built once, and
/// their old dependencies never meet ours. `--locked` keeps the versions that the regression is about.
fn build(regressions: &[&Regression]) -> Result<Vec<Built>> {
    let target = Checkout::here()?.target.join("regressions");
    let program = |regression: &Regression, side: Side| {
        let folder = regression.package_folder(side);
        let (name, package, version) = (&regression.name, &regression.manifest.package, regression.version(side));
        eprintln!("{}: building {} {}", text::name(name), text::name(package), text::name(version));
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
