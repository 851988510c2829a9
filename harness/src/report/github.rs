//! GitHub Actions: annotations, which a pull request shows beside the lines that they are about, and the job's summary.
//!
//! Both have limits, and what exceeds them is dropped without a word: so it is said here.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>
//!
//! ```
//! use sigconform::{report::github::{Place, Places, annotations}, results::Results};
//!
//! # let cell = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/failed.json"));
//! let results = Results::of(vec![serde_json::from_str(cell)?]);
//! let gate = Some(Place { file: "tests/signals.rs".into(), line: 12 });
//! let places = Places { gate, ..Places::default() };
//! let text = annotations(&[results], &places);
//! assert!(text.starts_with("::error file="), "{text}");
//! assert!(text.contains("line=12,title=fail%3A mine / sequence on "), "{text}");
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::{
    env,
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, access};

use super::{again, diagnosis::printable, markdown};
use crate::{
    fixture::Fixture,
    results::{Cell, Results, Verdict, check_file, platform_names},
};

/// Errors that a step may annotate: ten. One of them says how many more there are.
const ANNOTATIONS: usize = 10;

/// Most bytes of a step's summary: one mebibyte. Other commands of the step may have written some.
const SUMMARY: usize = 1 << 19;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: u32,
}

/// Where the causes stand: an expectation in its file, everything else where the gate is.
#[derive(Debug, Clone, Default)]
pub struct Places<'a> {
    /// The fixtures with their expectations.
    pub fixtures: &'a [Fixture],
    /// Where the gate is.
    pub gate: Option<Place>,
    /// A relative file is below this folder or one of those above it: the compiler names files from its own folder.
    pub folder: PathBuf,
}

impl Places<'_> {
    fn of(&self, cell: &Cell, os: &str) -> Option<Place> {
        let fixture = self.fixtures.iter().find(|fixture| fixture.name == cell.backend);
        let mut known = fixture.into_iter().flat_map(|fixture| &fixture.expectations);
        let known = known.find(|known| {
            known.scenario == cell.scenario && (known.os.is_empty() || known.os.iter().any(|name| name == os))
        });
        known.map(|known| Place { file: known.file.clone(), line: known.line }).or_else(|| self.gate.clone())
    }

    /// A file as GitHub names it: from the root of the checkout.
    fn in_checkout(&self, file: &Path, checkout: &Path) -> PathBuf {
        let found = self.folder.ancestors().map(|folder| folder.join(file)).find(|file| file.exists());
        let absolute = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let found = absolute(&found.unwrap_or_else(|| file.to_owned()));
        found.strip_prefix(absolute(checkout)).map_or_else(|_| file.to_owned(), Path::to_owned)
    }
}

/// Whether this process belongs to a job of GitHub Actions.
#[must_use]
pub fn is_job() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// The annotations: one workflow command a line for each cell that is not as it should be.
#[must_use]
pub fn annotations(platforms: &[Results], places: &Places<'_>) -> String {
    let checkout = env::var_os("GITHUB_WORKSPACE").map_or_else(|| ".".into(), PathBuf::from);
    let names = platform_names(platforms);
    let wrong = |cell: &&Cell| matches!(cell.verdict, Verdict::Fail | Verdict::Xpass | Verdict::Error);
    let cells = platforms.iter().zip(&names).flat_map(|(results, name)| {
        results.results.iter().filter(wrong).map(move |cell| (&results.platform.os, name, cell))
    });
    let cells: Vec<_> = cells.collect();
    let shown = if cells.len() > ANNOTATIONS { ANNOTATIONS - 1 } else { cells.len() };
    let mut text = String::new();
    for &(os, name, cell) in &cells[..shown] {
        let title = format!("{}: {} / {} on {name}", cell.verdict, cell.backend, cell.scenario);
        let place = places.of(cell, os);
        let place = place.map(|place| (places.in_checkout(&place.file, &checkout), place.line));
        text += &command(place.as_ref(), &title, &message(cell));
    }
    if cells.len() > shown {
        let more = format!("{} more are not as they should be: see the job's summary", cells.len() - shown);
        text += &command(None, "sigconform", &more);
    }
    text
}

