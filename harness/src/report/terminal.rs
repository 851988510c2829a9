//! The terminal: what is wrong, the matrix as far as it fits, what was skipped and why, the counts, and what to do next.
//!
//! ```
//! use sigconform::{report::terminal, results::Results};
//!
//! # let cell = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/passed.json"));
//! let results = Results::of(vec![serde_json::from_str(cell)?]);
//! let text = terminal::render_at(&results, 100);
//! assert!(text.ends_with("next: nothing: what was played conforms\n"), "{text}");
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::{fmt::Write, slice};

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell as TableCell, CellAlignment, Color, ContentArrangement, Table, presets};

use super::{
    Matrix, diagnosis, next_step,
    overview::{self, Standing},
    shown, skips, summary,
};
use crate::{
    catalogue::{Catalogue, Group},
    results::{Results, UNSUPPORTED, Verdict},
};

/// The whole report, for standard output.
#[must_use]
pub fn render(results: &Results) -> String {
    render_at(results, width())
}

/// The whole report in lines of this width, as far as that goes: a transcript's lines are never broken.
#[must_use]
pub fn render_at(results: &Results, width: usize) -> String {
    let results = &shown::results(slice::from_ref(results))[0];
    let mut text = String::new();
    for cell in &results.results {
        if matches!(cell.verdict, Verdict::Fail | Verdict::Xpass | Verdict::Error) {
            text += &diagnosis::styled(cell, width);
        }
    }
    text += &matrix(results, width);
    for (whose, reason) in skips(results) {
        let _ = writeln!(text, "skip  {whose}: {reason}");
    }
    for cell in results.results.iter().filter(|cell| cell.verdict == Verdict::Xfail) {
        let reason = cell.reason.as_deref().unwrap_or_default();
        let _ = writeln!(text, "xfail {} / {}: {reason}", cell.backend, cell.scenario);
    }
    let wrong = results.exit_status() != crate::exit_status::CONFORMING;
    let colour = if wrong { AnsiColor::Red } else { AnsiColor::Green };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let _ = writeln!(text, "\n{style}{}{style:#}\nnext: {}", summary(results), next_step(results));
    text
}

/// The width to draw for: the terminal's, or wide enough for any log.
#[must_use]
pub fn width() -> usize {
    Table::new().width().map_or(200, usize::from)
}

/// Every requirement where that fits, chapters where not, and one line a backend on the narrowest terminal.
fn matrix(results: &Results, width: usize) -> String {
    let fits = |table: &String| widest(table) <= width;
    if let Some(table) = Some(requirements(results).to_string()).filter(fits) {
        return table + "\n";
    }
    match Some(chapters(results).to_string()).filter(fits) {
        Some(table) => {
            let unsupported = if table.contains(UNSUPPORTED) { "⊘ more is documented as unsupported\n" } else { "" };
            table + "\n" + unsupported + &legend(width)
        }
        None => lines(results),
    }
}

/// What the chapters' numbers stand for.
fn legend(width: usize) -> String {
    let mut lines = vec!["chapters:".to_owned()];
    for (number, group) in (1..).zip(Group::ALL) {
        let word = format!(" {number} {},", group.title());
        match lines.last_mut() {
            Some(line) if line.len() + word.len() <= width => *line += &word,
            _ => lines.push(format!("  {}", word.trim_start())),
        }
    }
    lines.join("\n").trim_end_matches(',').to_owned() + "\n"
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| anstream::adapter::strip_str(line).to_string().chars().count()).max().unwrap_or(0)
}

fn table() -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .enforce_styling()
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_delimiter('-');
    table
}

/// Backends across, requirements down.
fn requirements(results: &Results) -> Table {
    let matrix = Matrix::new(results);
    let mut table = table();
    let heads = matrix.backends.iter().map(|name| TableCell::new(name).add_attribute(Attribute::Bold));
    table.set_header([TableCell::new("requirement")].into_iter().chain(heads));
    for (requirement, verdicts) in &matrix.rows {
        let unsupported: Vec<_> = matrix.backends.iter().map(|name| matrix.is_unsupported(requirement, name)).collect();
        let cells = verdicts.iter().zip(unsupported).map(|(verdict, unsupported)| match *verdict {
            Some(verdict) if unsupported => coloured(verdict, "unsupported".to_owned()),
            Some(verdict) => coloured(verdict, verdict.name().to_owned()),
            None => TableCell::new(""),
        });
        table.add_row([TableCell::new(requirement)].into_iter().chain(cells));
    }
    table
}

/// Chapters across by number, backends down: requirements kept, of those that apply.
fn chapters(results: &Results) -> Table {
    let mut table = table();
    let heads = (1..=Group::ALL.len()).map(|number| TableCell::new(number).set_alignment(CellAlignment::Center));
    table.set_header([TableCell::new("backend / chapter")].into_iter().chain(heads));
    let catalogue = Catalogue::embedded().map(|catalogue| overview::overview(results, &catalogue));
    for row in catalogue.unwrap_or_default() {
        let cells = row.standings.iter().map(|standing| match standing.gravest {
            Some(verdict) if standing.tried > 0 => coloured(verdict, fraction(*standing)),
            Some(verdict) if standing.unsupported > 0 => coloured(verdict, UNSUPPORTED.to_owned()),
            _ => TableCell::new(""),
        });
        table.add_row([TableCell::new(&row.backend.name)].into_iter().chain(cells));
    }
    table
}

/// `2/2`, or `1/2 ✗`: what is wrong is not told by colour alone. `2/2 ⊘`: there is more that it documents not to support.
fn fraction(Standing { kept, tried, unsupported, gravest }: Standing) -> String {
    let sign = gravest.filter(|_| kept < tried).map(|verdict| format!(" {}", verdict.glyph()));
    let less = if unsupported > 0 { format!(" {UNSUPPORTED}") } else { String::new() };
    format!("{kept}/{tried}{}{less}", sign.unwrap_or_default())
}

/// The counts of each backend.
fn lines(results: &Results) -> String {
    let mut text = String::new();
    for cells in results.results.chunk_by(|a, b| a.backend == b.backend) {
        let count = |verdict| cells.iter().filter(|cell| cell.verdict == verdict).count();
        let counts = Verdict::ALL.into_iter().filter(|verdict| count(*verdict) > 0);
        let counts: Vec<_> = counts.map(|verdict| format!("{} {verdict}", count(verdict))).collect();
        let _ = writeln!(text, "{}: {}", cells[0].backend, counts.join(", "));
    }
    text
}

fn coloured(verdict: Verdict, text: String) -> TableCell {
    let colour = match verdict {
        Verdict::Pass => Color::Green,
        Verdict::Fail | Verdict::Xpass | Verdict::Error => Color::Red,
        Verdict::Xfail => Color::Yellow,
        Verdict::Skip => Color::DarkGrey,
    };
    TableCell::new(text).fg(colour)
}
