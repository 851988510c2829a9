//! The verdict: what came out of a cell, in one word, one sign and one sentence.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What came out of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every run conforms.
    Pass,
    /// At least one run broke a law.
    Fail,
    /// It broke the law that the expectations list.
    Xfail,
    /// The expectations list a failure, and every run conforms: the list is wrong.
    Xpass,
    /// Not applicable here; the reason says why.
    Skip,
    /// The engine or the fixture could not run: nothing is known about the library.
    Error,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 6] = [Self::Pass, Self::Fail, Self::Xfail, Self::Xpass, Self::Skip, Self::Error];

    /// Its name in the results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Xfail => "xfail",
            Self::Xpass => "xpass",
            Self::Skip => "skip",
            Self::Error => "error",
        }
    }

    /// Its sign where there is no room for a word: never told by colour alone.
    #[must_use]
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Pass => "✓",
            Self::Fail => "✗",
            Self::Xfail => "△",
            Self::Xpass => "▲",
            Self::Skip => "–",
            Self::Error => "!",
        }
    }

    /// What it means, for `explain`.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Pass => "every run conforms to the laws and to the backend's claims",
            Self::Fail => "at least one run broke a law; a failure is never retried into a pass",
            Self::Xfail => "it broke the law that the expectations list, with a reason and a reference",
            Self::Xpass => "the expectations list a failure that no longer happens: remove the entry",
            Self::Skip => "not applicable here; the reason says why, and what to install where that would help",
            Self::Error => "the engine or the fixture could not run, so nothing is known about the library",
        }
    }
}

/// The sign of a skip that says something of the backend: its documentation says that it does not support this.
pub const UNSUPPORTED: &str = "⊘";

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
