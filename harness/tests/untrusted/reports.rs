//! Every reporter, fed arbitrary text.

use std::slice;

use proptest::prelude::*;
use sigconform::{
    report::{self, diagnosis, github, html, json, junit, markdown, terminal},
    results::{Cell, Results},
};

use crate::{readers, results::untrusted};

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
    Reporter { name: "narrow terminal", render: |results| terminal::render_at(results, 40), read: readers::terminal },
    Reporter { name: "next", render: report::next_step, read: readers::log },
    Reporter { name: "again", render: |results| every(results, |cell| report::again(cell) + "\n"), read: readers::log },
    Reporter {
        name: "summary",
        render: |results| markdown::within(slice::from_ref(results), 1 << 19),
        read: readers::markdown,
    },
    Reporter { name: "matrix", render: markdown::matrix, read: readers::markdown },
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

proptest! {
    #![proptest_config(ProptestConfig { cases: if std::env::var_os("CI").is_some() { 200 } else { 12 }, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_changes_how_a_document_is_built((untrusted, plain) in untrusted()) {
        for Reporter { name, render, read } in REPORTERS {
            let document = render(&untrusted);
            let built = read(&document).map_err(|error| TestCaseError::fail(format!("{name}: {error}: {document:?}")))?;
            let expected = read(&render(&plain)).map_err(|error| TestCaseError::fail(format!("{name}, plain: {error}")))?;
            prop_assert_eq!(built, expected, "{}: {:?}", name, document);
        }
    }

    #[test]
    fn json_is_read_back_as_it_was((written, _) in untrusted()) {
        let read: Results = serde_json::from_str(&json::render(slice::from_ref(&written)))?;
        prop_assert_eq!(read, written);
    }
}
