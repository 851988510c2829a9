//! A backend's article: how does it behave? What it claims, where it differs from the others, what is known to fail.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{
    anchor, cell_anchor, close, linked, said, sign, value,
    view::{Column, View},
};
use crate::{
    report::observations,
    results::{Cell, Claimed, Verdict},
};

pub(super) fn articles(view: &View<'_>) -> Markup {
    let usual = Usual::of(view);
    html! { @for column in &view.backends { (article(view, column, &usual)) } }
}

fn article(view: &View<'_>, column: &Column<'_>, usual: &Usual<'_>) -> Markup {
    let about = column.described();
    html! {
        article id=(anchor("backend", column.name)) {
            (close())
            h2 { small { "backend" } (column.name) }
            @if let Some(library) = about.and_then(|about| about.library.as_deref()) {
                p class="lead" {
                    (library) " " (about.and_then(|about| about.version.as_deref()).unwrap_or_default())
                    ", in " (about.and_then(|about| about.language.as_deref()).unwrap_or_default())
                }
            }
            @for (about, platform) in column.about.iter().zip(&view.platforms) {
                @if let Some(reason) = about.and_then(|about| about.absent.as_deref()) {
                    p class="reason" { "Not played on " (platform) ": " (linked(reason)) }
                }
            }
            (verdicts(view, column))
            (claims(column, usual))
            (observed(view, column))
            (wrong(view, column))
            (differs(view, column, usual))
        }
    }
}

fn cells<'a>(view: &View<'a>, column: &Column<'_>) -> Vec<(usize, &'a Cell)> {
    let names = view.scenarios();
    let sides = names.iter().filter_map(|(scenario, _)| view.side(column.name, scenario));
    sides.flat_map(|side| side.iter().enumerate().filter_map(|(at, cell)| Some((at, (*cell)?)))).collect()
}

fn verdicts(view: &View<'_>, column: &Column<'_>) -> Markup {
    let cells = cells(view, column);
    html! {
        ul class="counts" {
            @for verdict in Verdict::ALL {
                @let count = cells.iter().filter(|(_, cell)| cell.verdict == verdict).count();
                @if count > 0 { li { (sign(verdict)) " " b { (count) } " " (verdict.name()) } }
            }
        }
    }
}

fn claims(column: &Column<'_>, usual: &Usual<'_>) -> Markup {
    let made = column.described().map(|about| about.claims.as_slice()).unwrap_or_default();
    html! {
        h3 { "What its documentation claims" }
        @if made.is_empty() { p { "Nothing that is known here: it is held to the laws alone." } }
        @else {
            p { "The third column says how many of the other backends that document it claim the same." }
            div class="scroll" { table class="plain" {
                thead { tr { th { "claim" } th { "value" } th { "also claimed" } th { "documentation" } } }
                @for claim in made {
                    tr {
                        th scope="row" { (claim.claim) }
                        td { (value(&claim.value)) }
                        td { "by " (usual.claiming(claim) - 1) " of " (usual.claiming_anything(&claim.claim) - 1) }
                        td { (linked(&claim.source)) }
                    }
                }
            } }
        }
    }
}

/// What its cells show of the claims that its documentation leaves open.
fn observed(view: &View<'_>, column: &Column<'_>) -> Markup {
    let of_platform = |results| observations::of_backend(results, column.name).into_iter();
    let seen = view.results.iter().zip(&view.platforms);
    let seen: Vec<_> = seen.flat_map(|(one, platform)| of_platform(one).map(move |seen| (platform, seen))).collect();
    html! {
        @if !seen.is_empty() {
            h3 { "What was observed where nothing is promised" }
            p { "Its documentation says nothing of this, or leaves it open. What this run showed is no promise, and no verdict rests on it." }
            div class="scroll" { table class="plain" {
                thead { tr { th { "claim" } th { "observed" } th { "in" } } }
                @for (platform, seen) in &seen {
                    tr {
                        th scope="row" { (seen.claim) }
                        td { (seen.text()) }
                        td {
                            @for scenario in &seen.scenarios {
                                a href=(format!("#{}", cell_anchor(column.name, scenario))) { code { (scenario) } } " "
                            }
                            @if view.platforms.len() > 1 { "on " (platform) }
                        }
                    }
                }
            } }
        }
    }
}

