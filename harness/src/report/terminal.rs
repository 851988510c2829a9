//! The terminal: the matrix, what is wrong, what was skipped and why, and one line that sums it up.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell as TableCell, Color, ContentArrangement, Table, presets};

use super::{Matrix, diagnosis, skips, summary};
use crate::results::{Results, Verdict};

/// The whole report.
#[must_use]
pub fn render(results: &Results) -> String {
    let width = width();
    let mut text = String::new();
    for cell in &results.results {
        if matches!(cell.verdict, Verdict::Fail | Verdict::Xpass | Verdict::Error) {
            text += &diagnosis::styled(cell, width);
        }
    }
    let _ = writeln!(text, "{}", matrix(results, width));
    for (whose, reason) in skips(results) {
        let _ = writeln!(text, "skip  {whose}: {}", diagnosis::printable(reason));
    }
    for cell in results.results.iter().filter(|cell| cell.verdict == Verdict::Xfail) {
        let reason = diagnosis::printable(cell.reason.as_deref().unwrap_or_default());
        let _ = writeln!(text, "xfail {} / {}: {reason}", cell.backend, cell.scenario);
    }
    let wrong = results.exit_status() != crate::exit_status::CONFORMING;
    let colour = if wrong { AnsiColor::Red } else { AnsiColor::Green };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let _ = writeln!(text, "\n{style}{}{style:#}", summary(results));
    text
}

/// The width to draw for: the terminal's, or wide enough for any log.
#[must_use]
pub fn width() -> usize {
    Table::new().width().map_or(200, usize::from)
}

/// Backends across, requirements down.
fn matrix(results: &Results, width: usize) -> Table {
    let matrix = Matrix::new(results);
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .enforce_styling()
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_delimiter('-');
    let heads = matrix.backends.iter().map(|name| TableCell::new(name).add_attribute(Attribute::Bold));
    table.set_header([TableCell::new("requirement")].into_iter().chain(heads));
    for (requirement, verdicts) in matrix.rows {
        let cells = verdicts.into_iter().map(|verdict| verdict.map_or_else(|| TableCell::new(""), coloured));
        table.add_row([TableCell::new(requirement)].into_iter().chain(cells));
    }
    table
}

fn coloured(verdict: Verdict) -> TableCell {
    let colour = match verdict {
        Verdict::Pass => Color::Green,
        Verdict::Fail | Verdict::Xpass | Verdict::Error => Color::Red,
        Verdict::Xfail => Color::Yellow,
        Verdict::Skip => Color::DarkGrey,
    };
    TableCell::new(verdict.name()).fg(colour)
}
