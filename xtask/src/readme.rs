//! `cargo xtask readme`: the documents that are made from the registry and from a run, written or checked.
//!
//! What a run gives depends on what is installed, and none of it may vanish from the README unseen:
//!
//! - writing refuses where a backend cannot be played for want of something, and says how to install it, and where a
//!   cell is not as it should be: a matrix of a run that failed is no matrix;
//! - checking compares what was played here. The row of a backend that is missing, or that the system has in another
//!   version, is not compared, which is said; but it must be there.
//!
//! The matrix is that of Linux `x86_64`: elsewhere only `docs/requirements.md` is checked.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, bail};
use clap::Args;
use sigconform::{
    catalogue::Catalogue,
    exit_status,
    fixture::Fixture,
    regular_file,
    report::progress::Progress,
    results::{Results, write_file},
    run::{self, Options, Selection},
    text,
};
use xtask::{checkout::Checkout, documents, fixtures};

/// The only platform whose matrix the documents show.
const PLATFORM: (&str, &str) = ("linux", "x86_64");

/// Write the README's matrix, docs/matrix.md and docs/requirements.md, or check that they are as they should be.
#[derive(Debug, Default, Args)]
pub struct Readme {
    /// Write nothing; fail when a document is stale
    #[arg(long)]
    pub check: bool,
    /// Take the results of `conform --json FILE` instead of playing everything
    #[arg(long, value_name = "FILE")]
    pub results: Option<std::path::PathBuf>,
}

impl Readme {
    /// Runs the command; returns the exit status.
    pub fn run(&self, catalogue: &Catalogue) -> Result<u8> {
        let root = &Checkout::here()?.root;
        let fixtures = fixtures::build()?;
        let results = match &self.results {
            Some(file) => {
                let text = regular_file::text(file, regular_file::RESULTS)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                serde_json::from_str(&text).with_context(|| format!("{} holds no results", file.display()))?
            }
            None => play(catalogue, &fixtures)?,
        };
        let mut made = vec![("docs/requirements.md", documents::requirements(catalogue))];
        if (results.platform.os.as_str(), results.platform.arch.as_str()) == PLATFORM {
            let readme = read(root, "README.md")?;
            made.push(("README.md", documents::readme(&readme, &results, catalogue)?));
            made.push(("docs/matrix.md", documents::matrix(&results, catalogue)));
        } else {
            eprintln!("the matrix is that of {} {}: not looked at here", PLATFORM.0, PLATFORM.1);
        }
        let readme = read(root, "README.md")?;
        if self.check {
            check(root, &made, &unlike(&results, &fixtures, &readme))
        } else {
            write(root, &made, &results)
        }
    }
}

/// A run of everything, as `cargo xtask` does it.
fn play(catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<Results> {
    let plan = run::plan(catalogue, fixtures, &Selection::default())?;
    let mut progress = Progress::new(plan.backends());
    let results = plan.run(&Options::default(), |cell| progress.done(cell));
    progress.finish();
    if let Some(status) = sigconform::cli::interrupted() {
        bail!("interrupted (exit status {status}): a part of a run is no matrix");
    }
    Ok(results)
}

fn read(root: &Path, name: &str) -> Result<String> {
    regular_file::text(&root.join(name), regular_file::DATA).with_context(|| format!("cannot read {name}"))
}

fn write(root: &Path, made: &[(&str, String)], results: &Results) -> Result<u8> {
    let missing = documents::missing(results);
    if !missing.is_empty() {
        let reasons: Vec<_> = missing.iter().map(|(backend, reason)| format!("  {backend}: {reason}")).collect();
        bail!("the documents would lose what is not installed here; install it first:\n{}", reasons.join("\n"));
    }
    let wrong = documents::wrong(results);
    if !wrong.is_empty() {
        bail!("the run failed, and nothing is written; mend this first:\n  {}", wrong.join("\n  "));
    }
    for (name, text) in made {
        write_file(&root.join(name), text).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(exit_status::CONFORMING)
}

fn check(root: &Path, made: &[(&str, String)], unlike: &BTreeMap<String, String>) -> Result<u8> {
    for (backend, reason) in unlike {
        eprintln!("not compared: {}: {}", text::name(backend), text::sentence(reason));
    }
    let names: Vec<_> = unlike.keys().map(String::as_str).collect();
    let mut stale = Vec::new();
    for (name, text) in made {
        let committed = if regular_file::is_there(&root.join(name)) { read(root, name)? } else { String::new() };
        stale.extend(documents::difference(&committed, text, &names).map(|difference| format!("{name} {difference}")));
    }
    if stale.is_empty() {
        return Ok(exit_status::CONFORMING);
    }
    let stale = text::printable(&stale.join("\n"));
    eprintln!("{stale}\nwrite them anew with `cargo xtask readme`, and review the difference");
    Ok(exit_status::NOT_CONFORMING)
}

/// The backends whose rows say nothing about this machine, with the reason: missing here, or another version of what a
/// system brings.
fn unlike(results: &Results, fixtures: &[Fixture], readme: &str) -> BTreeMap<String, String> {
    let mut unlike = documents::missing(results);
    for backend in &results.backends {
        let is_the_systems = fixtures.iter().any(|fixture| fixture.name == backend.name && !fixture.needs.is_empty());
        let shown = documents::version_shown(readme, &backend.name);
        if let (true, Some(shown), Some(here)) = (is_the_systems, shown, &backend.version)
            && shown != *here
        {
            unlike.insert(backend.name.clone(), format!("the README shows version {shown}, and here is {here}"));
        }
    }
    unlike
}
