//! What every reporter shows of results: the same, in text that nobody acts upon and no longer than a document can bear. A
//! results file may come from anywhere, and a fixture may say megabytes. Only the JSON keeps what was said as it was.
//!
//! A field that is added to the results does not compile until it is here.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    ops::Range,
};

use crate::{
    judge::Violation,
    observed::Observation,
    results::{Backend, Cell, Claimed, Known, Moment, Outcome, Platform, Portion, Results, Timeline},
    text::{self, cut, name, printable, sentence},
};

/// Most letters of a line of a transcript.
const LINE: usize = 400;
/// Most entries of a list in a cell.
const ENTRIES: usize = 240;
/// Most lines of a transcript that are all shown; of a longer one its beginning and its end, and what is around a mark.
const LINES: usize = 240;
const EDGE: usize = 20;
const AROUND: usize = 40;

/// Most broken laws that are shown of one cell: what follows the first is often its echo.
pub(super) const VIOLATIONS: usize = 3;
/// Most outcomes of a histogram.
pub(super) const OUTCOMES: usize = 10;

/// The results of several platforms. Names that differ still do.
pub(super) fn results(platforms: &[Results]) -> Vec<Results> {
    let cells = || platforms.iter().flat_map(|results| &results.results);
    let backends = platforms.iter().flat_map(|results| &results.backends).map(|backend| &backend.name);
    let names = Names {
        backends: unlike(cells().map(|cell| &cell.backend).chain(backends)),
        scenarios: unlike(cells().map(|cell| &cell.scenario)),
        requirements: unlike(cells().flat_map(|cell| &cell.requirements)),
    };
    platforms.iter().map(|results| names.results(results)).collect()
}

/// One cell alone.
pub(super) fn cell(cell: &Cell) -> Cell {
    Names {
        backends: unlike([&cell.backend]),
        scenarios: unlike([&cell.scenario]),
        requirements: unlike(&cell.requirements),
    }
    .cell(cell)
}

/// What names are shown as.
struct Names<'a> {
    backends: BTreeMap<&'a str, String>,
    scenarios: BTreeMap<&'a str, String>,
    requirements: BTreeMap<&'a str, String>,
}

/// What each of these names is shown as: names that differ in what is not shown get a number.
fn unlike<'a>(names: impl IntoIterator<Item = &'a String>) -> BTreeMap<&'a str, String> {
    let names: BTreeSet<&str> = names.into_iter().map(String::as_str).collect();
    // Who is called as it is shown keeps that name.
    let mut taken: BTreeSet<String> =
        names.iter().filter(|text| name(text) == **text).map(|&text| text.into()).collect();
    let shown = names.into_iter().map(|text| {
        let shown = name(text);
        if shown == text {
            return (text, shown);
        }
        let numbered = (2..).map(|number| format!("{shown} ({number})"));
        let free = [shown.clone()].into_iter().chain(numbered).find(|name| taken.insert(name.clone()));
        (text, free.unwrap_or(shown))
    });
    shown.collect()
}

fn of(names: &BTreeMap<&str, String>, text: &str) -> String {
    names.get(text).cloned().unwrap_or_else(|| name(text))
}

impl Names<'_> {
    fn results(&self, Results { schema_version, platform, partition, backends, results }: &Results) -> Results {
        let Platform { os, arch, libc, kernel } = platform;
        let partition = partition.as_ref().map(|Portion { part, cells, plan }| Portion {
            part: *part,
            cells: *cells,
            plan: name(plan),
        });
        Results {
            schema_version: *schema_version,
            platform: Platform { os: name(os), arch: name(arch), libc: name(libc), kernel: name(kernel) },
            partition,
            backends: backends.iter().map(|backend| self.backend(backend)).collect(),
            results: results.iter().map(|cell| self.cell(cell)).collect(),
        }
    }

    fn backend(&self, backend: &Backend) -> Backend {
        let Backend { name, library, version, language, claims, absent } = backend;
        let text = |text: &Option<String>| text.as_deref().map(text::name);
        let claims = claims.iter().take(ENTRIES).map(|Claimed { claim, value, source }| Claimed {
            claim: text::name(claim),
            value: sentence(value),
            source: sentence(source),
        });
        Backend {
            name: of(&self.backends, name),
            library: text(library),
            version: text(version),
            language: text(language),
            claims: claims.collect(),
            absent: absent.as_deref().map(sentence),
        }
    }

    fn cell(&self, cell: &Cell) -> Cell {
        let Cell {
            backend,
            scenario,
            requirements,
            verdict,
            reason,
            unsupported,
            fault,
            claims,
            allowed,
            known,
            violations,
            runs,
            outcomes,
            observed,
            duration_us,
            again,
        } = cell;
        Cell {
            backend: of(&self.backends, backend),
            scenario: of(&self.scenarios, scenario),
            requirements: requirements.iter().map(|slug| of(&self.requirements, slug)).collect(),
            verdict: *verdict,
            reason: reason.as_deref().map(sentence),
            unsupported: *unsupported,
            fault: *fault,
            claims: claims.iter().map(|claim| name(claim)).collect(),
            allowed: entries(allowed),
            known: known.as_ref().map(|Known { laws, reason, reference }| Known {
                laws: laws.iter().map(|law| name(law)).collect(),
                reason: sentence(reason),
                reference: sentence(reference),
            }),
            violations: violations.iter().map(violation).collect(),
            runs: *runs,
            outcomes: outcomes.iter().map(outcome).collect(),
            observed: observed.iter().map(observation).collect(),
            duration_us: *duration_us,
            again: sentence(again),
        }
    }
}

