//! Regressions: released versions with a publicly documented defect, beside the first that is without. They are data:
//! each folder with a `regression.toml` says which law must catch which defect, in which scenarios.
//!
//! A folder holds two packages, `broken/` and `fixed/`, of one and the same program. Each is a workspace of its own with
//! its own `Cargo.lock`, so nothing but the lock decides which version runs, and neither unifies features with the other.

use std::{
    fmt, fs, iter,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use sigconform_fixture::Platforms;
use toml::Spanned;

use crate::{
    data_file::{self, DataFileError},
    expectation::Expectation,
    fixture::{Fixture, FixtureError},
    judge::law,
    regular_file,
    select::near_matches,
};

/// The name of the file that makes a folder a regression.
pub const MANIFEST: &str = "regression.toml";

/// One defect that a release had and its successor has not.
#[derive(Debug, Clone)]
pub struct Regression {
    /// The folder's name.
    pub name: String,
    /// Where `regression.toml` and both packages lie.
    pub folder: PathBuf,
    /// The text of `regression.toml`.
    pub manifest: Manifest,
}

/// The text of a `regression.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The package of the registry that has the defect.
    pub package: String,
    /// The released version that has it.
    pub broken: Spanned<String>,
    /// The first one without.
    pub fixed: Spanned<String>,
    /// The backend's name, as the program describes itself.
    pub backend: String,
    /// Arguments that choose it, before `describe` or `run`.
    #[serde(default)]
    pub args: Vec<String>,
    /// The law that must catch it.
    pub law: Spanned<String>,
    /// Other laws that the same defect breaks.
    #[serde(default)]
    pub also: Vec<Spanned<String>>,
    /// The scenarios that show it: in each the broken version breaks the law, and no other than these, and the fixed one passes.
    pub scenarios: Spanned<Vec<String>>,
    /// The upstream report, or the change that mended it.
    pub issue: Spanned<String>,
    /// What was wrong, in a sentence.
    pub defect: Spanned<String>,
    /// Only these systems, with the reason.
    #[serde(default)]
    pub platforms: Option<Platforms>,
}

/// One of the two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// With the defect.
    Broken,
    /// Without.
    Fixed,
}

impl Side {
    /// Both, in the order in which they are played.
    pub const BOTH: [Self; 2] = [Self::Broken, Self::Fixed];
}

/// The side's folder.
impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Broken => "broken",
            Self::Fixed => "fixed",
        })
    }
}

