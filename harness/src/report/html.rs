//! HTML: one self-contained page with the matrix and every cell's transcript. It loads nothing and runs nothing.

use maud::{DOCTYPE, Markup, html};

use super::{Matrix, diagnosis, summary};
use crate::results::{Cell, Results, Verdict};

const STYLE: &str = include_str!("page.css");

/// The page.
#[must_use]
pub fn render(platforms: &[Results]) -> String {
    platforms.iter().map(page).collect()
}

fn page(results: &Results) -> String {
    let platform = &results.platform;
    let title = format!("sigconform on {} {}", platform.os, platform.arch);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                p { (summary(results)) ". Kernel " (platform.kernel) ", C library " (platform.libc) "." }
                (matrix(results))
                h2 { "Cells" }
                @for cell in &results.results { (details(cell)) }
            }
        }
    }
    .into_string()
}

fn matrix(results: &Results) -> Markup {
    let matrix = Matrix::new(results);
    html! {
        table {
            thead { tr { th { "requirement" } @for backend in &matrix.backends { th { (backend) } } } }
            tbody {
                @for (requirement, verdicts) in &matrix.rows {
                    tr {
                        th scope="row" { (requirement) }
                        @for verdict in verdicts {
                            td class=[verdict.map(Verdict::name)] { (verdict.map_or("", Verdict::name)) }
                        }
                    }
                }
            }
        }
    }
}

fn details(cell: &Cell) -> Markup {
    let shown = diagnosis::plain(cell);
    html! {
        details id={ (cell.backend) "/" (cell.scenario) } {
            summary { span class=(cell.verdict.name()) { (cell.verdict.name()) } " " (cell.backend) " / " (cell.scenario) }
            @if let Some(reason) = &cell.reason { p { (diagnosis::printable(reason)) } }
            @if !shown.is_empty() { pre { (shown) } }
            @for outcome in &cell.outcomes {
                p { (outcome.count) " of " (cell.runs) " runs, " @if outcome.allowed { "allowed" } @else { "forbidden" } ":" }
                pre { (diagnosis::printable(&outcome.transcript)) }
            }
        }
    }
}
