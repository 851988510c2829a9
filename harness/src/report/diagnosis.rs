//! The diagnosis of one cell, as a compiler would write it: the transcript, the offending line marked, what was allowed
//! instead, the law and its source, and the command that plays it again.
//!
//! ```
//! use sigconform::{report::diagnosis, results::Cell};
//!
//! # let cell = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/failed.json"));
//! let cell: Cell = serde_json::from_str(cell)?;
//! let text = diagnosis::plain(&cell);
//! assert!(text.starts_with("error[once-per-send]: SIGHUP was sent once\n"), "{text}");
//! assert!(text.contains("play it again: cargo test --test signals"));
//! # Ok::<(), serde_json::Error>(())
//! ```

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};

use super::{
    again,
    shown::{self, OUTCOMES, VIOLATIONS},
};
pub use crate::text::printable;
use crate::{
    judge::law,
    results::{Cell, Outcome, Verdict},
};

/// What stands before a text in its line, at most, and the least room that a text is broken for.
const BESIDE: usize = 14;
const LEAST: usize = 24;

/// For a terminal that shows colours.
#[must_use]
pub fn styled(cell: &Cell, width: usize) -> String {
    render(cell, &Renderer::styled().term_width(width), width)
}

/// For files, and terminals without colours.
#[must_use]
pub fn plain(cell: &Cell) -> String {
    render(cell, &Renderer::plain().decor_style(DecorStyle::Ascii), usize::MAX)
}

fn render(cell: &Cell, renderer: &Renderer, width: usize) -> String {
    let cell = &shown::cell(cell);
    let mut text = match (cell.verdict, &cell.reason) {
        (Verdict::Fail | Verdict::Xfail, _) => broken(cell, renderer, width),
        (Verdict::Pass | Verdict::Skip, _) | (_, None) => String::new(),
        (_, Some(reason)) => {
            let title = wrapped(&format!("{} / {}: {reason}", cell.backend, cell.scenario), width);
            let error = renderer.render(&[Level::ERROR.primary_title(title).element(play_again(cell))]) + "\n\n";
            // What kept one run from being judged hides nothing that another run broke.
            error + &broken(cell, renderer, width)
        }
    };
    if cell.runs > 1 && cell.outcomes.len() > 1 {
        text += &histogram(cell);
        text += "\n";
    }
    text
}

/// Each broken law at its line.
fn broken(cell: &Cell, renderer: &Renderer, width: usize) -> String {
    let transcript = cell.outcomes.iter().find(|outcome| !outcome.allowed).map_or("", |outcome| &outcome.transcript);
    let path = format!("{} / {}", cell.backend, cell.scenario);
    let mut text = String::new();
    for violation in cell.violations.iter().take(VIOLATIONS) {
        let (start, end) = span(transcript, violation.line);
        let allowed = format!("allowed here: {}", violation.allowed);
        // Beside its line where there is room, below it where not.
        let fits = BESIDE + (end - start) + allowed.len() <= width;
        let label = if fits { &allowed } else { "not allowed here" };
        let snippet = folded(Snippet::source(transcript).path(&path), transcript, violation.line)
            .annotation(AnnotationKind::Primary.span(start..end).label(label));
        let law = &violation.law;
        let message = wrapped(&violation.message, width.saturating_sub(law.len()));
        let below = wrapped(&allowed, width);
        let statement = law::find(&violation.law);
        let statement = statement.map(|law| wrapped(&format!("the law: {}", law.statement), width));
        let source = wrapped(&format!("source: {}", violation.source), width);
        let mut group: Group = Level::ERROR.primary_title(message.as_str()).id(law.as_str()).element(snippet);
        if !fits {
            group = group.element(Level::NOTE.message(below.as_str()));
        }
        if let Some(statement) = &statement {
            group = group.element(Level::NOTE.message(statement.as_str()));
        }
        group = group.element(Level::NOTE.message(source.as_str())).element(play_again(cell));
        text += &renderer.render(&[group]);
        text += "\n\n";
    }
    if cell.violations.len() > VIOLATIONS {
        text += &format!(
            "and {} more in {path}: what follows a broken law is often its echo\n\n",
            cell.violations.len() - VIOLATIONS
        );
    }
    if let (Verdict::Fail, Some(reason)) = (cell.verdict, &cell.reason) {
        text += &format!("{path}: {reason}\n\n");
    }
    text
}

/// Without the lines that are far from the one that matters.
fn folded<'a>(snippet: Snippet<'a, Annotation<'a>>, transcript: &str, line: usize) -> Snippet<'a, Annotation<'a>> {
    let lines = transcript.lines().count();
    let ranges = shown::folded(lines, &[line]);
    if ranges.len() == 1 {
        return snippet.fold(false);
    }
    let visible = ranges.into_iter().map(|range| {
        let (start, _) = span(transcript, range.start + 1);
        AnnotationKind::Visible.span(start..span(transcript, range.end).1)
    });
    snippet.fold(true).annotations(visible)
}

/// The room that is left beside `error[LAW]: ` and `  = note: `; nothing is broken where it would be less than a few words.
fn wrapped(text: &str, width: usize) -> String {
    // What was broken may begin a line with what did not begin one.
    printable(&textwrap::fill(text, width.saturating_sub(BESIDE).max(LEAST)))
}

fn play_again(cell: &Cell) -> annotate_snippets::Message<'static> {
    Level::HELP.message(format!("play it again: {}", again(cell)))
}

/// The byte range of a 1-based line; the first for line 0.
fn span(text: &str, line: usize) -> (usize, usize) {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let length = text[before..].split('\n').next().map_or(0, str::len);
    (before, before + length)
}

/// The transcript of one outcome: as a diagnosis shows it, its middle left out where it is long.
///
/// ```
/// use sigconform::report::diagnosis;
///
/// let long = "a line\n".repeat(5000);
/// assert!(diagnosis::transcript(&long).contains("\n… 4760 lines left out …\n"));
/// ```
#[must_use]
pub fn transcript(text: &str) -> String {
    shown::transcript(&shown::lines(text))
}

/// How often each outcome was seen: always, sometimes, never tells a flaky cell from a broken one.
#[must_use]
pub fn histogram(cell: &Cell) -> String {
    let cell = &shown::cell(cell);
    let mut text = format!("{} runs, {} outcomes:\n", cell.runs, cell.outcomes.len());
    for Outcome { transcript, count, allowed, .. } in cell.outcomes.iter().take(OUTCOMES) {
        let how = if *count == cell.runs { "always" } else { "sometimes" };
        let right = if *allowed { "allowed" } else { "forbidden" };
        text += &format!("\n{how} ({count} of {}), {right}:\n", cell.runs);
        for line in shown::transcript(transcript).lines() {
            text += &format!("    {line}\n");
        }
    }
    if cell.outcomes.len() > OUTCOMES {
        text += &format!("\nand {} outcomes more\n", cell.outcomes.len() - OUTCOMES);
    }
    text
}
