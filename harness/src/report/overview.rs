//! The overview: how many of a chapter's requirements each backend keeps. The README's table and the page's first one.
//!
//! ```
//! use sigconform::{catalogue::Catalogue, contract::Description, report::overview::overview, results::{Backend, Results}};
//!
//! # let cell = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/passed.json"));
//! let mut results = Results::of(vec![serde_json::from_str(cell)?]);
//! results.backends = vec![Backend::described("mine", &Description::new("mine", "mine::Signals", "1.0.0"))];
//! let rows = overview(&results, &Catalogue::embedded()?);
//! assert!(rows[0].standings.iter().any(|standing| standing.is_whole()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::cmp::Reverse;

use super::{Matrix, graver};
use crate::{
    catalogue::{Catalogue, Group},
    results::{Backend, Results, Verdict},
};

/// A backend's standing in one chapter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Requirements that it keeps.
    pub kept: usize,
    /// Requirements that were tried: skips are not.
    pub tried: usize,
    /// Requirements that were not tried because its documentation says that it does not support them.
    pub unsupported: usize,
    /// The gravest verdict; `None`: nothing is known.
    pub gravest: Option<Verdict>,
}

impl Standing {
    /// Adds the verdict on one requirement. A skip may be for what is documented as unsupported.
    pub fn add(&mut self, verdict: Verdict, unsupported: bool) {
        self.unsupported += usize::from(verdict == Verdict::Skip && unsupported);
        self.kept += usize::from(verdict == Verdict::Pass);
        self.tried += usize::from(verdict != Verdict::Skip);
        self.gravest = Some(self.gravest.map_or(verdict, |seen| graver(seen, verdict)));
    }

    /// Whether everything that was tried is kept, and something was.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.tried > 0 && self.kept == self.tried
    }
}

/// One backend: its standing in each of [`Group::ALL`].
#[derive(Debug)]
pub struct Row<'a> {
    /// The backend.
    pub backend: &'a Backend,
    /// One a group, in order.
    pub standings: Vec<Standing>,
}

/// The standing of every backend that the results describe, by language and name.
#[must_use]
pub fn overview<'a>(results: &'a Results, catalogue: &Catalogue) -> Vec<Row<'a>> {
    let matrix = Matrix::new(results);
    let mut rows: Vec<Row<'a>> = results
        .backends
        .iter()
        .map(|backend| Row { backend, standings: vec![Standing::default(); Group::ALL.len()] })
        .collect();
    for (slug, verdicts) in &matrix.rows {
        let Some(requirement) = catalogue.requirement(slug) else { continue };
        let chapter = Group::ALL.iter().position(|group| *group == requirement.group).unwrap_or_default();
        for (name, verdict) in matrix.backends.iter().zip(verdicts) {
            let row = rows.iter_mut().find(|row| row.backend.name == *name);
            if let (Some(row), Some(verdict)) = (row, verdict) {
                row.standings[chapter].add(*verdict, matrix.is_unsupported(slug, name));
            }
        }
    }
    // What could not be asked has no language, and stands last.
    rows.sort_by_key(|row| (Reverse(row.backend.language.is_some()), row.backend.language.clone(), &row.backend.name));
    rows
}
