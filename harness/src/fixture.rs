//! Fixtures: programs under test, and how they are started.
//!
//! A folder with a `fixture.toml` is a fixture. The file says only how to start the program; everything else the
//! program says itself when asked to `describe`, which is [`description`](crate::description)'s affair.
//!
//! ```
//! use std::fs;
//!
//! use sigconform::fixture::{self, Manifest};
//!
//! let folder = tempfile::tempdir()?;
//! fs::write(folder.path().join(fixture::MANIFEST), r#"
//! command = ["python3", "./mine.py"]
//!
//! [[backend]]
//! name = "mine"
//!
//! [[backend]]
//! name = "mine-doubles"
//! args = ["--twice"]
//! broken = "once-per-send"
//! "#)?;
//!
//! let fixtures = Manifest::read(folder.path())?.fixtures(folder.path(), folder.path())?;
//! assert_eq!(fixtures[0].name, "mine");
//! // A path of the command is one of the folder, wherever the harness runs.
//! assert!(fixtures[0].command_line().starts_with("python3 /"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use sigconform_fixture::Description;

use crate::{data_file::DataFileError, expectation::Expectation, fault::Fault, regular_file, text};

mod again;
mod manifest;
mod need;
mod program;

pub use again::Again;
pub use manifest::{Manifest, ManifestBackend};
pub use need::Need;

/// The name of the file that makes a folder a fixture.
pub const MANIFEST: &str = "fixture.toml";

/// One backend of one fixture program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    /// The backend's name.
    pub name: String,
    /// Program and arguments, to which `describe` or `run` is appended.
    pub command: Vec<OsString>,
    /// Environment variables that it needs.
    pub env: BTreeMap<String, OsString>,
    /// What must be installed, with the command that installs it.
    pub needs: Vec<Need>,
    /// What it shows of the harness; absent: it is under test itself.
    pub specimen: Option<Specimen>,
    /// Failures that are known and explained.
    pub expectations: Vec<Expectation>,
    /// What it says of itself, where that is known without asking.
    pub described: Option<Box<Description>>,
    /// What people type to run one of its cells again.
    pub again: Again,
}

/// A backend that tries the harness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Specimen {
    /// Deliberately broken: this law must catch it.
    Broken(String),
    /// The same without a flaw: it must pass everything.
    Control,
    /// Correct, and unusual in this: it must pass everything too.
    Correct(String),
}

/// A fixture that cannot be used at all: the engine's business, never a verdict on a backend.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// Its manifest or its expectations cannot be used.
    #[error(transparent)]
    DataFile(#[from] DataFileError),
    /// The folder of the fixtures could not be read.
    #[error("cannot read {}: {source}", text::path(.folder))]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Two backends share a name.
    #[error("two backends are called `{0}`: give one of them another name")]
    DuplicateName(String),
    /// It claims nothing.
    #[error(
        "`{0}` claims nothing: add to its description what the documentation promises, each claim with the address of the \
         page, or judge it by the laws alone with --laws-only"
    )]
    NoClaims(String),
    /// It claims something and names no page that promises it.
    #[error("`{name}` {}", missing_sources(.claims))]
    NoSource {
        /// The backend's name.
        name: String,
        /// The claims.
        claims: Vec<&'static str>,
    },
    /// `describe` did not answer as the protocol says.
    #[error("`{} describe` {}", text::sentence(.command), text::sentence(.problem))]
    Describe {
        /// The command line.
        command: String,
        /// What went wrong, and what to mend.
        problem: String,
        /// Whose fault it is.
        fault: Fault,
    },
}

impl FixtureError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Describe { fault, .. } => *fault,
            _ => Fault::Fixture,
        }
    }
}

/// What is said of claims without a source, and how to mend it.
pub(crate) fn missing_sources(claims: &[&str]) -> String {
    format!(
        "claims {} without a source: give each the https:// address of the page that promises it, or leave it out",
        claims.iter().map(|claim| format!("`{claim}`")).collect::<Vec<_>>().join(", ")
    )
}

fn relative_to(folder: &Path, word: &str) -> OsString {
    if word.contains('/') { folder.join(word).into() } else { word.into() }
}

/// The folders below `root` that hold a fixture, sorted.
pub fn folders(root: &Path) -> Result<Vec<PathBuf>, FixtureError> {
    let unreadable = |source| FixtureError::Unreadable { folder: root.to_owned(), source };
    let mut folders = Vec::new();
    for entry in fs::read_dir(root).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?.path();
        if regular_file::is_there(&folder.join(MANIFEST)) {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}

/// Refuses two backends of one name.
pub fn check_names(fixtures: &[Fixture]) -> Result<(), FixtureError> {
    let mut names: Vec<_> = fixtures.iter().map(|fixture| fixture.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(FixtureError::DuplicateName(pair[0].to_owned())),
        None => Ok(()),
    }
}

impl Fixture {
    /// A fixture that is under test itself and needs nothing but its program.
    #[must_use]
    pub fn new(name: &str, command: Vec<OsString>) -> Self {
        Self {
            name: name.to_owned(),
            command,
            env: BTreeMap::new(),
            needs: Vec::new(),
            specimen: None,
            expectations: Vec::new(),
            described: None,
            again: Again::Xtask,
        }
    }

    /// The command line, for messages.
    #[must_use]
    pub fn command_line(&self) -> String {
        self.command.iter().map(|word| text::quoted(word)).collect::<Vec<_>>().join(" ")
    }

    /// The first missing need, as the reason of a skip.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        self.needs.iter().find_map(Need::missing)
    }

    /// What is wrong with the program itself, where that shows from outside.
    pub(crate) fn fault(&self) -> Option<String> {
        program::fault(Path::new(self.command.first()?))
    }
}

/// Whether a backend may be called this: names stand in file names, test names and reports.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    !text.is_empty() && text.chars().all(allowed)
}
