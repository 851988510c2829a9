//! The diagnosis of one cell, as a compiler would write it: the transcript, the offending line marked, the law, what was
//! allowed instead, and the source.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};

use crate::{
    results::{Cell, Outcome, Verdict},
    transcript::is_harmless,
};

/// Most broken laws that are shown for one cell.
const SHOWN: usize = 3;

/// For a terminal that shows colours.
#[must_use]
pub fn styled(cell: &Cell, width: usize) -> String {
    render(cell, &Renderer::styled().term_width(width))
}

/// For files, and terminals without colours.
#[must_use]
pub fn plain(cell: &Cell) -> String {
    render(cell, &Renderer::plain().decor_style(DecorStyle::Ascii))
}

fn render(cell: &Cell, renderer: &Renderer) -> String {
    let mut text = match (cell.verdict, &cell.reason) {
        (Verdict::Fail | Verdict::Xfail, _) => broken(cell, renderer),
        (Verdict::Pass | Verdict::Skip, _) | (_, None) => String::new(),
        (_, Some(reason)) => {
            let title = format!("{} / {}: {}", cell.backend, cell.scenario, printable(reason));
            renderer.render(&[Level::ERROR.primary_title(title).element(again(cell))]) + "\n"
        }
    };
    if cell.runs > 1 && cell.outcomes.len() > 1 {
        text += &histogram(cell);
    }
    text
}

/// Each broken law at its line.
fn broken(cell: &Cell, renderer: &Renderer) -> String {
    let transcript = cell.outcomes.iter().find(|outcome| !outcome.allowed).map_or("", |outcome| &outcome.transcript);
    let transcript = printable(transcript);
    let path = format!("{} / {}", cell.backend, cell.scenario);
    let mut text = String::new();
    for violation in cell.violations.iter().take(SHOWN) {
        let (start, end) = span(&transcript, violation.line);
        let allowed = format!("allowed here: {}", printable(&violation.allowed));
        let snippet = Snippet::source(&transcript)
            .path(&path)
            .fold(false)
            .annotation(AnnotationKind::Primary.span(start..end).label(&allowed));
        let message = printable(&violation.message);
        let source = format!("source: {}", printable(&violation.source));
        let group: Group = Level::ERROR
            .primary_title(message.as_str())
            .id(violation.law.as_str())
            .element(snippet)
            .element(Level::NOTE.message(source.as_str()))
            .element(again(cell));
        text += &renderer.render(&[group]);
        text += "\n\n";
    }
    if cell.violations.len() > SHOWN {
        text += &format!(
            "and {} more in {path}: what follows a broken law is often its echo\n\n",
            cell.violations.len() - SHOWN
        );
    }
    text
}

/// The one command that runs this cell again.
fn again(cell: &Cell) -> annotate_snippets::Message<'static> {
    Level::HELP.message(format!("run it again: cargo xtask run {} {}", cell.backend, cell.scenario))
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
    for Outcome { transcript, count, allowed } in &cell.outcomes {
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
