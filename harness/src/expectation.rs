//! Expectations: failures that are known, each with a reason and a reference. They turn a fail into an xfail and nothing
//! else: a listed case that passes is an error of the list, and so is an entry that can match nothing.
//!
//! ```
//! let text = r#"
//! [[expectation]]
//! backend = "mine"
//! scenario = "fork"
//! os = ["linux"]
//! laws = ["fork-isolated"]
//! reason = "a forked child shares our pipe"
//! reference = "no report found"
//! "#;
//! let known = sigconform::expectation::parse("expectations.toml".as_ref(), text, &["mine"])?;
//! assert_eq!(known[0].laws, ["fork-isolated"]);
//!
//! // A law that does not exist would hide nothing: it is an error, with what was probably meant.
//! let misspelt = text.replace("fork-isolated", "fork-isolatd");
//! let error = sigconform::expectation::parse("expectations.toml".as_ref(), &misspelt, &["mine"]).unwrap_err();
//! assert!(error.to_string().contains("fork-isolated"), "{error}");
//! # Ok::<(), sigconform::data_file::DataFileError>(())
//! ```

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::{
    catalogue::ingredients,
    data_file::{self, DataFileError},
    judge::law,
    regular_file,
    select::near_matches,
};

#[cfg(test)]
mod tests;

/// The file beside a `fixture.toml` that lists known failures.
pub const FILE: &str = "expectations.toml";

/// What stands for the scenario in an entry about scripts that the explorer makes.
pub const EXPLORED: &str = "explore";

/// The systems that an entry may name, as `std::env::consts::OS` spells them.
const SYSTEMS: &[&str] = &["freebsd", "linux", "macos"];

/// What stands for the reference where nobody reported the failure yet.
const NO_REPORT: &str = "no report found";

/// One known failure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The backend's name.
    pub backend: String,
    /// The scenario's name.
    pub scenario: String,
    /// Systems where it fails, as `std::env::consts::OS` spells them; empty: everywhere.
    #[serde(default)]
    pub os: Vec<String>,
    /// The first version of the library that no longer fails, such as `3.12`: what a system brings is not ours to choose.
    /// `Python 3.12` is the version that follows this name, where the library states its runtime's besides its own.
    #[serde(default)]
    pub mended_in: Option<String>,
    /// A race in the library that is lost in some runs only: runs that conform do not make the list wrong.
    #[serde(default)]
    pub sometimes: bool,
    /// The laws that it breaks, and no other.
    pub laws: Vec<String>,
    /// Of scripts that the explorer makes: only those whose shortest form has each of these as `sigconform
    /// explore` names them.
    #[serde(default)]
    pub with: Vec<String>,
    /// Of those: only where the shortest form sends, starts or repeats something this often.
    #[serde(default)]
    pub at_least: Option<u64>,
    /// Why, for people.
    pub reason: String,
    /// The upstream report, or `no report found`.
    pub reference: String,
    /// The file that lists it, for messages.
    #[serde(skip)]
    pub file: PathBuf,
    /// Its line there, counted from 1.
    #[serde(skip)]
    pub line: u32,
}

impl Expectation {
    /// Whether it speaks of this scenario on this system with this version of the library.
    #[must_use]
    pub fn is_for(&self, scenario: &str, os: &str, version: &str) -> bool {
        let mended = self.mended_in.as_deref().is_some_and(|mended_in| is_at_least(version, mended_in));
        self.scenario == scenario && (self.os.is_empty() || self.os.iter().any(|name| name == os)) && !mended
    }

    /// Why it fails, with the report: for people.
    #[must_use]
    pub fn explanation(&self) -> String {
        format!("{} ({})", self.reason, self.reference)
    }

    /// What is wrong with it, and what to write instead, given the backends of its fixture.
    fn problem(&self, backends: &[&str]) -> Option<String> {
        if !backends.contains(&self.backend.as_str()) {
            return Some(format!("this fixture holds no backend `{}`: write {}", self.backend, backends.join(" or ")));
        }
        if let Some(unknown) = self.os.iter().find(|os| !SYSTEMS.contains(&os.as_str())) {
            return Some(format!("there is no system `{unknown}`: write {}", SYSTEMS.join(", ")));
        }
        if self.mended_in.as_deref().is_some_and(|version| numbers(split_name(version).1).is_empty()) {
            return Some("`mended_in` is no version: write numbers, such as `3.12`".to_owned());
        }
        if self.scenario != EXPLORED && (!self.with.is_empty() || self.at_least.is_some()) {
            return Some(format!("`with` and `at_least` are for the scenario `{EXPLORED}` only: remove them"));
        }
        let ingredients = ingredients::names();
        if let Some(unknown) = self.with.iter().find(|name| !ingredients.contains(&name.as_str())) {
            return Some(format!("there is no ingredient `{unknown}`: write one of {}", ingredients.join(", ")));
        }
        if self.laws.is_empty() {
            return Some("`laws` is empty: list the laws that the failure breaks".to_owned());
        }
        if let Some(unknown) = self.laws.iter().find(|law| law::find(law).is_none()) {
            let near = near_matches(unknown, law::ALL.iter().map(|law| law.slug));
            let near = if near.is_empty() { String::new() } else { format!("; near: {}", near.join(", ")) };
            return Some(format!("there is no law `{unknown}`: write the slug that the diagnosis shows{near}"));
        }
        if self.reason.trim().is_empty() {
            return Some("it has no reason: say why it fails".to_owned());
        }
        let reported = self.reference.starts_with("https://") || self.reference == NO_REPORT;
        (!reported).then(|| format!("its reference is `{}`: give an https:// address or `{NO_REPORT}`", self.reference))
    }

