//! The two tables: chapters by backend for a first look, and every requirement by backend.

use maud::{Markup, PreEscaped, html};

use super::{
    anchor, cell_anchor, plain, sign,
    view::{Column, View},
};
use crate::{
    catalogue::{Group, Requirement},
    report::overview::Standing,
    results::{Cell, UNSUPPORTED, Verdict},
};

/// Backends by chapter: how much of each is kept.
pub(super) fn overview(view: &View<'_>) -> Markup {
    let requirements = view.requirements();
    html! {
        section id="overview" {
            h2 { "Overview" }
            p {
                "Requirements kept, of those that apply" (order(view)) ". A backend's name opens how it behaves."
            }
            div class="scroll" tabindex="0" role="group" aria-label="Overview" {
                table class="overview" {
                    thead { tr {
                        th scope="col" { "backend" }
                        @for group in Group::ALL {
                            th scope="col" class="slant" {
                                @if requirements.iter().any(|requirement| requirement.group == *group) {
                                    a href=(format!("#group:{}", group.slug())) { (group.title()) }
                                } @else { span { (group.title()) } }
                            }
                        }
                    } }
                    @for columns in view.backends.chunk_by(|a, b| a.language() == b.language()) {
                        tbody {
                            tr class="chapter" { th scope="rowgroup" colspan=(Group::ALL.len() + 1) { (columns[0].language()) } }
                            @for column in columns { (backend_row(view, column, &requirements)) }
                        }
                    }
                }
            }
        }
    }
}

/// What comes first where each cell holds several.
fn order(view: &View<'_>) -> String {
    if view.platforms.len() > 1 { format!(", on {}", view.platforms.join(", then on ")) } else { String::new() }
}

fn backend_row(view: &View<'_>, column: &Column<'_>, requirements: &[&Requirement]) -> Markup {
    let version = column.described().and_then(|about| about.version.as_deref()).unwrap_or_default();
    html! {
        tr data-backend=(column.name) {
            th scope="row" {
                a href=(format!("#{}", anchor("backend", column.name))) { (column.name) }
                " " small { (version) }
            }
            @for group in Group::ALL {
                td {
                    @for platform in 0..view.platforms.len() {
                        (standing(chapter(view, column, requirements, *group, platform)))
                    }
                }
            }
        }
    }
}

fn chapter(
    view: &View<'_>,
    column: &Column<'_>,
    requirements: &[&Requirement],
    group: Group,
    platform: usize,
) -> Standing {
    let mut standing = Standing::default();
    for requirement in requirements.iter().filter(|requirement| requirement.group == group) {
        let deciding = view.deciding(column.name, &requirement.slug, platform);
        deciding.into_iter().for_each(|cell| standing.add(cell.verdict, cell.unsupported));
    }
    standing
}

fn standing(standing: Standing) -> Markup {
    let Standing { kept, tried, unsupported, gravest } = standing;
    let verdict = gravest.unwrap_or(Verdict::Skip);
    html! {
        span class=(format!("of {}", if standing.is_whole() { "pass" } else { verdict.name() })) {
            @if tried == 0 && unsupported > 0 { (UNSUPPORTED) } @else if tried == 0 { "–" } @else if standing.is_whole() { (kept) "/" (tried) } @else {
                (kept) "/" (tried) " " (verdict.glyph())
            }
            @if tried > 0 && unsupported > 0 { " " (UNSUPPORTED) }
        }
    }
}

/// Every requirement by backend, chapter by chapter.
pub(super) fn matrix(view: &View<'_>) -> Markup {
    let requirements = view.requirements();
    html! {
        section id="matrix" {
            h2 { "Every requirement" }
            (filters())
            @if view.platforms.len() > 1 { p { "The gravest verdict" (order(view)) "." } }
            div class="scroll" tabindex="0" role="group" aria-label="Every requirement" {
                table class="matrix" {
                    thead {
                        tr class="languages" {
                            td {}
                            @for columns in view.backends.chunk_by(|a, b| a.language() == b.language()) {
                                th scope="colgroup" colspan=(columns.len()) title=(columns[0].language()) { span { (columns[0].language()) } }
                            }
                        }
                        tr {
                            th scope="col" { "requirement" }
                            @for column in &view.backends {
                                th scope="col" class="upright" data-backend=(column.name) data-language=(column.language()) {
                                    a href=(format!("#{}", anchor("backend", column.name))) { (column.name) }
                                }
                            }
                        }
                    }
                    @for chapter in requirements.chunk_by(|a, b| a.group == b.group) {
                        tbody {
                            tr class="chapter" id=(format!("group:{}", chapter[0].group.slug())) {
                                th scope="rowgroup" colspan=(view.backends.len() + 1) { span { (chapter[0].group.title()) } }
                            }
                            @for requirement in chapter { (row(view, requirement)) }
                        }
                    }
                }
            }
            p id="nothing" hidden { "Nothing is like that." }
        }
    }
}

fn row(view: &View<'_>, requirement: &Requirement) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href=(format!("#{}", anchor("requirement", &requirement.slug))) title=(requirement.statement) { (requirement.slug) }
            }
            @for column in &view.backends {
                td {
                    @for platform in 0..view.platforms.len() {
                        @match view.deciding(column.name, &requirement.slug, platform) {
                            Some(cell) => (entry(cell)),
                            None if view.platforms.len() > 1 => i class="none" { "·" },
                            None => "",
                        }
                    }
                }
            }
        }
    }
}

/// The sign of a cell, and its word where it is not what most are. Written tersely: a page holds thousands.
fn entry(cell: &Cell) -> Markup {
    let (verdict, id) = (cell.verdict, cell_anchor(&cell.backend, &cell.scenario));
    let word = match verdict {
        Verdict::Pass | Verdict::Skip => String::new(),
        _ => format!("<small>{}</small>", verdict.name()),
    };
    let glyph = if cell.unsupported { UNSUPPORTED } else { verdict.glyph() };
    PreEscaped(format!("<a class={} href=#{id}>{glyph}{word}</a>", verdict.name()))
}

/// What only the script can do, hidden without it.
fn filters() -> Markup {
    html! {
        form id="filters" hidden {
            label { "Requirement" input type="search" name="requirement" placeholder="burst" autocomplete="off"; }
            label { "Backend" input type="search" name="backend" placeholder="tokio" autocomplete="off"; }
            fieldset {
                legend { "Rows with" }
                @for verdict in Verdict::ALL {
                    label { input type="checkbox" name="verdict" value=(plain(verdict.name())); (sign(verdict)) " " (verdict.name()) }
                }
            }
            output name="shown" {}
            button type="reset" { "Show all" }
        }
    }
}
