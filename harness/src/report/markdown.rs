//! Markdown: the matrix and what is wrong, for a job summary or a README.

use std::fmt::Write as _;

use super::{Matrix, skips, summary};
use crate::results::{Results, Verdict};

/// The document.
#[must_use]
pub fn render(results: &Results) -> String {
    let platform = &results.platform;
    let mut text = format!("## sigconform on {} {}\n\n{}\n\n", platform.os, platform.arch, summary(results));
    text += &matrix(results);
    let wrong = |verdict| matches!(verdict, Verdict::Fail | Verdict::Xpass | Verdict::Error);
    for cell in results.results.iter().filter(|cell| wrong(cell.verdict)) {
        let _ = write!(text, "\n### {}: {} / {}\n\n", cell.verdict, escape(&cell.backend), escape(&cell.scenario));
        text += &fenced(&super::diagnosis::plain(cell));
    }
    let skips = skips(results);
    if !skips.is_empty() {
        text += "\nSkipped:\n\n";
    }
    for (whose, reason) in skips {
        let _ = writeln!(text, "- {}: {}", escape(&whose), escape(reason));
    }
    text
}

/// The matrix alone.
#[must_use]
pub fn matrix(results: &Results) -> String {
    let matrix = Matrix::new(results);
    let mut text = "| requirement |".to_owned();
    for backend in &matrix.backends {
        let _ = write!(text, " {} |", escape(backend));
    }
    text += "\n|---|";
    text += &":-:|".repeat(matrix.backends.len());
    for (requirement, verdicts) in &matrix.rows {
        let _ = write!(text, "\n| {} |", escape(requirement));
        for verdict in verdicts {
            let _ = write!(text, " {} |", verdict.map_or("", shown));
        }
    }
    text + "\n"
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
