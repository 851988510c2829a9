//! Every reporter, fed arbitrary text.

use std::slice;

use proptest::prelude::*;
use sigconform::{
    judge::Violation,
    report::{diagnosis, github, html, json, junit, markdown, terminal},
    results::{Cell, Outcome, Platform, Results, SCHEMA_VERSION, Verdict},
};

use crate::readers;

/// A reporter, and what is read back from its document: how it is built, whatever stands in it.
pub struct Reporter {
    pub name: &'static str,
    render: fn(&Results) -> String,
    read: fn(&str) -> Result<Vec<String>, String>,
}

pub const REPORTERS: &[Reporter] = &[
    Reporter { name: "html", render: |results| html::render(slice::from_ref(results)), read: readers::html },
    Reporter { name: "junit", render: |results| junit::render(slice::from_ref(results)), read: readers::xml },
    Reporter { name: "json", render: |results| json::render(slice::from_ref(results)), read: readers::json },
    Reporter {
        name: "markdown",
        render: |results| markdown::render(slice::from_ref(results)),
        read: readers::markdown,
    },
    Reporter { name: "github", render: annotations, read: readers::github },
    Reporter { name: "terminal", render: terminal::render, read: readers::terminal },
    Reporter { name: "diagnosis", render: |results| every(results, diagnosis::plain), read: readers::log },
    Reporter { name: "histogram", render: |results| every(results, diagnosis::histogram), read: readers::log },
];

fn annotations(results: &Results) -> String {
    let gate = github::Place { file: "tests/gate.rs".into(), line: 1 };
    let places = github::Places { gate: Some(gate), ..github::Places::default() };
    github::annotations(slice::from_ref(results), &places)
}

fn every(results: &Results, render: fn(&Cell) -> String) -> String {
    results.results.iter().map(render).collect()
}

/// Text as a fixture could have chosen it: any characters, and more often those that mean something to somebody.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "\u{1b}[2J",
        "\u{1b}]0;owned\u{7}",
        "\r\n::error::forged",
        "\n::set-output name=x::y",
        "%0A",
        "\u{202e}",
        "\u{0}",
        "<script>alert(1)</script>",
        "</pre>",
        "]]>",
        "<!--",
        "&amp;",
        "\"",
        "'",
        "|",
        "\n| x | y |",
        "```",
        "\n# head",
        "\\",
        "`",
        "\u{85}",
        "\u{2028}",
        "\u{9b}31m",
        "\u{feff}",
        "\u{fffe}",
        "\n",
        "\r",
        "\t",
        "x",
    ]);
    let piece = prop_oneof![pieces.prop_map(ToOwned::to_owned), any::<String>(), "[ -~]{0,12}"];
    // Bytes that are no text have been made text when they are read.
    let bytes =
        prop::collection::vec(any::<u8>(), 0..24).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    prop_oneof![prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat()), bytes]
}

/// The verdicts and the counts of a cell: what decides how a document is built.
fn shape() -> impl Strategy<Value = (Verdict, u64, bool)> {
    (prop::sample::select(Verdict::ALL.to_vec()), any::<u32>().prop_map(u64::from), any::<bool>())
}

prop_compose! {
    fn cell(number: usize)(
        (verdict, duration_us, allowed) in shape(),
        reason in text(), law in text(), message in text(), source in text(), transcript in text(), permitted in text(), again in text(),
    ) -> Cell {
        let fails = verdict == Verdict::Fail;
        let broken = Violation { law, message, line: 1, source, allowed: "allowed".to_owned() };
        Cell {
            backend: format!("backend-{number}"),
            scenario: "scenario".to_owned(),
            requirements: vec![format!("r{number}")],
            verdict,
            // Reporters tell what several cells have in common once.
            reason: (!matches!(verdict, Verdict::Pass | Verdict::Fail)).then(|| format!("{number}{reason}")),
            violations: if fails { vec![broken] } else { Vec::new() },
            runs: 1,
            outcomes: vec![Outcome { transcript, count: 1, allowed: allowed && !fails, timeline: None }],
            duration_us,
            claims: Vec::new(),
            allowed: vec![permitted],
            known: None,
            again,
        }
    }
}

/// The same results with nothing in them that means anything to anybody.
fn plain(results: &Results) -> Results {
    let lines = |text: &str| "x\n".repeat(text.lines().count()).trim_end().to_owned();
    let mut plain = results.clone();
    for cell in &mut plain.results {
        cell.reason = cell.reason.as_ref().map(|_| cell.backend.clone());
        for broken in &mut cell.violations {
            (broken.law, broken.message, broken.source) = ("x".to_owned(), "x".to_owned(), "x".to_owned());
        }
        "x".clone_into(&mut cell.again);
        cell.allowed = vec!["x".to_owned()];
        for outcome in &mut cell.outcomes {
            outcome.transcript = lines(&outcome.transcript);
        }
    }
    plain
}

fn results(cells: Vec<Cell>) -> Results {
    let [os, arch, libc, kernel] = ["linux", "x86_64", "gnu", "6"].map(ToOwned::to_owned);
    let platform = Platform { os, arch, libc, kernel };
    Results { schema_version: SCHEMA_VERSION, platform, partition: None, backends: Vec::new(), results: cells }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_changes_how_a_document_is_built(first in cell(1), second in cell(2)) {
        let untrusted = results(vec![first, second]);
        let plain = plain(&untrusted);
        for Reporter { name, render, read } in REPORTERS {
            let document = render(&untrusted);
            let built = read(&document).map_err(|error| TestCaseError::fail(format!("{name}: {error}: {document:?}")))?;
            let expected = read(&render(&plain)).map_err(|error| TestCaseError::fail(format!("{name}, plain: {error}")))?;
            prop_assert_eq!(built, expected, "{}: {:?}", name, document);
        }
    }

    #[test]
    fn json_is_read_back_as_it_was(first in cell(1), second in cell(2)) {
        let written = results(vec![first, second]);
        let read: Results = serde_json::from_str(&json::render(slice::from_ref(&written)))?;
        prop_assert_eq!(read, written);
    }
}
