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

use super::{Matrix, skips, summary};
use crate::results::{Cell, Results, Verdict, platform_names};

/// The document.
#[must_use]
pub fn render(platforms: &[Results]) -> String {
    within(platforms, usize::MAX)
}

/// The document, with as many diagnoses as `limit` bytes hold; how many more there are is said.
#[must_use]
pub fn within(platforms: &[Results], limit: usize) -> String {
    let names = platform_names(platforms);
    let mut text = format!("## sigconform on {}\n\n", escape(&names.join(", ")));
    for (results, name) in platforms.iter().zip(&names) {
        let whose = if names.len() > 1 { format!("{}: ", escape(name)) } else { String::new() };
        let _ = writeln!(text, "{whose}{}\n", summary(results));
    }
    text += &merged_matrix(platforms, &names);
    let tail = skipped(platforms, &names);
    let wrong = |verdict| matches!(verdict, Verdict::Fail | Verdict::Xpass | Verdict::Error);
    let mut left_out = 0;
    for (results, name) in platforms.iter().zip(&names) {
        for cell in results.results.iter().filter(|cell| wrong(cell.verdict)) {
            let place = if names.len() > 1 { format!(" on {name}") } else { String::new() };
            let section = diagnosis(cell, &escape(&place));
            if text.len() + section.len() + tail.len() > limit {
                left_out += 1;
            } else {
                text += &section;
            }
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            text,
            "\n{left_out} diagnoses are left out here, for their length: the log and the JSON have them."
        );
    }
    text + &tail
}

fn diagnosis(cell: &Cell, place: &str) -> String {
    let title = format!("\n### {}: {} / {}{place}\n\n", cell.verdict, escape(&cell.backend), escape(&cell.scenario));
    title + &fenced(&super::diagnosis::plain(cell))
}

fn skipped(platforms: &[Results], names: &[String]) -> String {
    let mut text = String::new();
    for (results, name) in platforms.iter().zip(names) {
        let skips = skips(results);
        if skips.is_empty() {
            continue;
        }
        let place = if names.len() > 1 { format!(" on {name}") } else { String::new() };
        let _ = writeln!(text, "\nSkipped{}:\n", escape(&place));
        for (whose, reason) in skips {
            let _ = writeln!(text, "- {}: {}", escape(&whose), escape(reason));
        }
    }
    text
}

/// The verdicts of one field, each with the number of its platform.
type Field = Vec<(usize, Verdict)>;

/// The matrix alone.
#[must_use]
pub fn matrix(results: &Results) -> String {
    merged_matrix(std::slice::from_ref(results), &[String::new()])
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
                row.entry(backend).or_default().extend(verdict.map(|verdict| (platform, verdict)));
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

/// One verdict where all platforms agree, else one a platform.
fn field(verdicts: &[(usize, Verdict)], names: &[String]) -> String {
    match verdicts {
        [] => String::new(),
        [(_, first), rest @ ..]
            if verdicts.len() == names.len() && rest.iter().all(|(_, verdict)| verdict == first) =>
        {
            shown(*first).to_owned()
        }
        several => {
            let line =
                |(platform, verdict): &(usize, Verdict)| format!("{} {}", shown(*verdict), escape(&names[*platform]));
            several.iter().map(line).collect::<Vec<_>>().join("<br>")
        }
    }
}

fn shown(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓ pass",
        Verdict::Fail => "**✗ fail**",
        Verdict::Xfail => "xfail",
        Verdict::Xpass => "**xpass**",
        Verdict::Skip => "–",
        Verdict::Error => "**! error**",
    }
}

/// Text that a fixture may have had a hand in, so that it cannot become markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in super::diagnosis::printable(text).chars() {
        match character {
            '\n' | '\r' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ if character.is_control() => escaped.extend(character.escape_unicode()),
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
