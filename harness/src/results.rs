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

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};
use sigconform_fixture::Description;

use crate::{judge::Violation, select::Partition, transcript::one_line};

mod platform;
mod timeline;
mod verdict;

pub use platform::{Platform, platform_names};
pub use timeline::{Mark, Moment, NoMoment, Timeline};
pub use verdict::Verdict;

/// Version of the JSON results.
pub const SCHEMA_VERSION: u32 = 1;

/// A whole run.
///
/// ```
/// use sigconform::results::{Results, Verdict};
///
/// # let cell = r#"{"backend":"mine","scenario":"sequence","requirements":["once-per-send"],"verdict":"fail",
/// #     "violations":[{"law":"once-per-send","message":"SIGHUP was sent once","line":2,"allowed":"no call",
/// #         "source":"POSIX.1-2024"}],
/// #     "outcomes":[{"transcript":"sending SIGHUP\nsignal_handler('SIGHUP') × 2\n","count":1,"allowed":false}],
/// #     "runs":1,"duration_us":900,"again":"cargo test --test signals"}"#;
/// let results = Results::of(vec![serde_json::from_str(cell)?]);
/// let wrong = results.results.iter().filter(|cell| cell.verdict == Verdict::Fail);
/// assert_eq!(wrong.map(|cell| cell.scenario.as_str()).collect::<Vec<_>>(), ["sequence"]);
/// assert_eq!(results.exit_status(), sigconform::exit_status::NOT_CONFORMING);
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// ```
/// use sigconform::results::Portion;
///
/// let portion: Portion = serde_json::from_str(r#"{"part":"hash:1/2","cells":54,"plan":"00c0ffee00c0ffee"}"#)?;
/// // The results of the other half have the same plan, or they are of something else.
/// assert_eq!(portion.part.count(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// ```
/// use sigconform::results::{Merged, Results, SCHEMA_VERSION};
///
/// let merged = Merged { schema_version: SCHEMA_VERSION, platforms: vec![Results::of(Vec::new())] };
/// let read: Merged = serde_json::from_str(&serde_json::to_string(&merged)?)?;
/// assert_eq!(read, merged);
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// ```
/// use sigconform::{report::json, results::{Document, Results}};
///
/// // One platform's results stand alone, without a list around them.
/// let results = Results::of(Vec::new());
/// let document = serde_json::to_value(Document::One(results.clone()))?;
/// assert_eq!(document, serde_json::from_str::<serde_json::Value>(&json::render(&[results]))?);
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// ```
/// use sigconform::{contract::Description, results::Backend};
///
/// let described = Backend::described("mine", &Description::new("mine", "mine::Signals", "1.0.0"));
/// assert_eq!(described.library.as_deref(), Some("mine::Signals"));
/// assert!(described.claims.is_empty(), "it promises nothing");
///
/// let absent = Backend::absent("mine", "node is not installed: apt-get install nodejs");
/// assert!(absent.absent.is_some() && absent.library.is_none());
/// ```
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
///
/// ```
/// use sigconform::{
///     contract::{Claim, Claims, Description, Threads},
///     results::Backend,
/// };
///
/// let threads = Claim::documented(Threads::Any, "https://docs.example/threads");
/// let description = Description::new("mine", "mine::Signals", "1.0.0").claims(Claims { threads, ..Claims::default() });
/// let claimed = &Backend::described("mine", &description).claims[0];
/// assert_eq!((claimed.claim.as_str(), claimed.value.as_str()), ("threads", "any"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Claimed {
    /// The claim's name in the protocol.
    pub claim: String,
    /// Its value, as the protocol spells it.
    pub value: String,
    /// The address of the page that makes it.
    pub source: String,
}

/// The known failure that a cell is listed for.
///
/// ```
/// use sigconform::results::Known;
///
/// let known: Known = serde_json::from_str(
///     r#"{"laws":["fork-isolated"],"reason":"the child shares our pipe","reference":"no report found"}"#,
/// )?;
/// assert!(known.laws.iter().all(|law| sigconform::judge::law::find(law).is_some()));
/// # Ok::<(), serde_json::Error>(())
/// ```
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

/// One backend in one scenario.
///
/// ```
/// use sigconform::results::Cell;
///
/// # let cell = r#"{"backend":"mine","scenario":"sequence","requirements":["once-per-send"],"verdict":"fail",
/// #     "violations":[{"law":"once-per-send","message":"SIGHUP was sent once","line":2,"allowed":"no call",
/// #         "source":"POSIX.1-2024"}],
/// #     "outcomes":[{"transcript":"sending SIGHUP\nsignal_handler('SIGHUP') × 2\n","count":1,"allowed":false}],
/// #     "runs":1,"duration_us":900,"again":"cargo test --test signals"}"#;
/// let cell: Cell = serde_json::from_str(cell)?;
/// // The law, the line that broke it, and what to type to see it again.
/// assert_eq!((cell.violations[0].law.as_str(), cell.violations[0].line), ("once-per-send", 2));
/// assert_eq!(cell.again, "cargo test --test signals");
/// # Ok::<(), serde_json::Error>(())
/// ```
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
    /// Time that all its runs took, in microseconds.
    pub duration_us: u64,
    /// The command line that runs it again, for people.
    #[serde(default)]
    pub again: String,
}

/// One transcript, and how often it was seen.
///
/// ```
/// use sigconform::results::Outcome;
///
/// let seen: Vec<Outcome> = serde_json::from_str(
///     r#"[{"transcript":"signal_handler('SIGUSR1')\n","count":97,"allowed":true},
///         {"transcript":"stuck: every thread sleeps\n","count":3,"allowed":false}]"#,
/// )?;
/// // Lost in three runs of a hundred: a race, and a failure.
/// assert!(seen.iter().any(|outcome| !outcome.allowed));
/// # Ok::<(), serde_json::Error>(())
/// ```
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
    ///
    /// ```
    /// use sigconform::{exit_status, results::{Results, Verdict}};
    ///
    /// # let cell = |verdict: Verdict| serde_json::json!({"backend": "mine", "scenario": "fork", "requirements": [],
    /// #     "verdict": verdict, "violations": [], "runs": 1, "outcomes": [], "duration_us": 1});
    /// let status = |verdict: Verdict| -> Result<u8, serde_json::Error> {
    ///     Ok(Results::of(vec![serde_json::from_value(cell(verdict))?]).exit_status())
    /// };
    /// assert_eq!(status(Verdict::Xfail)?, exit_status::CONFORMING, "a failure that is listed");
    /// assert_eq!(status(Verdict::Xpass)?, exit_status::NOT_CONFORMING, "a list that is wrong");
    /// assert_eq!(status(Verdict::Error)?, exit_status::ENGINE);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
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

/// Writes a file as a whole or not at all: beside it first, then renamed over it. A path that is no regular file, such
/// as a pipe, is written directly.
///
/// ```
/// use std::fs;
///
/// use sigconform::{report::json, results::{Results, write_file}};
///
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("results.json");
/// write_file(&file, &json::render(&[Results::of(Vec::new())]))?;
/// assert!(fs::read_to_string(&file)?.starts_with('{'));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The file could not be written.
pub fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, text);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
