//! Markdown: the matrix and what is wrong, for a job summary or a README. One matrix, whatever the number of platforms.
//!
//! ```
//! use sigconform::{report::markdown, results::Results};
//!
//! # let cell = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/failed.json"));
//! let results = Results::of(vec![serde_json::from_str(cell)?]);
//! let text = markdown::render(&[results]);
//! assert!(text.starts_with("## sigconform on "));
//! assert!(text.contains("### fail: mine / sequence"), "{text}");
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{Matrix, shown, skips, summary};
use crate::{
    results::{Cell, Results, Verdict, platform_names},
    text::cut,
};

/// The document.
#[must_use]
pub fn render(platforms: &[Results]) -> String {
    within(platforms, usize::MAX)
}

/// The document, with as much as `limit` bytes hold; what is left out is said. Nothing, where not even that has room.
#[must_use]
pub fn within(platforms: &[Results], limit: usize) -> String {
    let platforms = &*shown::results(platforms);
    let names = platform_names(platforms);
    let Some(room) = limit.checked_sub(NOTE) else { return String::new() };
    let mut page = Page { text: String::new(), room };
    page.add(&format!("## sigconform on {}\n\n", escape(&cut(&names.join(", "), TITLE))));
    for (results, name) in platforms.iter().zip(&names) {
        let whose = if names.len() > 1 { format!("{}: ", escape(name)) } else { String::new() };
        page.add(&format!("{whose}{}\n\n", summary(results)));
    }
    let has_matrix = page.add(&merged_matrix(platforms, &names));
    let skips: Vec<_> =
        platforms.iter().zip(&names).map(|(results, name)| skipped(results, name, names.len())).collect();
    let reserved = skips.iter().flatten().map(String::len).sum::<usize>().min(room / 4);
    page.room -= reserved;
    let wrong = |verdict| matches!(verdict, Verdict::Fail | Verdict::Xpass | Verdict::Error);
    let mut diagnoses = 0;
    for (results, name) in platforms.iter().zip(&names) {
        for cell in results.results.iter().filter(|cell| wrong(cell.verdict)) {
            let place = if names.len() > 1 { format!(" on {name}") } else { String::new() };
            diagnoses += usize::from(!page.add(&diagnosis(cell, &escape(&place))));
        }
    }
    page.room += reserved;
    let reasons = skips.iter().flatten().filter(|line| !page.add(line)).count();
    let left_out =
        [(!has_matrix).then(|| "the matrix".to_owned()), said(diagnoses, "diagnoses"), said(reasons, "skips")];
    let left_out: Vec<_> = left_out.into_iter().flatten().collect();
    if !left_out.is_empty() {
        let what = left_out.join(", ");
        page.text += &format!("\nLeft out here, for the length: {what}. The log and the JSON have it all.\n");
    }
    page.text
}

/// Room for what says that something is left out, and most letters of the platforms' names in the title.
const NOTE: usize = 200;
const TITLE: usize = 1000;

/// A document that has only so much room.
struct Page {
    text: String,
    room: usize,
}

impl Page {
    /// Adds a part, if it has room.
    fn add(&mut self, part: &str) -> bool {
        let fits = self.text.len() + part.len() <= self.room;
        if fits {
            self.text += part;
        }
        fits
    }
}

fn said(count: usize, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {what}"))
}

fn diagnosis(cell: &Cell, place: &str) -> String {
    let title = format!("\n### {}: {} / {}{place}\n\n", cell.verdict, escape(&cell.backend), escape(&cell.scenario));
    title + &fenced(&super::diagnosis::plain(cell))
}

/// The skips of one platform: a heading, and a line for each.
fn skipped(results: &Results, name: &str, platforms: usize) -> Vec<String> {
    let place = if platforms > 1 { format!(" on {name}") } else { String::new() };
    let lines = skips(results).into_iter().map(|(whose, reason)| format!("- {}: {}\n", escape(&whose), escape(reason)));
    let lines: Vec<_> = lines.collect();
    let heading = (!lines.is_empty()).then(|| format!("\nSkipped{}:\n\n", escape(&place)));
    heading.into_iter().chain(lines).collect()
}

/// What one field shows, each with the number of its platform.
type Field = Vec<(usize, &'static str)>;

/// The matrix alone.
#[must_use]
pub fn matrix(results: &Results) -> String {
    merged_matrix(&shown::results(std::slice::from_ref(results)), &[String::new()])
}

/// Backends across, requirements down. Where the platforms differ, each says what is true of it.
fn merged_matrix(platforms: &[Results], names: &[String]) -> String {
    let matrices: Vec<_> = platforms.iter().map(Matrix::new).collect();
    let backends: BTreeSet<&str> = matrices.iter().flat_map(|matrix| matrix.backends.iter().copied()).collect();
    let mut rows: BTreeMap<&str, BTreeMap<&str, Field>> = BTreeMap::new();
    for (platform, matrix) in matrices.iter().enumerate() {
        for (requirement, verdicts) in &matrix.rows {
            let row = rows.entry(requirement).or_default();
            for (backend, verdict) in matrix.backends.iter().zip(verdicts) {
                let unsupported = matrix.is_unsupported(requirement, backend);
                row.entry(backend).or_default().extend(verdict.map(|verdict| (platform, shown(verdict, unsupported))));
            }
        }
    }
    let mut text = "| requirement |".to_owned();
    for backend in &backends {
        let _ = write!(text, " {} |", escape(backend));
    }
    text += "\n|---|";
    text += &":-:|".repeat(backends.len());
    for (requirement, row) in rows {
        let _ = write!(text, "\n| {} |", escape(requirement));
        for backend in &backends {
            let _ = write!(text, " {} |", field(row.get(backend).map_or(&[], Vec::as_slice), names));
        }
    }
    text + "\n"
}

/// One sign where all platforms agree, else one a platform.
fn field(signs: &[(usize, &str)], names: &[String]) -> String {
    match signs {
        [] => String::new(),
        [(_, first), rest @ ..] if signs.len() == names.len() && rest.iter().all(|(_, sign)| sign == first) => {
            (*first).to_owned()
        }
        several => {
            let line = |(platform, sign): &(usize, &str)| format!("{sign} {}", escape(&names[*platform]));
            several.iter().map(line).collect::<Vec<_>>().join("<br>")
        }
    }
}

fn shown(verdict: Verdict, unsupported: bool) -> &'static str {
    match verdict {
        Verdict::Pass => "✓ pass",
        Verdict::Fail => "**✗ fail**",
        Verdict::Xfail => "xfail",
        Verdict::Xpass => "**xpass**",
        Verdict::Skip if unsupported => "⊘ unsupported",
        Verdict::Skip => "–",
        Verdict::Error => "**! error**",
    }
}

/// Text that a fixture may have had a hand in, so that it cannot become markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // What would begin a list where it begins a line.
    let number = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let text = match text.chars().next() {
        Some('-' | '+') => {
            escaped.push('\\');
            text
        }
        Some('0'..='9') if number.starts_with(['.', ')']) => {
            escaped += &text[..text.len() - number.len()];
            escaped.push('\\');
            number
        }
        _ => text,
    };
    for character in text.chars() {
        match character {
            '\n' | '\r' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A code block whose fence is longer than any run of backticks inside.
fn fenced(text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}
