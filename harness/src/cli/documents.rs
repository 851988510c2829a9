//! The documents that a run can leave behind, selected by flags; and what a GitHub job is told, when this is one.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::CliError;
use crate::{
    report::{
        self,
        github::{self, Places},
    },
    results::{Results, check_file, is_same_file, write_file},
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

/// How results become a document.
type Render = fn(&[Results]) -> String;

impl Documents {
    /// Each document that is asked for: its option, its file, and how it is made.
    fn wanted(&self) -> impl Iterator<Item = (&'static str, &Path, Render)> {
        let all: [(_, &Option<PathBuf>, Render); 4] = [
            ("--json", &self.json, report::json::render),
            ("--junit", &self.junit, report::junit::render),
            ("--markdown", &self.markdown, report::markdown::render),
            ("--html", &self.html, report::html::render),
        ];
        all.into_iter().filter_map(|(option, file, render)| Some((option, file.as_deref()?, render)))
    }

    /// Whether everything could be written now: to be asked before anything is played.
    ///
    /// # Errors
    /// [`CliError::Write`] for each file that could not be, [`CliError::SameFile`] where two documents would be one file.
    pub fn check(&self) -> Result<(), CliError> {
        let wanted: Vec<_> = self.wanted().collect();
        for (at, &(option, file, _)) in wanted.iter().enumerate() {
            if let Some((other, ..)) = wanted[..at].iter().find(|(_, other, _)| is_same_file(other, file)) {
                return Err(CliError::SameFile { options: [other, option], file: file.to_owned() });
            }
        }
        let files = wanted.into_iter().map(|(_, file, _)| (file.to_owned(), check_file(file)));
        let summary = self.is_github().then(github::summary).flatten();
        let summary = summary.map(|file| (file.clone(), github::check_summary(&file)));
        CliError::all(
            files.chain(summary).map(|(file, checked)| checked.map_err(|source| CliError::Write { file, source })),
        )
    }

    /// Writes each document that is asked for, and tells a GitHub job: annotations, and the summary besides whatever else is
    /// written. What cannot be written costs nothing else.
    ///
    /// # Errors
    /// [`CliError::Write`] for each file that could not be written.
    pub fn write(&self, platforms: &[Results], places: &Places<'_>) -> Result<(), CliError> {
        let summary = self.is_github().then(github::summary).flatten();
        let is_summary = |file: &Path| summary.as_deref().is_some_and(|summary| is_same_file(summary, file));
        // Asked for by its name, the summary is the summary, and not there twice.
        let mut written: Vec<_> = self
            .wanted()
            .filter(|(_, file, _)| !is_summary(file))
            .map(|(_, file, render)| {
                write_file(file, &render(platforms)).map_err(|source| CliError::Write { file: file.to_owned(), source })
            })
            .collect();
        if self.is_github() {
            written.push(super::print(&github::annotations(platforms, places)));
        }
        if let Some(file) = summary {
            let added = github::add_to_summary(&file, platforms);
            written.push(added.map_err(|source| CliError::Write { file, source }));
        }
        CliError::all(written)
    }

    fn is_github(&self) -> bool {
        match self.github {
            GitHub::Auto => github::is_job(),
            GitHub::Always => true,
            GitHub::Never => false,
        }
    }
}
