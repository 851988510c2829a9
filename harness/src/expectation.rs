//! Expectations: failures that are known, each with a reason and a reference. They turn a fail into an xfail and nothing
//! else: a listed case that passes is an error of the list.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data_file::{self, DataFileError};

/// The file beside a `fixture.toml` that lists known failures.
pub const FILE: &str = "expectations.toml";

/// One known failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The backend's name.
    pub backend: String,
    /// The scenario's name.
    pub scenario: String,
    /// Systems where it fails, as `std::env::consts::OS` spells them; empty: everywhere.
    #[serde(default)]
    pub os: Vec<String>,
    /// The laws that it breaks, and no other.
    pub laws: Vec<String>,
    /// Why, for people.
    pub reason: String,
    /// The upstream report, or `no report found`.
    pub reference: String,
}

impl Expectation {
    /// Whether it speaks of this scenario on this system.
    #[must_use]
    pub fn is_for(&self, scenario: &str, os: &str) -> bool {
        self.scenario == scenario && (self.os.is_empty() || self.os.iter().any(|name| name == os))
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    expectation: Vec<Expectation>,
}

/// Reads the expectations of a fixture's folder; none where there is no file.
pub fn read(folder: &Path) -> Result<Vec<Expectation>, DataFileError> {
    let file = folder.join(FILE);
    if !file.exists() {
        return Ok(Vec::new());
    }
    let list: File = data_file::read(&file)?;
    let malformed = |message: String| DataFileError::malformed(&file, message);
    for expectation in &list.expectation {
        let reference = &expectation.reference;
        if !reference.starts_with("https://") && reference != "no report found" {
            return Err(malformed(format!(
                "the expectation for {} has the reference `{reference}`: give an https:// address or `no report found`",
                expectation.scenario
            )));
        }
        if expectation.reason.trim().is_empty() {
            return Err(malformed(format!("the expectation for {} has no reason: give one", expectation.scenario)));
        }
    }
    Ok(list.expectation)
}

/// Expectations that speak of a scenario which does not exist, or of a backend that the fixture does not hold.
#[must_use]
pub fn stale<'a>(expectations: &'a [Expectation], scenarios: &[&str]) -> Option<&'a Expectation> {
    expectations.iter().find(|known| !scenarios.contains(&known.scenario.as_str()))
}
