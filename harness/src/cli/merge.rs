//! `merge`: one matrix out of several platforms' or partitions' results.

use std::path::PathBuf;

use clap::Args;

use super::{CliError, Documents, print, unless_interrupted};
use crate::{
    beside::{Left, beside},
    exit_status,
    merge::{self, MergeError},
    report::{self, github::Places},
    results::{Results, platform_names},
    text,
};

/// Merge the results of several partitions or platforms.
#[derive(Debug, Clone, Args)]
pub struct Merge {
    /// Files that `--json FILE` wrote
    #[arg(required = true, value_name = "FILE.json")]
    pub files: Vec<PathBuf>,
    /// What to write.
    #[command(flatten)]
    pub documents: Documents,
}

impl Merge {
    /// Runs the command; returns the exit status that the results mean.
    ///
    /// # Errors
    /// [`CliError`] when the files do not fit together.
    pub fn run(&self) -> Result<u8, CliError> {
        self.documents.check()?;
        let this = self.clone();
        match beside(move || this.merge()) {
            Ok(merged) => merged.map(unless_interrupted),
            Err(Left::Stopped) => Ok(unless_interrupted(exit_status::ENGINE)),
            Err(Left::Failed(failure)) => Err(CliError::Engine(failure.reason)),
        }
    }

    /// Files of others can be large: all of this can last.
    fn merge(&self) -> Result<u8, CliError> {
        let mut inputs = Vec::new();
        for file in &self.files {
            inputs.extend(merge::read(file)?.into_iter().map(|results| (file.clone(), results)));
        }
        let platforms = merge::merge(inputs)?;
        let mut done = Vec::new();
        for (results, name) in platforms.iter().zip(platform_names(&platforms)) {
            let (name, kernel) = (text::name(&name), text::name(&results.platform.kernel));
            done.push(print(&format!("{name}, kernel {kernel}:\n{}\n", report::terminal::render(results))));
        }
        done.push(self.documents.write(&platforms, &Places::default()));
        CliError::all(done)?;
        Ok(platforms.iter().map(Results::exit_status).max().unwrap_or(exit_status::CONFORMING))
    }
}

impl From<MergeError> for CliError {
    fn from(error: MergeError) -> Self {
        Self::Merge(Box::new(error))
    }
}
