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

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};

use super::again;
use crate::{
    judge::law,
    results::{Cell, Outcome, Verdict},
    transcript::is_harmless,
};

/// Most broken laws that are shown for one cell.
const SHOWN: usize = 3;

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
    let mut text = match (cell.verdict, &cell.reason) {
        (Verdict::Fail | Verdict::Xfail, _) => broken(cell, renderer, width),
        (Verdict::Pass | Verdict::Skip, _) | (_, None) => String::new(),
        (_, Some(reason)) => {
            let title = wrapped(&format!("{} / {}: {}", cell.backend, cell.scenario, printable(reason)), width);
            renderer.render(&[Level::ERROR.primary_title(title).element(play_again(cell))]) + "\n\n"
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
    let transcript = printable(transcript);
    let path = format!("{} / {}", cell.backend, cell.scenario);
    let mut text = String::new();
    for violation in cell.violations.iter().take(SHOWN) {
        let (start, end) = span(&transcript, violation.line);
        let allowed = format!("allowed here: {}", printable(&violation.allowed));
        // Beside its line where there is room, below it where not.
        let fits = BESIDE + (end - start) + allowed.len() <= width;
        let snippet = Snippet::source(&transcript).path(&path).fold(false).annotation(
            AnnotationKind::Primary.span(start..end).label(if fits { &allowed } else { "not allowed here" }),
        );
        let law = printable(&violation.law);
        let message = wrapped(&printable(&violation.message), width.saturating_sub(law.len()));
        let below = wrapped(&allowed, width);
        let statement = law::find(&violation.law);
        let statement = statement.map(|law| wrapped(&format!("the law: {}", law.statement), width));
        let source = wrapped(&format!("source: {}", printable(&violation.source)), width);
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
    if cell.violations.len() > SHOWN {
        text += &format!(
            "and {} more in {path}: what follows a broken law is often its echo\n\n",
            cell.violations.len() - SHOWN
        );
    }
    if let (Verdict::Fail, Some(reason)) = (cell.verdict, &cell.reason) {
        text += &format!("{path}: {}\n\n", printable(reason));
    }
    text
}

/// The room that is left beside `error[LAW]: ` and `  = note: `; nothing is broken where it would be less than a few words.
fn wrapped(text: &str, width: usize) -> String {
    textwrap::fill(text, width.saturating_sub(BESIDE).max(LEAST))
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

/// How often each outcome was seen: always, sometimes, never tells a flaky cell from a broken one.
#[must_use]
pub fn histogram(cell: &Cell) -> String {
    let mut text = format!("{} runs, {} outcomes:\n", cell.runs, cell.outcomes.len());
    for Outcome { transcript, count, allowed, .. } in &cell.outcomes {
        let how = if *count == cell.runs { "always" } else { "sometimes" };
        let right = if *allowed { "allowed" } else { "forbidden" };
        text += &format!("\n{how} ({count} of {}), {right}:\n", cell.runs);
        for line in printable(transcript).lines() {
            text += &format!("    {line}\n");
        }
    }
    text
}

/// What a fixture printed, without anything that a terminal would act upon, and without a line that a CI service would take
/// for one of its commands.
///
/// Source: <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>.
///
/// ```
/// use sigconform::report::diagnosis::printable;
///
/// assert_eq!(printable("plain text\n"), "plain text\n");
/// assert_eq!(printable("\x1b[2J"), "\\u{1b}[2J", "a terminal would clear itself");
/// assert!(printable("::error::forged").starts_with("\\u{3a}"), "a CI service would obey");
/// ```
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut is_start = true;
    for (at, character) in text.char_indices() {
        let is_command = is_start && ["::", "##["].iter().any(|command| text[at..].starts_with(command));
        if character == '\n' || (is_harmless(character) && !is_command) {
            shown.push(character);
        } else {
            shown.extend(character.escape_unicode());
        }
        is_start = character == '\n' || (is_start && character.is_whitespace());
    }
    shown
}
