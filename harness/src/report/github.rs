//! GitHub Actions: annotations, which a pull request shows beside the lines that they are about, and the job's summary.
//!
//! Both have limits, and what exceeds them is dropped, cut or refused as a whole: so it is kept within them, and said.
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

use super::{
    again, markdown,
    shown::{self, VIOLATIONS},
};
use crate::{
    fixture::Fixture,
    results::{Cell, Results, Verdict, check_file, platform_names},
    text::{self, cut},
};

/// Errors that a step may annotate; one of them says how many more there are.
///
/// Source: `_maxCountPerIssueType` in <https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs>.
const ANNOTATIONS: usize = 10;

/// Most UTF-16 units of an annotation's text; the runner cuts what is longer.
///
/// Source: `_maxIssueMessageLength`, there.
const MESSAGE: usize = 4096;

/// Most letters of each part of that text, so that all parts have room.
const PART: usize = 250;

/// Most characters of an annotation's title.
///
/// Source: `annotations[].title` in <https://docs.github.com/en/rest/checks/runs>.
const TITLE: usize = 255;

/// Most bytes of a step's summary, all commands of the step together: one mebibyte. What is larger is not shown at all.
///
/// Source: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>, "Step isolation and limits".
const SUMMARY: usize = 1 << 20;

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
    let shown = shown::results(platforms);
    let names = platform_names(&shown);
    let cells = platforms.iter().zip(shown.iter().zip(&names)).flat_map(|(results, (shown, name))| {
        // What is looked up is what was said; what is told is what may be shown of it.
        let pairs = results.results.iter().zip(&shown.results);
        pairs.map(move |(cell, shown)| (places.of(cell, &results.platform.os), name, shown))
    });
    let wrong = |cell: &Cell| matches!(cell.verdict, Verdict::Fail | Verdict::Xpass | Verdict::Error);
    let cells: Vec<_> = cells.filter(|(_, _, cell)| wrong(cell)).collect();
    let told = if cells.len() > ANNOTATIONS { ANNOTATIONS - 1 } else { cells.len() };
    let mut text = String::new();
    for (place, name, cell) in &cells[..told] {
        let title = format!("{}: {} / {} on {name}", cell.verdict, cell.backend, cell.scenario);
        let place = place.as_ref().map(|place| (places.in_checkout(&place.file, &checkout), place.line));
        text += &command(place.as_ref(), &cut(&title, TITLE), &message(cell));
    }
    if cells.len() > told {
        let more = format!("{} more are not as they should be: see the job's summary", cells.len() - told);
        text += &command(None, "sigconform", &more);
    }
    text
}

/// The broken laws, each at its line, and how to run the cell again.
fn message(cell: &Cell) -> String {
    let transcript = cell.outcomes.iter().find(|outcome| !outcome.allowed).map_or("", |outcome| &outcome.transcript);
    let part = |text: &str| cut(text, PART);
    let mut text = cell.reason.as_ref().map(|reason| part(reason) + "\n").unwrap_or_default();
    for broken in cell.violations.iter().take(VIOLATIONS) {
        text += &format!("{}: {}\n", broken.law, part(&broken.message));
        if let Some(line) = broken.line.checked_sub(1).and_then(|at| transcript.lines().nth(at)) {
            let allowed = part(&broken.allowed);
            text += &format!("  at line {}: {}\n  allowed here: {allowed}\n", broken.line, part(line));
        }
        text += &format!("  source: {}\n", part(&broken.source));
    }
    if cell.violations.len() > VIOLATIONS {
        text += &format!("and {} more\n", cell.violations.len() - VIOLATIONS);
    }
    let again = format!("run it again: {}", part(&again(cell)));
    // A letter is one unit or two.
    let units = |text: &str| text.encode_utf16().count();
    let left = MESSAGE - units(&again);
    if units(&text) > left { cut(&text, left / 2) + "\n" + &again } else { text + &again }
}

fn command(place: Option<&(PathBuf, u32)>, title: &str, message: &str) -> String {
    let place = place.map(|(file, line)| format!("file={},line={line},", property(&text::path(file))));
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
    let mut summary = written?;
    // Other commands of the step may have written some.
    let before = usize::try_from(summary.metadata()?.len()).unwrap_or(usize::MAX);
    let text = markdown::within(platforms, SUMMARY.saturating_sub(before));
    summary.write_all(text.as_bytes())
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
            unsupported: false,
            fault: None,
            claims: Vec::new(),
            allowed: Vec::new(),
            known: None,
            violations: Vec::new(),
            runs: 1,
            outcomes: Vec::new(),
            observed: Vec::new(),
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
        assert!(few.len() == 10 && few[0].contains(r"because: 100%25,\nreally%0Arun it again: again"), "{few:#?}");
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
