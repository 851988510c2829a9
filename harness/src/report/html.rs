//! HTML: one self-contained page. It loads nothing, and it can be read without its script, which only filters.
//!
//! ```text
//! matrix ──link──▶ scenario (hidden until it or a cell in it is the :target)
//!                    └─ a transcript, once ─▶ the cells that gave it, each with its timeline
//!        ──link──▶ backend, requirement, law
//! ```
//!
//! Several results are several platforms, side by side. Whatever a fixture said is escaped by maud; what a reader's eye would act
//! upon has its number instead, as everywhere. A policy forbids what is not ours to run or to load.
//!
//! ```
//! use sigconform::{report::html, results::Results};
//!
//! # let cell = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/failed.json"));
//! let results = Results::of(vec![serde_json::from_str(cell)?]);
//! let page = html::render(&[results]);
//! assert!(page.starts_with("<!DOCTYPE html>") && page.contains("once-per-send"));
//! # Ok::<(), serde_json::Error>(())
//! ```

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::view::View;
use super::shown;
use crate::{
    catalogue::{Catalogue, Level},
    judge::law,
    results::{Results, UNSUPPORTED, Verdict},
};

mod backend;
mod cell;
mod matrix;
mod scenario;
mod timeline;
mod view;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// What a browser may do for the page: run its script and apply its style, which it knows by their hashes, and nothing else. It
/// loads nothing, sends nothing, and takes no address for its base, whatever stands in it.
///
/// Source: <https://www.w3.org/TR/CSP3/>.
const POLICY: &str = "default-src 'none'; script-src 'sha256-T7qAFNIO3+C3o62YV1VrlNYnaDAPNxyeW6G1G8QdWWs='; style-src 'sha256-F009j7pyd0NmUS0rGS6W/PVD8mOR7yFoZNKD6D1e+RI='; base-uri 'none'; \
                      form-action 'none'";

