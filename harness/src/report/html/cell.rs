//! A cell: its verdict, what was allowed, what happened and when. What many cells have in common stands once beside them.

use maud::{Markup, PreEscaped, html};

use super::{
    anchor, cell_anchor, linked, said, timeline, value,
    view::{Column, Side, View},
};
use crate::{
    judge::{Violation, law},
    report::{
        again,
        shown::{OUTCOMES, VIOLATIONS, folded, gap},
    },
    results::{Cell, Outcome, Verdict, is_address},
};

/// The claim that decides in every cell: where one conforms, its backend's page is enough.
const EVERYWHERE: &str = "handlers_run";

/// What cells can have in common.
#[derive(PartialEq, Eq)]
pub(super) enum Shown<'a> {
    /// Every run on every platform gave this, and was allowed to.
    Same { transcript: &'a str, allowed: &'a [String] },
    /// It was not played on any platform, for this reason.
    Skipped(&'a str),
    /// Something of its own.
    Own,
}

impl<'a> Shown<'a> {
    pub(super) fn of(side: &Side<'a>) -> Self {
        let of_cell = |cell: &&'a Cell| match (cell.verdict, cell.outcomes.as_slice()) {
            (Verdict::Pass, [only]) => Self::Same { transcript: &only.transcript, allowed: &cell.allowed },
            (Verdict::Skip, _) => Self::Skipped(cell.reason.as_deref().unwrap_or_default()),
            _ => Self::Own,
        };
        let mut each = side.iter().flatten().map(of_cell);
        let first = each.next().unwrap_or(Self::Own);
        if each.all(|next| next == first) { first } else { Self::Own }
    }

    pub(super) fn is_shareable(&self) -> bool {
        *self != Self::Own
    }

    /// The class of its group: the page's style says the verdict of what is shared.
    pub(super) fn class(&self) -> &'static str {
        match self {
            Self::Same { .. } => "g pass",
            Self::Skipped(_) => "g skip",
            Self::Own => "g",
        }
    }

    /// What stands out comes first.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Own => 0,
            Self::Same { .. } => 1,
            Self::Skipped(_) => 2,
        }
    }
}

/// What these cells have in common.
pub(super) fn shared(shown: &Shown<'_>, cells: usize) -> Markup {
    html! {
        @match shown {
            Shown::Same { transcript, allowed } => {
                (self::allowed(allowed))
                h4 { "Transcript" @if cells > 1 { ", shared by " (cells) " backends" } }
                (lines(transcript, &[]))
            }
            Shown::Skipped(reason) => { p { (linked(reason)) } }
            Shown::Own => {}
        }
    }
}

/// One cell of its own, side by side where there are several platforms.
pub(super) fn section(view: &View<'_>, column: &Column<'_>, side: &Side<'_>, shown: &Shown<'_>) -> Markup {
    let Some(first) = side.iter().flatten().next() else { return html! {} };
    let id = cell_anchor(column.name, &first.scenario);
    // A group whose cells share their verdict says it once, in its class.
    let is_said = shown.is_shareable();
    html! {
        section id=(id) {
            h3 {
                (PreEscaped(format!("<a href=#{id}>")))
                @if !is_said { @for cell in side.iter().flatten() { (said(cell.verdict)) " " } }
                (column.name)
                (PreEscaped("</a>"))
            }
            @if view.platforms.len() > 1 {
                div class="side" {
                    @for (cell, platform) in side.iter().zip(&view.platforms) {
                        div {
                            h4 { @if let Some(cell) = cell { (said(cell.verdict)) " on " } (platform) }
                            @if let Some(cell) = cell { (one(cell, column, shown)) } @else { p { "Not played." } }
                        }
                    }
                }
            } @else { (one(first, column, shown)) }
        }
    }
}

fn one(cell: &Cell, column: &Column<'_>, shown: &Shown<'_>) -> Markup {
    html! {
        @match shown {
            Shown::Same { .. } => { (pictures(cell)) (claims(cell, column, EVERYWHERE)) }
            Shown::Skipped(_) => {}
            Shown::Own => { (own(cell)) (claims(cell, column, "")) }
        }
    }
}

/// The timeline of the only outcome.
fn pictures(cell: &Cell) -> Markup {
    html! {
        @for outcome in &cell.outcomes { @if let Some(picture) = &outcome.timeline { (timeline::draw(picture, outcome.allowed)) } }
    }
}

/// The claims that decide, with the pages that make them, but for one.
fn claims(cell: &Cell, column: &Column<'_>, but: &str) -> Markup {
    let made = column.described().map(|about| about.claims.as_slice()).unwrap_or_default();
    let decisive: Vec<_> = made.iter().filter(|made| cell.claims.contains(&made.claim) && made.claim != but).collect();
    html! {
        @if !decisive.is_empty() {
            p class="claims" {
                @for claim in decisive {
                    @let said = html! { (claim.claim) ": " (value(&claim.value)) };
                    @if is_address(&claim.source) { a href=(claim.source) { (said) } } @else { (said) " (" (claim.source) ")" } " "
                }
            }
        }
    }
}

