//! Requirements: what a signal-handling backend must do, each with the source that demands it.

use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};

use super::Group;
use crate::data_file::{self, DataFileError};

/// One registered requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Its stable name: never reused, never renamed.
    pub slug: String,
    /// The chapter that documents show it in.
    pub group: Group,
    /// How binding it is.
    pub level: Level,
    /// What is required, in our own words.
    pub statement: String,
    /// POSIX.1-2024 section, manual page, or documentation that it rests on.
    pub source: String,
    /// Why no scenario shows it, where none can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untestable: Option<String>,
}

/// How binding a requirement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Binds every backend.
    Must,
    /// Binds every backend that gives no reason not to.
    Should,
    /// Binds the backends whose documentation claims it.
    Claim,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Claim => "claim",
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    requirement: Vec<Requirement>,
}

/// Reads `requirements.toml`; sorted by slug.
pub(super) fn parse(text: &str) -> Result<Vec<Requirement>, DataFileError> {
    let path = Path::new("requirements.toml");
    let mut requirements = data_file::parse::<File>(path, text)?.requirement;
    requirements.sort_by(|a, b| a.slug.cmp(&b.slug));
    for requirement in &requirements {
        if requirement.source.trim().is_empty() || requirement.statement.trim().is_empty() {
            let message = format!("requirement `{}` has no source or no statement: give it both", requirement.slug);
            return Err(DataFileError::malformed(path, message));
        }
        if requirement.untestable.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
            let message = format!("requirement `{}` is untestable for no reason: say why", requirement.slug);
            return Err(DataFileError::malformed(path, message));
        }
    }
    Ok(requirements)
}