impl Regression {
    /// Reads a folder, and checks it against the scenarios that there are.
    ///
    /// # Errors
    /// [`DataFileError`] with file, line and remedy.
    pub fn read(folder: &Path, scenarios: &[&str]) -> Result<Self, DataFileError> {
        let file = folder.join(MANIFEST);
        let text = data_file::text(&file)?;
        let manifest: Manifest = data_file::parse(&file, &text)?;
        if let Err((at, problem)) = manifest.check(scenarios) {
            let line = text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
            return Err(DataFileError::malformed(&file, format!("line {line}: {problem}")));
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let regression = Self { name, folder: folder.to_owned(), manifest };
        Side::BOTH.into_iter().try_for_each(|side| regression.check_lock(side))?;
        Ok(regression)
    }

    /// Refuses a `Cargo.lock` that pins another version than the regression is about.
    fn check_lock(&self, side: Side) -> Result<(), DataFileError> {
        #[derive(Deserialize)]
        struct Lock {
            #[serde(default)]
            package: Vec<Locked>,
        }
        #[derive(Deserialize)]
        struct Locked {
            name: String,
            version: String,
        }
        let file = self.package_folder(side).join("Cargo.lock");
        let lock: Lock = data_file::read(&file)?;
        let (package, version) = (self.manifest.package.as_str(), self.version(side));
        let pinned: Vec<_> = lock.package.iter().filter(|locked| locked.name == package).collect();
        if matches!(pinned.as_slice(), [only] if only.version == version) {
            return Ok(());
        }
        let pinned: Vec<_> = pinned.iter().map(|locked| locked.version.as_str()).collect();
        let pinned =
            if pinned.is_empty() { "does not hold it".to_owned() } else { format!("holds {}", pinned.join(", ")) };
        let problem = format!(
            "the regression is about {package} {version}, and this {pinned}: write `{package} = \"={version}\"` in the Cargo.toml beside it, and run `cargo update --workspace` there"
        );
        Err(DataFileError::malformed(&file, problem))
    }

    /// The version on this side.
    #[must_use]
    pub fn version(&self, side: Side) -> &str {
        match side {
            Side::Broken => self.manifest.broken.get_ref(),
            Side::Fixed => self.manifest.fixed.get_ref(),
        }
    }

    /// The law that must catch the defect.
    #[must_use]
    pub fn law(&self) -> &str {
        self.manifest.law.get_ref()
    }

    /// The folder of the package on this side.
    #[must_use]
    pub fn package_folder(&self, side: Side) -> PathBuf {
        self.folder.join(side.to_string())
    }

    /// Why it cannot be played on this system, if it cannot.
    #[must_use]
    pub fn why_not_on(&self, os: &str) -> Option<&str> {
        let platforms = self.manifest.platforms.as_ref()?;
        (!platforms.only.iter().any(|only| only == os)).then_some(platforms.reason.as_str())
    }

    /// The program that was built for this side, as a fixture. Of the broken one the law's breach is expected, and so a
    /// run that breaks it and no other is an `xfail`.
    #[must_use]
    pub fn fixture(&self, side: Side, program: &Path) -> Fixture {
        let Manifest { backend, args, scenarios, issue, defect, .. } = &self.manifest;
        let expected = |scenario: &String| Expectation {
            backend: backend.clone(),
            scenario: scenario.clone(),
            os: Vec::new(),
            mended_in: None,
            sometimes: false,
            laws: iter::once(&self.manifest.law).chain(&self.manifest.also).map(|law| law.get_ref().clone()).collect(),
            reason: defect.get_ref().clone(),
            reference: issue.get_ref().clone(),
            file: self.folder.join(MANIFEST),
            line: 1,
            ..Expectation::default()
        };
        let expectations = match side {
            Side::Broken => scenarios.get_ref().iter().map(expected).collect(),
            Side::Fixed => Vec::new(),
        };
        let command = [program.into()].into_iter().chain(args.iter().map(Into::into)).collect();
        Fixture { expectations, ..Fixture::new(backend, command) }
    }
}

impl Manifest {
    /// What the syntax cannot show: where in the text something is wrong, and what to write instead.
    fn check(&self, scenarios: &[&str]) -> Result<(), (usize, String)> {
        let near = |wanted: &str, names: &[&str]| match near_matches(wanted, names.iter().copied()).as_slice() {
            [] => String::new(),
            near => format!("; near: {}", near.join(", ")),
        };
        let unknown = iter::once(&self.law).chain(&self.also).find(|law| law::find(law.get_ref()).is_none());
        if let Some(unknown) = unknown {
            let law = unknown.get_ref();
            let laws: Vec<_> = law::ALL.iter().map(|law| law.slug).collect();
            let near = near(law, &laws);
            return Err(at(unknown, format!("there is no law `{law}`: write the slug that the diagnosis shows{near}")));
        }
        if self.scenarios.get_ref().is_empty() {
            return Err(at(&self.scenarios, "`scenarios` is empty: name at least one that shows the defect"));
        }
        if let Some(unknown) = self.scenarios.get_ref().iter().find(|name| !scenarios.contains(&name.as_str())) {
            let near = near(unknown, scenarios);
            return Err(at(
                &self.scenarios,
                format!("there is no scenario `{unknown}`: name one of the catalogue{near}"),
            ));
        }
        if self.broken.get_ref() == self.fixed.get_ref() {
            return Err(at(&self.fixed, "both versions are the same: `fixed` is the first without the defect"));
        }
        let issue = self.issue.get_ref();
        if !issue.starts_with("https://") {
            return Err(at(&self.issue, format!("`{issue}` is no address: give the https:// address of the report")));
        }
        if self.defect.get_ref().trim().is_empty() {
            return Err(at(&self.defect, "`defect` is empty: say in a sentence what was wrong"));
        }
        Ok(())
    }
}

fn at<T>(value: &Spanned<T>, problem: impl Into<String>) -> (usize, String) {
    (value.span().start, problem.into())
}

/// Every regression in the folders below `root`, sorted by name, given the names of the scenarios that there are.
///
/// # Errors
/// [`FixtureError`] when the folder cannot be read or a `regression.toml` cannot be used.
pub fn read_all(root: &Path, scenarios: &[&str]) -> Result<Vec<Regression>, FixtureError> {
    let unreadable = |source| FixtureError::Unreadable { folder: root.to_owned(), source };
    let mut regressions = Vec::new();
    for entry in fs::read_dir(root).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?.path();
        if regular_file::is_there(&folder.join(MANIFEST)) {
            regressions.push(Regression::read(&folder, scenarios)?);
        }
    }
    regressions.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(regressions)
}