/// Everything about a cell that shares nothing.
fn own(cell: &Cell) -> Markup {
    let forbidden = cell.outcomes.iter().find(|outcome| !outcome.allowed);
    html! {
        @match (&cell.known, &cell.reason) {
            (Some(known), _) => {
                p class="known" {
                    b { @if cell.verdict == Verdict::Xpass { "Listed as a failure, and it passes: " } @else { "Known failure: " } }
                    (linked(&known.reason)) ". " (reference(&known.reference))
                }
            }
            (None, Some(reason)) => { p class="reason" { (linked(reason)) } }
            (None, None) => {}
        }
        @if let Some(outcome) = forbidden {
            @for violation in cell.violations.iter().take(VIOLATIONS) { (broken(violation)) }
            @if cell.violations.len() > VIOLATIONS {
                p { "And " (cell.violations.len() - VIOLATIONS) " more: what follows a broken law is often its echo." }
            }
            h4 { "What happened" }
            (lines(&outcome.transcript, &cell.violations[..cell.violations.len().min(VIOLATIONS)]))
            @if let Some(picture) = &outcome.timeline { (timeline::draw(picture, outcome.allowed)) }
        }
        (allowed(&cell.allowed))
        @if cell.runs > 1 && cell.outcomes.len() > 1 { (histogram(cell)) }
        @else if forbidden.is_none() {
            @for outcome in &cell.outcomes {
                h4 { "Transcript" }
                (lines(&outcome.transcript, &[]))
                @if let Some(picture) = &outcome.timeline { (timeline::draw(picture, outcome.allowed)) }
            }
        }
        p class="again" { "Play it again: " code { (again(cell)) } }
    }
}

fn reference(reference: &str) -> Markup {
    html! { @if reference.starts_with("https://") { "Reported: " (linked(reference)) } @else { "No report was found." } }
}

/// A broken law, in words: what happened, what was allowed, and what demands it.
fn broken(violation: &Violation) -> Markup {
    let statement = law::find(&violation.law).map_or("", |law| law.statement);
    html! {
        div class="broken" {
            p class="what" { (violation.message) @if violation.line > 0 { ", at line " (violation.line) } "." }
            dl {
                dt { "Allowed there" } dd { (violation.allowed) }
                dt { "Broken law" } dd { a href=(format!("#{}", anchor("law", &violation.law))) { (violation.law) } ": " (statement) }
                dt { "Source" } dd { (linked(&violation.source)) }
            }
        }
    }
}

fn allowed(allowed: &[String]) -> Markup {
    html! {
        @if !allowed.is_empty() {
            details open[allowed.len() <= 6] {
                summary { "What is allowed" }
                ul { @for line in allowed { li { (line) } } }
            }
        }
    }
}

/// How often each outcome was seen.
fn histogram(cell: &Cell) -> Markup {
    html! {
        h4 { (cell.runs) " runs, " (cell.outcomes.len()) " outcomes" }
        @for Outcome { transcript, count, allowed, .. } in cell.outcomes.iter().take(OUTCOMES) {
            @let how = if *count == cell.runs { "always" } else { "sometimes" };
            details {
                summary {
                    (bar(*count, cell.runs))
                    (how) ": " (count) " of " (cell.runs) ", "
                    @if *allowed { "✓ allowed" } @else { "✗ forbidden" }
                }
                (lines(transcript, &[]))
            }
        }
        @if cell.outcomes.len() > OUTCOMES { p { "And " (cell.outcomes.len() - OUTCOMES) " outcomes more." } }
    }
}

/// How much of the whole that is; drawn, since the page's policy allows an element no style of its own.
fn bar(part: u32, whole: u32) -> Markup {
    let part = 100.0 * f64::from(part) / f64::from(whole.max(1));
    html! {
        svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" {
            path d=(format!("M0 0H{part:.1}V1H0z")) {}
        }
    }
}

/// A transcript; the lines that broke a law marked, with what was allowed there. What is far from them is left out.
fn lines(transcript: &str, violations: &[Violation]) -> Markup {
    let all: Vec<_> = transcript.lines().collect();
    let marks: Vec<_> = violations.iter().map(|violation| violation.line.max(1)).collect();
    let ranges = folded(all.len(), &marks);
    let before = |at: usize| ranges[at].start - if at > 0 { ranges[at - 1].end } else { 0 };
    if violations.is_empty() {
        return html! {
            pre {
                @for (at, range) in ranges.iter().enumerate() {
                    @if before(at) > 0 { em { "\n" (gap(before(at))) "\n" } }
                    (all[range.clone()].join("\n"))
                }
            }
        };
    }
    html! {
        @for (at, range) in ranges.iter().enumerate() {
            @if before(at) > 0 { p { (gap(before(at))) } }
            ol class="lines" start=(range.start + 1) {
                @for (number, line) in (range.start + 1..).zip(&all[range.clone()]) {
                    @if marks.contains(&number) {
                        li class="wrong" {
                            mark { (line) }
                            @for violation in violations.iter().filter(|violation| violation.line.max(1) == number) {
                                em { "↑ " (violation.law) ". Allowed here: " (violation.allowed) }
                            }
                        }
                    } @else { li { (line) } }
                }
            }
        }
    }
}
