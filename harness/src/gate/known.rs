//! Failures that are known, in the gate's own file: each at a line of its own, which annotations point at.

use std::panic::Location;

use crate::{expectation::Expectation, text};

/// A known failure, as [`gate!`](crate::gate!) takes it.
#[derive(Debug, Clone)]
pub struct Known {
    expectation: Expectation,
}

/// A failure that is known and explained: in `scenario` the backend breaks these `laws`, and no others, for a `reason`;
/// `reference` is the report of it, an `https://` address or `no report found`.
///
/// ```
/// use sigconform::gate::known;
///
/// let fork = known("fork", &["fork-isolated"], "the child shares our pipe", "https://example.org/issues/1").on(&["linux"]);
/// ```
#[must_use]
#[track_caller]
pub fn known(scenario: &str, laws: &[&str], reason: &str, reference: &str) -> Known {
    let at = Location::caller();
    Known {
        expectation: Expectation {
            scenario: scenario.to_owned(),
            os: Vec::new(),
            mended_in: None,
            sometimes: false,
            laws: laws.iter().map(ToString::to_string).collect(),
            reason: reason.to_owned(),
            reference: reference.to_owned(),
            file: at.file().into(),
            line: at.line(),
            ..Expectation::default()
        },
    }
}

impl Known {
    /// Of this backend: needed where the gate has several.
    #[must_use]
    pub fn of(mut self, backend: &str) -> Self {
        backend.clone_into(&mut self.expectation.backend);
        self
    }

    /// On these systems only, as `std::env::consts::OS` spells them.
    #[must_use]
    pub fn on(mut self, systems: &[&str]) -> Self {
        self.expectation.os = systems.iter().map(ToString::to_string).collect();
        self
    }

    /// Before this version of the library only.
    #[must_use]
    pub fn mended_in(mut self, version: &str) -> Self {
        self.expectation.mended_in = Some(version.to_owned());
        self
    }

    /// In some runs only, by a race in the library: runs that conform do not make it wrong.
    #[must_use]
    pub fn sometimes(mut self) -> Self {
        self.expectation.sometimes = true;
        self
    }

    /// What it says of a gate with these backends.
    pub(super) fn expectation(&self, backends: &[&str]) -> Result<Expectation, String> {
        match backends {
            [only] if self.expectation.backend.is_empty() => {
                Ok(Expectation { backend: (*only).to_owned(), ..self.expectation.clone() })
            }
            _ if self.expectation.backend.is_empty() => Err(format!(
                "{}:{}: this gate has several backends: say which one fails with `.of(\"{}\")`",
                text::path(&self.expectation.file),
                self.expectation.line,
                backends.join("\")` or `.of(\"")
            )),
            _ => Ok(self.expectation.clone()),
        }
    }
}
