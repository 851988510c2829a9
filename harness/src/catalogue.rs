//! The catalogue: what is required, and the scenarios that show it, as data files that travel inside the crate.
//!
//! ```
//! use sigconform::catalogue::Catalogue;
//!
//! let catalogue = Catalogue::embedded()?;
//! let sequence = catalogue.scenario("sequence").expect("the first scenario of all");
//! assert_eq!(sequence.title, "The documented sequence: a yield after each signal");
//!
//! // Every scenario says what it shows, and every requirement where it comes from.
//! let shown = catalogue.requirement(&sequence.requirements[0]).expect("a registered requirement");
//! assert!(shown.source.contains("POSIX.1-2024"));
//! # Ok::<(), sigconform::catalogue::CatalogueError>(())
//! ```

use std::{collections::BTreeSet, path::PathBuf};

use include_dir::{Dir, File, include_dir};
use sigconform_fixture::Claims;

use crate::data_file::DataFileError;

mod act;
mod allowance;
mod group;
pub(crate) mod ingredients;
mod requirement;
mod scenario;
mod script;
mod settled;
mod step;
mod transcripts;

pub(crate) use act::Act;
pub use group::Group;
pub(crate) use ingredients::Ingredients;
pub use requirement::{Level, Requirement};
pub use scenario::{NotFor, Scenario, Start};
pub use script::Part;
pub(crate) use settled::is_settled;
pub use settled::is_settled_by;
pub use step::{Aspect, ScenarioStep};
pub use transcripts::{Documented, documented};

static DATA: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/catalogue");

fn scenario_files() -> impl Iterator<Item = &'static File<'static>> {
    DATA.get_dir("scenarios").into_iter().flat_map(Dir::files)
}

/// A scenario is named after its file.
fn name_of(file: &File<'static>) -> Option<&'static str> {
    file.path().file_stem()?.to_str()
}

/// Requirements and scenarios, each sorted by name.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// What a backend must, should, or claims to do.
    pub requirements: Vec<Requirement>,
    /// What is played to see whether it does.
    pub scenarios: Vec<Scenario>,
}

/// A data file of the catalogue that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A file's text is not what it should be.
    #[error(transparent)]
    DataFile(#[from] DataFileError),
    /// A scenario names a requirement that is not registered.
    #[error(
        "scenario {scenario} names the requirement `{requirement}`, which requirements.toml does not list: add it there"
    )]
    UnknownRequirement {
        /// The scenario's name.
        scenario: String,
        /// The slug that it names.
        requirement: String,
    },
    /// Two requirements share a slug.
    #[error("requirements.toml lists `{0}` twice: give one of them another slug")]
    DuplicateRequirement(String),
}

impl Catalogue {
    /// The catalogue that this crate carries.
    pub fn embedded() -> Result<Self, CatalogueError> {
        Self::embedded_where(|_| true)
    }

    /// The same with these scenarios alone, for whoever starts anew for each: the files of the others are not read.
    pub fn embedded_where(wanted: impl Fn(&str) -> bool) -> Result<Self, CatalogueError> {
        let files = scenario_files().filter(|file| name_of(file).is_some_and(&wanted));
        let scenarios = files.map(|file| (file.path().to_owned(), file.contents_utf8().unwrap_or_default()));
        let requirements = DATA.get_file("requirements.toml").and_then(|file| file.contents_utf8()).unwrap_or_default();
        Self::parse(requirements, scenarios)
    }

    /// The names of all the scenarios that this crate carries.
    pub fn embedded_names() -> impl Iterator<Item = &'static str> {
        scenario_files().filter_map(name_of)
    }

    /// A catalogue out of the text of its files: the requirements, and path and text of each scenario.
    pub fn parse<'a>(
        requirements: &str,
        scenarios: impl IntoIterator<Item = (PathBuf, &'a str)>,
    ) -> Result<Self, CatalogueError> {
        let requirements = requirement::parse(requirements)?;
        let mut scenarios =
            scenarios.into_iter().map(|(path, text)| Scenario::parse(&path, text)).collect::<Result<Vec<_>, _>>()?;
        scenarios.sort_by(|a, b| a.name.cmp(&b.name));
        let known: BTreeSet<_> = requirements.iter().map(|requirement| requirement.slug.as_str()).collect();
        if known.len() < requirements.len() {
            let twice = requirements.windows(2).find(|pair| pair[0].slug == pair[1].slug);
            return Err(CatalogueError::DuplicateRequirement(twice.map_or_else(String::new, |p| p[0].slug.clone())));
        }
        for scenario in &scenarios {
            if let Some(unknown) = scenario.requirements.iter().find(|slug| !known.contains(slug.as_str())) {
                let (scenario, requirement) = (scenario.name.clone(), unknown.clone());
                return Err(CatalogueError::UnknownRequirement { scenario, requirement });
            }
        }
        Ok(Self { requirements, scenarios })
    }

    /// What this catalogue leaves open, for people: a requirement that nothing shows, an untestable one that something
    /// does, a claim that no scenario exercises. A catalogue under development may have gaps, the embedded one has none.
    #[must_use]
    pub fn gaps(&self) -> Vec<String> {
        let shown = |slug: &String| self.scenarios.iter().any(|scenario| scenario.requirements.contains(slug));
        let requirements = self.requirements.iter().filter_map(|requirement| {
            let slug = &requirement.slug;
            match (shown(slug), requirement.untestable.is_some()) {
                (false, false) => {
                    Some(format!("no scenario shows the requirement `{slug}`: add one, or say why none can"))
                }
                (true, true) => Some(format!("the requirement `{slug}` is untestable, and a scenario shows it")),
                _ => None,
            }
        });
        let exercised =
            |claim: &str| self.scenarios.iter().any(|scenario| scenario.claims.iter().any(|name| name == claim));
        let claims = Claims::NAMES.iter().filter(|claim| !exercised(claim));
        requirements.chain(claims.map(|claim| format!("no scenario exercises the claim `{claim}`"))).collect()
    }

    /// The scenario of this name.
    #[must_use]
    pub fn scenario(&self, name: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|scenario| scenario.name == name)
    }

    /// The requirement of this slug.
    #[must_use]
    pub fn requirement(&self, slug: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.slug == slug)
    }
}