/// The broken laws, each at its line, and how to run the cell again.
fn message(cell: &Cell) -> String {
    let transcript = cell.outcomes.iter().find(|outcome| !outcome.allowed).map_or("", |outcome| &outcome.transcript);
    let mut text = cell.reason.as_ref().map(|reason| format!("{reason}\n")).unwrap_or_default();
    for broken in &cell.violations {
        text += &format!("{}: {}\n", broken.law, broken.message);
        if let Some(line) = broken.line.checked_sub(1).and_then(|at| transcript.lines().nth(at)) {
            text += &format!("  at line {}: {line}\n  allowed here: {}\n", broken.line, broken.allowed);
        }
        text += &format!("  source: {}\n", broken.source);
    }
    printable(&text) + "run it again: " + &again(cell)
}

fn command(place: Option<&(PathBuf, u32)>, title: &str, message: &str) -> String {
    let place = place.map(|(file, line)| format!("file={},line={line},", property(&file.to_string_lossy())));
    format!("::error {}title={}::{}\n", place.unwrap_or_default(), property(title), data(message))
}

/// A value after `::`, in which a line end would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value, in which `:` and `,` would end it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The file of the job's summary, where there is one.
///
/// ```
/// use sigconform::report::github;
///
/// // GitHub names one for every step.
/// let named = std::env::var_os("GITHUB_STEP_SUMMARY").is_some_and(|file| !file.is_empty());
/// assert_eq!(github::summary().is_some(), named);
/// ```
#[must_use]
pub fn summary() -> Option<PathBuf> {
    env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()).map(PathBuf::from)
}

/// Whether something could be added to the job's summary, which is this file.
///
/// # Errors
/// Why not.
pub fn check_summary(file: &Path) -> io::Result<()> {
    if file.exists() { Ok(access(file, AccessFlags::W_OK)?) } else { check_file(file) }
}

/// Adds the matrix and the diagnoses to the job's summary, which is this file.
///
/// ```
/// use sigconform::{report::github, results::Results};
///
/// let file = tempfile::NamedTempFile::new()?;
/// github::add_to_summary(file.path(), &[Results::of(Vec::new())])?;
/// assert!(std::fs::read_to_string(file.path())?.contains("nothing to do"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Why it could not be written.
pub fn add_to_summary(file: &Path, platforms: &[Results]) -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "what is opened like this waits for nobody")]
    let written = OpenOptions::new().append(true).create(true).custom_flags(libc::O_NONBLOCK).open(file);
    written?.write_all(markdown::within(platforms, SUMMARY).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(scenario: &str, verdict: Verdict) -> Cell {
        Cell {
            backend: "mine".to_owned(),
            scenario: scenario.to_owned(),
            requirements: Vec::new(),
            verdict,
            reason: Some("because: 100%,\nreally".to_owned()),
            claims: Vec::new(),
            allowed: Vec::new(),
            known: None,
            violations: Vec::new(),
            runs: 1,
            outcomes: Vec::new(),
            duration_us: 1,
            again: "again".to_owned(),
        }
    }

    #[test]
    fn a_command_is_one_line_whatever_is_in_it() {
        let place = (PathBuf::from("a,b:c.rs"), 7);
        assert_eq!(
            command(Some(&place), "x: y", "100%\nz"),
            "::error file=a%2Cb%3Ac.rs,line=7,title=x%3A y::100%25%0Az\n"
        );
    }

    #[test]
    fn what_passes_is_not_annotated_and_the_limit_is_said() {
        let cells = |count: usize| vec![cell("sequence", Verdict::Fail); count];
        let lines = |cells| annotations(&[Results::of(cells)], &Places::default()).lines().map(str::to_owned).collect();
        let few: Vec<String> =
            lines([cells(10), vec![cell("fork", Verdict::Xfail), cell("fork", Verdict::Pass)]].concat());
        assert!(few.len() == 10 && few[0].contains("because: 100%25,%0Areally"), "{few:#?}");
        let many: Vec<String> = lines(cells(12));
        assert!(many.len() == 10 && many[9].contains("3 more are not"), "{many:#?}");
    }

    #[test]
    fn a_file_is_named_from_the_root_of_the_checkout() {
        let checkout = tempfile::tempdir().expect("a folder");
        let package = checkout.path().join("nested/package");
        std::fs::create_dir_all(package.join("tests")).expect("folders");
        std::fs::write(package.join("tests/gate.rs"), "").expect("a file");
        let places = Places { folder: package, ..Places::default() };
        for file in ["tests/gate.rs", "package/tests/gate.rs"] {
            assert_eq!(places.in_checkout(Path::new(file), checkout.path()), Path::new("nested/package/tests/gate.rs"));
        }
        assert_eq!(places.in_checkout(Path::new("/else.rs"), checkout.path()), Path::new("/else.rs"));
    }
}
