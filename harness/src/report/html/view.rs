//! What the page is about, arranged for it: the cells of every platform side by side, by scenario and backend.

use std::collections::BTreeMap;

use crate::{
    catalogue::{Catalogue, Requirement, Scenario},
    report::gravity,
    results::{Backend, Cell, Platform, Results, Verdict},
};

/// One cell on each platform, in the order of the platforms.
pub(super) type Side<'a> = Vec<Option<&'a Cell>>;

pub(super) struct View<'a> {
    pub(super) results: &'a [Results],
    pub(super) catalogue: &'a Catalogue,
    /// What tells the platforms apart: `Linux x86_64`.
    pub(super) platforms: Vec<String>,
    /// By language, then by name.
    pub(super) backends: Vec<Column<'a>>,
    /// By scenario, then by backend.
    cells: BTreeMap<&'a str, BTreeMap<&'a str, Side<'a>>>,
    /// The scenarios that show a requirement.
    showing: BTreeMap<&'a str, Vec<&'a str>>,
}

/// A backend: a column of the matrix.
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    /// What it said of itself on each platform.
    pub(super) about: Vec<Option<&'a Backend>>,
}

impl<'a> View<'a> {
    pub(super) fn new(results: &'a [Results], catalogue: &'a Catalogue) -> Self {
        let mut columns: BTreeMap<&str, Vec<Option<&Backend>>> = BTreeMap::new();
        let mut cells: BTreeMap<&str, BTreeMap<&str, Side<'_>>> = BTreeMap::new();
        for (at, one) in results.iter().enumerate() {
            for cell in &one.results {
                columns.entry(&cell.backend).or_insert_with(|| vec![None; results.len()]);
                let of_scenario = cells.entry(&cell.scenario).or_default();
                let side = of_scenario.entry(&cell.backend).or_insert_with(|| vec![None; results.len()]);
                side[at] = Some(cell);
            }
            for backend in &one.backends {
                columns.entry(&backend.name).or_insert_with(|| vec![None; results.len()])[at] = Some(backend);
            }
        }
        let mut backends: Vec<_> = columns.into_iter().map(|(name, about)| Column { name, about }).collect();
        backends.sort_by(|a, b| a.language().cmp(b.language()).then_with(|| a.name.cmp(b.name)));
        let mut showing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for cell in results.iter().flat_map(|one| &one.results) {
            for requirement in &cell.requirements {
                showing.entry(requirement).or_default().push(&cell.scenario);
            }
        }
        showing.values_mut().for_each(|scenarios| {
            scenarios.sort_unstable();
            scenarios.dedup();
        });
        Self { results, catalogue, platforms: labels(results), backends, cells, showing }
    }

    /// The cell of a backend and a scenario; `None` where no platform has one.
    pub(super) fn side(&self, backend: &str, scenario: &str) -> Option<&Side<'a>> {
        self.cells.get(scenario)?.get(backend)
    }

    /// Whether the results speak of a scenario.
    pub(super) fn is_played(&self, scenario: &str) -> bool {
        self.cells.contains_key(scenario)
    }

    /// Every scenario of the results: those of the catalogue by name, and what it does not know any more.
    pub(super) fn scenarios(&self) -> Vec<(&'a str, Option<&'a Scenario>)> {
        self.cells.keys().map(|name| (*name, self.catalogue.scenario(name))).collect()
    }

    /// Requirements by chapter, in the registry's order within it, of those that the results speak of.
    pub(super) fn requirements(&self) -> Vec<&'a Requirement> {
        let mut all: Vec<_> = self.showing.keys().filter_map(|slug| self.catalogue.requirement(slug)).collect();
        all.sort_by_key(|requirement| requirement.group);
        all
    }

    /// The cell that decides a requirement for a backend on a platform: the gravest, of skips one for what is unsupported, and of
    /// equals the first by name.
    pub(super) fn deciding(&self, backend: &str, requirement: &str, platform: usize) -> Option<&'a Cell> {
        let cells =
            self.showing.get(requirement)?.iter().filter_map(|scenario| self.side(backend, scenario)?[platform]);
        let weight = |cell: &Cell| (gravity(cell.verdict), cell.unsupported);
        cells.reduce(|first, next| if weight(next) > weight(first) { next } else { first })
    }

    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.results.iter().map(|one| one.count(verdict)).sum()
    }
}

impl<'a> Column<'a> {
    /// What it said of itself where it could be asked, first of all.
    pub(super) fn described(&self) -> Option<&'a Backend> {
        let about = || self.about.iter().flatten().copied();
        about().find(|about| about.library.is_some()).or_else(|| about().next())
    }

    /// Its language; what could not be asked has none and comes last.
    pub(super) fn language(&self) -> &'a str {
        self.described().and_then(|about| about.language.as_deref()).unwrap_or("not installed")
    }
}

/// The shortest names that tell the platforms apart.
fn labels(results: &[Results]) -> Vec<String> {
    let short = |platform: &Platform| format!("{} {}", system(&platform.os), platform.arch);
    let longer = |platform: &Platform| format!("{} ({}, {})", short(platform), platform.libc, platform.kernel);
    let is_alone =
        |platform: &Platform| results.iter().filter(|one| short(&one.platform) == short(platform)).count() == 1;
    let platforms = results.iter().map(|one| &one.platform);
    platforms.map(|platform| if is_alone(platform) { short(platform) } else { longer(platform) }).collect()
}

/// A system's name as its makers write it.
fn system(os: &str) -> &str {
    match os {
        "linux" => "Linux",
        "macos" => "macOS",
        "freebsd" => "FreeBSD",
        other => other,
    }
}