    /// Whether both speak of one case on some system.
    fn overlaps(&self, other: &Self) -> bool {
        let same_system = self.os.is_empty() || other.os.is_empty() || self.os.iter().any(|os| other.os.contains(os));
        // Scripts of the explorer fail in more ways than one.
        let same_kind = self.scenario != EXPLORED
            || (&self.laws, &self.with, self.at_least) == (&other.laws, &other.with, other.at_least);
        (&self.backend, &self.scenario) == (&other.backend, &other.scenario) && same_system && same_kind
    }
}

/// Whether a stated version is the wanted one or later.
fn is_at_least(version: &str, wanted: &str) -> bool {
    let (name, wanted) = split_name(wanted);
    // An empty name stands at the beginning.
    version.split_once(name).is_some_and(|(_, rest)| numbers(rest.trim_start()) >= numbers(wanted))
}

/// The name before a version, if there is one.
fn split_name(version: &str) -> (&str, &str) {
    version.rsplit_once(' ').unwrap_or(("", version))
}

/// The numbers that a version begins with: `3.12.0rc1` is 3, 12, 0.
fn numbers(version: &str) -> Vec<u32> {
    let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
    version.split('.').map_while(|part| digits(part).parse().ok()).collect()
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    expectation: Vec<Spanned<Expectation>>,
}

/// Reads the expectations of a fixture's folder, which holds these backends; none where there is no file.
///
/// # Errors
/// [`DataFileError`] with file and remedy, for an entry that is incomplete or can match nothing.
pub fn read(folder: &Path, backends: &[&str]) -> Result<Vec<Expectation>, DataFileError> {
    let file = folder.join(FILE);
    if regular_file::is_there(&file) { read_file(&file, backends) } else { Ok(Vec::new()) }
}

/// Reads a file of expectations for a fixture that holds these backends.
///
/// # Errors
/// As [`read`], and when there is no such file.
pub fn read_file(file: &Path, backends: &[&str]) -> Result<Vec<Expectation>, DataFileError> {
    parse(file, &data_file::text(file)?, backends)
}

/// Reads the text of such a file; `file` is for messages.
///
/// # Errors
/// As [`read`].
pub fn parse(file: &Path, text: &str, backends: &[&str]) -> Result<Vec<Expectation>, DataFileError> {
    let entries = data_file::parse::<File>(file, text)?.expectation;
    let list = entries.into_iter().map(|entry| {
        let before = &text[..entry.span().start];
        let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
        Expectation { file: file.to_owned(), line, ..entry.into_inner() }
    });
    let list = list.collect::<Vec<_>>();
    check(&list, backends)?;
    Ok(list)
}

/// Refuses an entry that is incomplete, that can match nothing, or that is listed twice.
///
/// # Errors
/// [`DataFileError`] with file and remedy.
pub fn check(list: &[Expectation], backends: &[&str]) -> Result<(), DataFileError> {
    for (at, known) in list.iter().enumerate() {
        let twice = || {
            list[..at].iter().any(|other| other.overlaps(known)).then(|| "it is listed twice: remove one".to_owned())
        };
        if let Some(problem) = known.problem(backends).or_else(twice) {
            return Err(DataFileError::malformed(&known.file, known.introduce(&problem)));
        }
    }
    Ok(())
}

/// Refuses an entry whose scenario does not exist: it would hide nothing and say nothing.
///
/// # Errors
/// [`DataFileError`] with file and remedy.
pub fn check_scenarios<'a>(
    expectations: impl IntoIterator<Item = &'a Expectation>,
    scenarios: &[&str],
) -> Result<(), DataFileError> {
    let is_there = |name: &str| name == EXPLORED || scenarios.contains(&name);
    let Some(stale) = expectations.into_iter().find(|known| !is_there(&known.scenario)) else {
        return Ok(());
    };
    let near = near_matches(&stale.scenario, scenarios.iter().copied());
    let near = if near.is_empty() { String::new() } else { format!("; near: {}", near.join(", ")) };
    let problem = format!("there is no such scenario: correct or remove the entry{near}");
    Err(DataFileError::malformed(&stale.file, stale.introduce(&problem)))
}

impl Expectation {
    fn introduce(&self, problem: &str) -> String {
        format!("the expectation for {} / {}: {problem}", self.backend, self.scenario)
    }
}
