//! A scenario's article: what is played, and each different outcome once, with the cells that gave it.

use maud::{Markup, html};

use super::{
    anchor,
    cell::{self, Shown},
    close,
    view::{Column, Side, View},
};
use crate::catalogue::Scenario;

pub(super) fn articles(view: &View<'_>) -> Markup {
    html! { @for (name, scenario) in view.scenarios() { (article(view, name, scenario)) } }
}

fn article(view: &View<'_>, name: &str, scenario: Option<&Scenario>) -> Markup {
    html! {
        article id=(anchor("scenario", name)) {
            (close())
            h2 { small { "scenario" } (name) }
            @if let Some(scenario) = scenario {
                p class="lead" { (scenario.title) }
                p class="shows" {
                    "It shows "
                    @for (at, slug) in scenario.requirements.iter().enumerate() {
                        @if at > 0 { ", " }
                        a href=(format!("#{}", anchor("requirement", slug))) { (slug) }
                    }
                }
            }
            @for (shown, members) in groups(view, name) {
                div class=(shown.class()) {
                    @for (column, side) in &members { (cell::section(view, column, side, &shown)) }
                    (cell::shared(&shown, members.len()))
                }
            }
            p class="legend" {
                "A line down is a send, dashed when it came from outside; a bar, what was sent and is not yet handled, red when it "
                "never was; a dot, a handler's call. The sender's lane is shaded while the loop has control. Distances "
                "follow the times, but no mark comes closer to another than can be told apart."
            }
        }
    }
}

type Members<'v, 'a> = Vec<(&'v Column<'a>, &'v Side<'a>)>;

/// The cells of a scenario: those that show the same together, the largest group first, what is wrong before what is not.
fn groups<'v, 'a>(view: &'v View<'a>, scenario: &str) -> Vec<(Shown<'a>, Members<'v, 'a>)> {
    let mut groups: Vec<(Shown<'a>, Members<'v, 'a>)> = Vec::new();
    for column in &view.backends {
        let Some(side) = view.side(column.name, scenario) else { continue };
        let shown = Shown::of(side);
        match groups.iter_mut().find(|(same, _)| *same == shown && shown.is_shareable()) {
            Some((_, members)) => members.push((column, side)),
            None => groups.push((shown, vec![(column, side)])),
        }
    }
    groups.sort_by_key(|(shown, members)| (shown.rank(), std::cmp::Reverse(members.len())));
    groups
}
