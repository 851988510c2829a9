//! The documents that a run can leave behind, selected by flags; and what a GitHub job is told, when this is one.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::CliError;
use crate::{
    report::{
        self,
        github::{self, Places},
    },
    results::{Results, write_file},
};

/// Whether this is a job of GitHub Actions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum GitHub {
    /// As the environment says: `GITHUB_ACTIONS=true`
    #[default]
    Auto,
    /// It is
    Always,
    /// Write no annotations and no job summary
    Never,
}

/// Where to write what.
#[derive(Debug, Clone, Default, Args)]
pub struct Documents {
    /// Write the results as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the matrix as Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Write one self-contained page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Annotate the lines of a pull request and add to the summary of the job
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub github: GitHub,
}

impl Documents {
    /// Writes each document that is asked for. Without `--markdown`, a GitHub job gets it as its summary.
    ///
    /// # Errors
    /// [`CliError::Write`] for the first file that cannot be written.
    pub fn write(&self, platforms: &[Results], places: &Places<'_>) -> Result<(), CliError> {
        let documents = [
            (&self.json, report::json::render as fn(&[Results]) -> String),
            (&self.junit, report::junit::render),
            (&self.markdown, report::markdown::render),
            (&self.html, report::html::render),
        ];
        for (file, render) in documents {
            let Some(file) = file else { continue };
            write_file(file, &render(platforms))
                .map_err(|source| CliError::Write { file: file.display().to_string(), source })?;
        }
        let is_github = match self.github {
            GitHub::Auto => github::is_job(),
            GitHub::Always => true,
            GitHub::Never => false,
        };
        if is_github {
            super::print(&github::annotations(platforms, places))?;
            if self.markdown.is_none() {
                github::add_to_summary(platforms)
                    .map_err(|(file, source)| CliError::Write { file: file.display().to_string(), source })?;
            }
        }
        Ok(())
    }
}