/// What is known to fail, and what fails.
fn wrong(view: &View<'_>, column: &Column<'_>) -> Markup {
    let wrong: Vec<_> = cells(view, column)
        .into_iter()
        .filter(|(_, cell)| !matches!(cell.verdict, Verdict::Pass | Verdict::Skip))
        .collect();
    html! {
        @if !wrong.is_empty() {
            h3 { "Findings" }
            ul class="findings" {
                @for (platform, cell) in wrong {
                    li {
                        a href=(format!("#{}", cell_anchor(&cell.backend, &cell.scenario))) {
                            (said(cell.verdict)) " " code { (cell.scenario) }
                        }
                        @if view.platforms.len() > 1 { " on " (view.platforms[platform]) }
                        @match (&cell.known, cell.violations.first(), &cell.reason) {
                            (Some(known), ..) => { ": " (linked(&known.reason)) " (" (linked(&known.reference)) ")" }
                            (None, Some(violation), _) => { ": " (violation.message) }
                            (None, None, Some(reason)) => { ": " (linked(reason)) }
                            (None, None, None) => {}
                        }
                    }
                }
            }
        }
    }
}

/// Where its transcript is not the one that most give.
fn differs(view: &View<'_>, column: &Column<'_>, usual: &Usual<'_>) -> Markup {
    let own: Vec<_> = cells(view, column).into_iter().filter_map(|(_, cell)| usual.rarity(cell)).collect();
    html! {
        @if !own.is_empty() {
            h3 { "Where it differs from most" }
            p { "Scenarios whose transcript most backends do not share; both are right where no claim decides." }
            ul class="differs" {
                @for Rarity { scenario, same, of } in own {
                    li {
                        a href=(format!("#{}", cell_anchor(column.name, scenario))) { code { (scenario) } }
                        @if same == 1 { ": alone among " (of) } @else { ": as " (same) " of " (of) }
                    }
                }
            }
        }
    }
}

/// What backends have in common.
struct Usual<'a> {
    /// How many backends gave each transcript of a scenario.
    transcripts: BTreeMap<&'a str, BTreeMap<&'a str, usize>>,
    claims: Vec<&'a Claimed>,
}

struct Rarity<'a> {
    scenario: &'a str,
    same: usize,
    of: usize,
}

impl<'a> Usual<'a> {
    fn of(view: &View<'a>) -> Self {
        let mut transcripts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (scenario, _) in view.scenarios() {
            for column in &view.backends {
                let cell = view.side(column.name, scenario).and_then(|side| side.iter().flatten().next());
                if let Some(transcript) = cell.and_then(|cell| typical(cell)) {
                    *transcripts.entry(scenario).or_default().entry(transcript).or_default() += 1;
                }
            }
        }
        let claims = view.backends.iter().filter_map(Column::described).flat_map(|about| &about.claims).collect();
        Self { transcripts, claims }
    }

    /// A cell whose transcript fewer than half share.
    fn rarity(&self, cell: &'a Cell) -> Option<Rarity<'a>> {
        let given = self.transcripts.get(cell.scenario.as_str())?;
        let (same, of) = (*given.get(typical(cell)?)?, given.values().sum());
        (2 * same < of).then_some(Rarity { scenario: &cell.scenario, same, of })
    }

    fn claiming(&self, claim: &Claimed) -> usize {
        self.claims.iter().filter(|other| (&other.claim, &other.value) == (&claim.claim, &claim.value)).count()
    }

    fn claiming_anything(&self, name: &str) -> usize {
        self.claims.iter().filter(|other| other.claim == name).count()
    }
}

/// The most frequent transcript of a cell that conforms.
fn typical(cell: &Cell) -> Option<&str> {
    (cell.verdict == Verdict::Pass).then(|| cell.outcomes.first().map(|outcome| outcome.transcript.as_str()))?
}
