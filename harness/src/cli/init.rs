//! `init`: a starting fixture with comments, in the language of whoever begins.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, ValueEnum};

use super::{CliError, print};
use crate::{exit_status, text};

/// The language of the fixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// A gate: one test file of a crate
    Rust,
    /// A program around an event loop
    Python,
    /// A program around poll(2)
    C,
}

/// Write a starting fixture with comments.
#[derive(Debug, Args)]
pub struct Init {
    /// In which language
    #[arg(value_enum)]
    pub language: Language,
    /// Where to
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

/// A file's name and text.
type File = (&'static str, &'static str);

impl Language {
    const fn files(self) -> &'static [File] {
        match self {
            Self::Rust => &[("tests/signals.rs", include_str!("../../templates/rust/signals.rs"))],
            Self::Python => &[
                ("fixture.py", include_str!("../../templates/python/fixture.py")),
                ("sigconform_fixture.py", include_str!("../../templates/python/sigconform_fixture.py")),
                ("sigconform_state.py", include_str!("../../templates/python/sigconform_state.py")),
            ],
            Self::C => &[
                ("fixture.c", include_str!("../../templates/c/fixture.c")),
                ("sigconform_play.h", include_str!("../../templates/c/sigconform_play.h")),
            ],
        }
    }

    /// What to do now.
    const fn next(self) -> &'static str {
        match self {
            Self::Rust => include_str!("../../templates/rust/next.txt"),
            Self::Python => include_str!("../../templates/python/next.txt"),
            Self::C => include_str!("../../templates/c/next.txt"),
        }
    }
}

impl Init {
    /// Runs the command; returns the exit status. A file that is there already stays as it is, and nothing is written.
    ///
    /// # Errors
    /// [`CliError::Write`] for a file that exists or cannot be written.
    pub fn run(&self) -> Result<u8, CliError> {
        let files = self.language.files();
        let failed = |file: PathBuf| move |source| CliError::Write { file, source };
        for (name, _) in files {
            let file = self.folder.join(name);
            if file.exists() {
                return Err(failed(file)(io::Error::from(io::ErrorKind::AlreadyExists)));
            }
        }
        for (name, text) in files {
            let file = self.folder.join(name);
            let folder = file.parent().map_or_else(|| self.folder.clone(), PathBuf::from);
            fs::create_dir_all(&folder).map_err(failed(folder))?;
            #[expect(clippy::disallowed_methods, reason = "it opens nothing that is there already")]
            let created = OpenOptions::new().write(true).create_new(true).open(&file);
            created.and_then(|mut created| created.write_all(text.as_bytes())).map_err(failed(file.clone()))?;
            print(&format!("wrote {}\n", text::path(&file)))?;
        }
        print(&format!("\n{}", self.language.next()))?;
        Ok(exit_status::CONFORMING)
    }
}