/// The page: one element of `results` a platform.
///
/// # Panics
/// When the catalogue that this crate carries cannot be read: a test of its own reads it.
#[must_use]
pub fn render(results: &[Results]) -> String {
    let results = &*shown::results(results);
    let catalogue = Catalogue::embedded().expect("the embedded catalogue can be read");
    let view = View::new(results, &catalogue);
    let title = format!("sigconform on {}", view.platforms.join(" and "));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip-link" href="#matrix" { "Skip to the matrix" }
                span id="top" {}
                (timeline::lanes())
                (header(&view))
                main {
                    (matrix::overview(&view))
                    (matrix::matrix(&view))
                }
                (scenario::articles(&view))
                (backend::articles(&view))
                (requirements(&view))
                (laws())
                (footer(&view))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

fn header(view: &View<'_>) -> Markup {
    html! {
        header class="page" {
            h1 { "sigconform" }
            p class="lead" {
                "What event loops make of Unix signals: " (view.backends.len()) " backends, each played "
                (view.scenarios().len()) " scenarios on " (view.platforms.join(" and "))
                ", and judged against POSIX and against its own documentation."
            }
            ul class="counts" {
                @for verdict in Verdict::ALL {
                    @let count = view.count(verdict);
                    @if count > 0 {
                        li title=(verdict.meaning()) { (sign(verdict)) " " b { (count) } " " (verdict.name()) }
                    }
                }
            }
        }
    }
}

fn footer(view: &View<'_>) -> Markup {
    html! {
        footer {
            h2 { "How to read it" }
            p {
                "Each sign is the gravest verdict of the scenarios that show a requirement on a backend. It opens the "
                "scenario: what was allowed, what happened, line by line, and when. A name opens what it stands for."
            }
            dl class="verdicts" {
                @for verdict in Verdict::ALL { dt { (sign(verdict)) " " (verdict.name()) } dd { (verdict.meaning()) } }
                dt { i class="skip" { (UNSUPPORTED) } " unsupported" }
                dd { "a skip, because the backend's documentation says that it does not support this" }
            }
            @for (one, label) in view.results.iter().zip(&view.platforms) {
                p { (label) ": kernel " (&one.platform.kernel) ", C library " (&one.platform.libc) "." }
            }
        }
    }
}

/// A verdict's sign, where its word stands beside it.
fn sign(verdict: Verdict) -> Markup {
    html! { i class=(verdict.name()) { (verdict.glyph()) } }
}

/// A verdict's sign and word.
fn said(verdict: Verdict) -> Markup {
    html! { i class=(verdict.name()) { (verdict.glyph()) " " (verdict.name()) } }
}

/// The way back from what was opened. Its target is fixed in place, so that the page below does not move.
fn close() -> Markup {
    html! { a class="close" href="#top" { "Close" } }
}

/// A claim's value; a list without the signs that JSON needs.
fn value(spelled: &str) -> String {
    spelled.trim_matches(['[', ']']).replace('"', "").replace(',', ", ")
}

/// Text in which an address is a link.
fn linked(text: &str) -> Markup {
    html! {
        @for word in text.split_inclusive(' ') {
            @if let Some(at) = word.find("https://") {
                @let rest = &word[at..];
                @let address = rest.trim_end_matches([' ', ')', '.', ',', ';']);
                (word[..at]) a href=(address) { (address) } (rest[address.len()..])
            } @else { (word) }
        }
    }
}

fn requirements(view: &View<'_>) -> Markup {
    html! {
        @for requirement in view.requirements() {
            article id=(anchor("requirement", &requirement.slug)) {
                (close())
                h2 { small { "requirement" } (requirement.slug) }
                p class="lead" { (requirement.statement) }
                p { "It " (binding(requirement.level)) }
                p class="source" { "Source: " (linked(&requirement.source)) }
                h3 { "Shown by" }
                ul {
                    @for scenario in view.catalogue.scenarios.iter().filter(|one| one.requirements.contains(&requirement.slug)) {
                        li {
                            @if view.is_played(&scenario.name) {
                                a href=(format!("#{}", anchor("scenario", &scenario.name))) { code { (scenario.name) } }
                            } @else { code { (scenario.name) } }
                            " " (scenario.title)
                        }
                    }
                }
            }
        }
    }
}

fn binding(level: Level) -> &'static str {
    match level {
        Level::Must => "binds every backend.",
        Level::Should => "binds every backend that gives no reason not to.",
        Level::Claim => "binds the backends whose documentation claims it.",
    }
}

fn laws() -> Markup {
    html! {
        @for law in law::ALL {
            article id=(anchor("law", law.slug)) {
                (close())
                h2 { small { "law" } (law.slug) }
                p class="lead" { (law.statement) }
                p class="source" { "Source: " (linked(law.source)) }
            }
        }
    }
}

/// The id of something that is no cell: a cell's is `BACKEND/SCENARIO`.
fn anchor(kind: &str, name: &str) -> String {
    format!("{kind}:{}", plain(name))
}

/// The id of a cell, and of its deep link.
fn cell_anchor(backend: &str, scenario: &str) -> String {
    format!("{}/{}", plain(backend), plain(scenario))
}

/// A name without what an id or an address cannot hold: only a stranger's results have such.
fn plain(name: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.+".contains(letter);
    name.chars().map(|letter| if fits(letter) { letter } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use sha2::{Digest, Sha256};

    use super::*;

    /// A browser would neither run nor apply what the policy does not know.
    #[test]
    fn the_policy_knows_the_script_and_the_style() {
        for (directive, text) in [("script-src", SCRIPT), ("style-src", STYLE)] {
            let hash = BASE64_STANDARD.encode(Sha256::digest(text));
            let wanted = format!("{directive} 'sha256-{hash}';");
            assert!(POLICY.contains(&wanted), "POLICY must say: {wanted}");
        }
    }

    /// What stands before it is not bound by it.
    #[test]
    fn a_page_says_its_policy_before_anything_runs() {
        let page = render(&[]);
        let policy = page.find("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
        let first = ["<script", "<style", "<link"].iter().filter_map(|element| page.find(element)).min();
        assert!(policy.zip(first).is_some_and(|(policy, first)| policy < first), "{policy:?} {first:?}");
    }
}