fn violation(Violation { law, message, line, allowed, source }: &Violation) -> Violation {
    Violation {
        law: name(law),
        message: sentence(message),
        line: *line,
        allowed: sentence(allowed),
        source: sentence(source),
    }
}

fn observation(Observation { claim, value, runs }: &Observation) -> Observation {
    Observation { claim: name(claim), value: sentence(value), runs: *runs }
}

fn outcome(Outcome { transcript, count, allowed, timeline }: &Outcome) -> Outcome {
    let timeline = timeline.as_ref().map(|Timeline { moments, left_out }| Timeline {
        moments: moments.iter().map(moment).collect(),
        left_out: *left_out,
    });
    Outcome { transcript: lines(transcript), count: *count, allowed: *allowed, timeline }
}

/// All lines of a transcript, each as long as a line may be.
pub(super) fn lines(transcript: &str) -> String {
    let mut shown = String::with_capacity(transcript.len());
    for line in transcript.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        shown += &cut(&printable(line), LINE);
        shown += end;
    }
    shown
}

fn moment(Moment { at, what, signal, times }: &Moment) -> Moment {
    Moment { at: *at, what: *what, signal: signal.as_deref().map(name), times: *times }
}

/// The entries of a list, and how many more there are.
fn entries(list: &[String]) -> Vec<String> {
    let left = list.len().saturating_sub(ENTRIES);
    let more = (left > 0).then(|| format!("… {left} more"));
    list.iter().take(ENTRIES).map(|entry| sentence(entry)).chain(more).collect()
}

/// The lines of a transcript that are shown, counted from 0, in order and apart from each other. `marks` are counted from 1;
/// 0 is before the first line.
pub(super) fn folded(lines: usize, marks: &[usize]) -> Vec<Range<usize>> {
    if lines <= LINES {
        return iter::once(0..lines).collect();
    }
    let edge = if marks.is_empty() { LINES / 2 } else { EDGE };
    let around = |mark: &usize| {
        let line = mark.saturating_sub(1).min(lines - 1);
        line.saturating_sub(AROUND)..(line + AROUND + 1).min(lines)
    };
    let mut ranges: Vec<_> = marks.iter().map(around).chain([0..edge, lines - edge..lines]).collect();
    ranges.sort_by_key(|range| range.start);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match apart.last_mut() {
            // One line alone takes as much room as what says that it is left out.
            Some(last) if range.start <= last.end + 1 => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

/// What stands for the lines that are left out between two that are shown.
pub(super) fn gap(lines: usize) -> String {
    format!("… {lines} lines left out …")
}

/// A transcript, folded.
pub(super) fn transcript(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    let mut shown = String::new();
    let mut before = 0;
    for range in folded(lines.len(), &[]) {
        if range.start > before {
            shown += &gap(range.start - before);
            shown += "\n";
        }
        before = range.end;
        lines[range].iter().for_each(|line| shown += &format!("{line}\n"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_what_is_not_shown_still_differ() {
        let long = |end: &str| "x".repeat(200) + end;
        let names = ["a\u{1b}", "a\\u{1b}", "b", &long("1"), &long("2")].map(str::to_owned);
        let shown = unlike(&names);
        let different: BTreeSet<_> = shown.values().collect();
        assert_eq!(different.len(), names.len(), "{shown:?}");
        assert_eq!((shown["a\\u{1b}"].as_str(), shown["b"].as_str()), ("a\\u{1b}", "b"), "they are shown as they are");
    }

    #[test]
    fn a_long_transcript_is_folded_around_its_marks() {
        assert_eq!(folded(LINES, &[]).as_slice(), std::slice::from_ref(&(0..LINES)));
        assert_eq!(folded(5000, &[]), [0..120, 4880..5000]);
        assert_eq!(folded(5000, &[2500]), [0..20, 2459..2540, 4980..5000]);
        assert_eq!(folded(5000, &[0, 61]), [0..101, 4980..5000]);
        assert_eq!(folded(5000, &[62, 9999]), [0..102, 4959..5000]);
        let text: String = (0..5000).map(|line| format!("line {line}\n")).collect();
        let shown = transcript(&text);
        assert_eq!(shown.lines().count(), 241);
        assert!(shown.contains("line 119\n… 4760 lines left out …\nline 4880\n"), "{shown}");
    }
}
