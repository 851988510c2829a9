//! The commands that `cargo xtask` and `sigconform` share: each is a struct of flags with a `run` that returns the exit
//! status. Whoever calls them brings the fixtures.

mod broken;
mod cell;
mod check;
mod conform;
mod correct;
mod documents;
mod explain;
mod explore;
mod init;
mod list;
mod merge;
mod regressions;
mod run_any;
mod signals;
mod specimens;

use std::{
    fmt,
    io::{self, Write},
    path::PathBuf,
};

pub use broken::Broken;
pub use cell::RunCell;
pub use check::Check;
pub use conform::Conform;
pub use correct::Correct;
pub use documents::{Documents, GitHub};
pub use explain::Explain;
pub use explore::{Explore, ExploreAny};
pub use init::{Init, Language};
pub use list::List;
pub use merge::Merge;
pub use regressions::{Built, Regressions};
pub use run_any::RunAny;
pub use signals::{interrupted, stop_on_interrupt};

pub use crate::fault::tell_panics;

use crate::{
    catalogue::CatalogueError, data_file::DataFileError, exit_status, fixture::FixtureError, merge::MergeError,
    select::NoMatch, text,
};

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command line asks for something that is not there.
    #[error(transparent)]
    NoMatch(#[from] NoMatch),
    /// The catalogue cannot be used.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A fixture cannot be used.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    /// Expectations speak of something that does not exist.
    #[error(transparent)]
    Expectation(#[from] DataFileError),
    /// Results do not fit together.
    #[error(transparent)]
    Merge(Box<MergeError>),
    /// A document could not be written.
    #[error("cannot write {}: {source}", text::path(.file))]
    Write {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Two documents would be one file.
    #[error("{} and {} are both {}: give each document a file of its own", .options[0], .options[1], text::path(.file))]
    SameFile {
        /// The options that name it.
        options: [&'static str; 2],
        /// The file.
        file: PathBuf,
    },
    /// The engine could not do its work.
    #[error("{0}")]
    Engine(String),
    /// Several of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nerror: "))]
    Several(Vec<Self>),
}

impl CliError {
    /// The exit status that it means.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::NoMatch(_) | Self::Merge(_) | Self::SameFile { .. } => exit_status::USAGE,
            Self::Several(errors) => errors.iter().map(Self::exit_status).max().unwrap_or(exit_status::ENGINE),
            _ => exit_status::ENGINE,
        }
    }

    /// Everything that went wrong, each of which was tried.
    fn all(tried: impl IntoIterator<Item = Result<(), Self>>) -> Result<(), Self> {
        let mut errors: Vec<_> = tried.into_iter().filter_map(Result::err).collect();
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(Self::Several(errors)),
        }
    }
}

/// Says on standard error what is wrong. Whatever is said in it, a fixture's name or a line of somebody's file, acts on nobody.
pub fn complain(error: &dyn fmt::Display) {
    // Where nobody listens there is nobody to tell.
    let _ = writeln!(io::stderr(), "error: {}", text::printable(&error.to_string()));
}

/// What is wrong with the command line, or the help that it asks for; then the end. A word of the command line may be somebody
/// else's: the input of an action, the name of a branch.
pub fn refuse(wrong: &clap::Error) -> ! {
    if !wrong.use_stderr() {
        wrong.exit();
    }
    let _ = write!(io::stderr(), "{}", text::printable(&wrong.render().to_string()));
    std::process::exit(wrong.exit_code());
}

/// More than 128 after an interrupt, whatever else came out.
fn unless_interrupted(status: u8) -> u8 {
    interrupted().unwrap_or(status)
}

/// Prints to standard output, in colours only where they are shown. Nobody reads it any more: nothing is wrong then.
fn print(text: &str) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::Write { file: "standard output".into(), source })
        }
        _ => Ok(()),
    }
}
