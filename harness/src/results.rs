//! Results: what a run found, as data. Every reporter reads these, and the catalogue for what its names mean.
//!
//! ```
//! use sigconform::results::{Cell, Results, Verdict};
//!
//! // As `--json FILE` writes it: one cell, which passed.
//! let cell = r#"{"backend":"mine","scenario":"sequence","requirements":["handled-at-yield"],"verdict":"pass",
//!     "violations":[],"runs":1,"outcomes":[],"duration_us":900}"#;
//! let results = Results::of(vec![serde_json::from_str::<Cell>(cell)?]);
//! assert_eq!((results.count(Verdict::Pass), results.exit_status()), (1, 0));
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde::{Deserialize, Deserializer, Serialize, de};
use sigconform_fixture::Description;

use crate::{
    expectation::Expectation,
    fault::Fault,
    judge::Violation,
    observed::Observation,
    select::Partition,
    text::{cut, one_line},
};

mod platform;
mod timeline;
mod verdict;
mod written;

pub use platform::{Platform, platform_names};
pub use timeline::{Mark, Moment, NoMoment, Timeline};
pub use verdict::{UNSUPPORTED, Verdict};
pub use written::{check_file, is_same_file, write_file};

/// Version of the JSON results.
pub const SCHEMA_VERSION: u32 = 1;

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Where it ran.
    pub platform: Platform,
    /// Which part of a larger plan this is; absent: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Portion>,
    /// Who was asked, sorted by name. Absent in results that were written before there was this field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<Backend>,
    /// One entry a cell, sorted by backend and scenario.
    pub results: Vec<Cell>,
}

/// One part of a plan that was divided, with what tells whether the parts add up to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Portion {
    /// Which part.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub part: Partition,
    /// How many cells the whole plan has.
    pub cells: usize,
    /// Stands for the names of all its cells: equal for parts of one plan.
    pub plan: String,
}

/// Results of several platforms in one document, as `merge` writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Merged {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// One entry a platform.
    pub platforms: Vec<Results>,
}

/// The JSON document: results of one platform as they are, of several in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Document {
    /// One platform.
    One(Results),
    /// Several.
    Several(Merged),
}

/// What a backend says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// Its name.
    pub name: String,
    /// The library or interface under test; absent where the backend could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<String>,
    /// The library's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The fixture's programming language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What its documentation promises; what it does not say is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claimed>,
    /// Why nothing of it was played here: not installed, or not on this system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<String>,
}

/// One claim of a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Claimed {
    /// The claim's name in the protocol.
    pub claim: String,
    /// Its value, as the protocol spells it.
    pub value: String,
    /// The address of the page that makes it: `https://` or `http://`, and no other is read.
    #[serde(deserialize_with = "address")]
    pub source: String,
}

/// Whether a text is the address of a page, which a reader may follow: `javascript:` and its like are none.
#[must_use]
pub fn is_address(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme))
}

/// Reads the address of a page.
fn address<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if is_address(&text) {
        return Ok(text);
    }
    let said = cut(&one_line(&text), 100);
    Err(de::Error::custom(format!("a claim's source is an https:// or http:// address, not `{said}`")))
}

/// The known failure that a cell is listed for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The laws that it may break, and no other.
    pub laws: Vec<String>,
    /// Why it fails.
    pub reason: String,
    /// The upstream report, or `no report found`.
    pub reference: String,
}

impl From<&Expectation> for Known {
    fn from(known: &Expectation) -> Self {
        Self { laws: known.laws.clone(), reason: known.reason.clone(), reference: known.reference.clone() }
    }
}

/// One backend in one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The backend's name.
    pub backend: String,
    /// The scenario's name.
    pub scenario: String,
    /// Slugs of the requirements that the scenario shows.
    pub requirements: Vec<String>,
    /// What came out.
    pub verdict: Verdict,
    /// Why, for every verdict but `pass` and `fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A skip because the backend's documentation says that it does not support what the scenario needs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsupported: bool,
    /// Whose fault an error is, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The claims that decide what is allowed in it, by name; their values are the backend's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
    /// What the laws and the claims allow: the handler calls of each yield.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// The known failure that it is listed for here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Known>,
    /// The broken laws of the first run that broke any.
    pub violations: Vec<Violation>,
    /// How often it ran.
    pub runs: u32,
    /// The transcripts that were seen, most frequent first.
    pub outcomes: Vec<Outcome>,
    /// What its runs showed of the claims that the backend does not make, or leaves open: no verdict rests on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<Observation>,
    /// Time that all its runs took, in microseconds.
    pub duration_us: u64,
    /// The command line that runs it again, for people.
    #[serde(default)]
    pub again: String,
}

/// One transcript, and how often it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The canonical text when it conforms; the lines as they happened when it does not.
    pub transcript: String,
    /// How often it was seen.
    pub count: u32,
    /// Whether it breaks no law.
    pub allowed: bool,
    /// When it happened, in the first run that gave it; absent where the fixture tells no times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
}

impl Backend {
    /// What a description says, in lines that act on nobody who shows them.
    #[must_use]
    pub fn described(name: &str, description: &Description) -> Self {
        let documented = description.claims.all().into_iter().filter(|(.., source)| source.is_documented());
        let claims = documented.map(|(claim, value, source)| Claimed {
            claim: claim.to_owned(),
            value: one_line(&value),
            source: one_line(source.as_str()),
        });
        Self {
            name: name.to_owned(),
            library: Some(one_line(&description.library)),
            version: Some(one_line(&description.version)),
            language: Some(one_line(&description.language)),
            claims: claims.collect(),
            absent: description.why_not_on(std::env::consts::OS).map(one_line),
        }
    }

    /// One that cannot be asked, and why.
    #[must_use]
    pub fn absent(name: &str, why: &str) -> Self {
        Self { name: name.to_owned(), absent: Some(one_line(why)), ..Self::default() }
    }
}

impl Results {
    /// What these cells gave on the system that this program runs on.
    #[must_use]
    pub fn of(results: Vec<Cell>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            platform: Platform::current(),
            partition: None,
            backends: Vec::new(),
            results,
        }
    }

    /// How many cells have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.results.iter().filter(|cell| cell.verdict == verdict).count()
    }

    /// The exit status that these results mean. An engine error outweighs a failure: nothing is known then.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        use crate::exit_status::{CONFORMING, ENGINE, NOT_CONFORMING};
        if self.count(Verdict::Error) > 0 {
            ENGINE
        } else if self.count(Verdict::Fail) + self.count(Verdict::Xpass) > 0 {
            NOT_CONFORMING
        } else {
            CONFORMING
        }
    }
}
