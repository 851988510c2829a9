//! Results in which every string is somebody else's. Which there are is found in the data itself: a field that is added is
//! fed too, as soon as the sample below has it, without which it does not compile.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use sigconform::{
    fault::Fault,
    judge::Violation,
    observed::Observation,
    results::{
        Backend, Cell, Claimed, Known, Mark, Moment, Outcome, Platform, Portion, Results, SCHEMA_VERSION, Timeline,
        Verdict,
    },
};

/// What a string is, for who reads it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Any text.
    Text,
    /// The address of a page.
    Address,
    /// What happened, as a moment of a timeline spells it: the signal's name is text.
    Moment,
    /// One word of a few: nobody chooses it.
    Word,
}

/// One cell, with everything that a cell can have.
fn cell(number: usize, verdict: Verdict, allowed: bool) -> Cell {
    let text = |name: &str| format!("{name}{number}");
    let fails = verdict == Verdict::Fail;
    let moment = Moment { at: Some(1), what: Mark::Send, signal: Some("SIGHUP".to_owned()), times: 2 };
    let timeline = Some(Timeline { moments: vec![moment], left_out: 3 });
    let broken = Violation {
        law: text("law"),
        message: text("message"),
        line: 1,
        allowed: text("permitted"),
        source: text("source"),
    };
    Cell {
        backend: text("backend"),
        scenario: text("scenario"),
        requirements: vec![text("r"), text("another")],
        verdict,
        reason: (!matches!(verdict, Verdict::Pass | Verdict::Fail)).then(|| text("reason")),
        unsupported: verdict == Verdict::Skip && allowed,
        fault: (verdict == Verdict::Error).then_some(Fault::Fixture),
        claims: vec![text("claim")],
        allowed: vec![text("allowed")],
        known: matches!(verdict, Verdict::Xfail | Verdict::Xpass).then(|| Known {
            laws: vec![text("law")],
            reason: text("why"),
            reference: text("report"),
        }),
        violations: if fails { vec![broken] } else { Vec::new() },
        runs: 2,
        outcomes: vec![
            Outcome { transcript: text("one"), count: 1, allowed: allowed && !fails, timeline },
            Outcome { transcript: text("other"), count: 1, allowed: true, timeline: None },
        ],
        observed: vec![Observation { claim: text("unclaimed"), value: text("seen"), runs: 1 }],
        duration_us: 7,
        again: text("again"),
    }
}

fn sample(verdicts: [(Verdict, bool); 2]) -> Results {
    let text = |text: &str| Some(text.to_owned());
    let backend = |number: usize| Backend {
        name: format!("backend{number}"),
        library: text("library"),
        version: text("version"),
        language: text("language"),
        claims: vec![Claimed {
            claim: format!("claim{number}"),
            value: "any".to_owned(),
            source: "https://a".to_owned(),
        }],
        absent: text("absent"),
    };
    let [os, arch, libc, kernel] = ["linux", "x86_64", "gnu", "6"].map(ToOwned::to_owned);
    let part = "hash:1/2".parse().expect("a part");
    let results = verdicts.into_iter().zip(1..).map(|((verdict, allowed), number)| cell(number, verdict, allowed));
    Results {
        schema_version: SCHEMA_VERSION,
        platform: Platform { os, arch, libc, kernel },
        partition: Some(Portion { part, cells: 2, plan: "plan".to_owned() }),
        backends: vec![backend(1), backend(2)],
        results: results.collect(),
    }
}

/// Every string of a value, with the names of its place.
fn strings<'a>(value: &'a mut Value, place: &str, found: &mut Vec<(String, &'a mut String)>) {
    match value {
        Value::String(text) => found.push((place.to_owned(), text)),
        Value::Array(list) => list.iter_mut().for_each(|value| strings(value, &format!("{place}[]"), found)),
        Value::Object(map) => map.iter_mut().for_each(|(key, value)| strings(value, &format!("{place}.{key}"), found)),
        _ => {}
    }
}

/// What the string at a place is, as reading it shows: with another text there the results are read, or they are not.
fn kind(sample: &Value, at: usize) -> Kind {
    let reads = |text: &str| {
        let mut changed = sample.clone();
        let mut found = Vec::new();
        strings(&mut changed, "", &mut found);
        text.clone_into(found[at].1);
        serde_json::from_value::<Results>(changed).is_ok()
    };
    let kinds = [("x", Kind::Text), ("http://x", Kind::Address), ("1 send SIGx", Kind::Moment)];
    kinds.into_iter().find(|(text, _)| reads(text)).map_or(Kind::Word, |(_, kind)| kind)
}

/// The same results with these texts for their strings, one after the other. Each ends with a number of its own: reporters
/// tell once what several have in common.
fn filled(results: &Results, texts: &[String]) -> Results {
    let sample = serde_json::to_value(results).expect("results are plain data");
    let mut changed = sample.clone();
    let mut found = Vec::new();
    strings(&mut changed, "", &mut found);
    let mut named = std::collections::BTreeMap::new();
    for (at, (_, string)) in found.into_iter().enumerate() {
        let text = &texts[at % texts.len()];
        *string = match kind(&sample, at) {
            // What had one name has one name still.
            Kind::Text => named.entry(string.clone()).or_insert_with(|| format!("{text}{at}")).clone(),
            Kind::Address => format!("https://a{text}"),
            Kind::Moment => {
                let number = [0, 1, u64::MAX][at % 3];
                format!("{number} send SIG{} x{number}", text.replace(' ', ""))
            }
            Kind::Word => continue,
        };
    }
    serde_json::from_value(changed).expect("they are read")
}

/// Text as a fixture could have chosen it: any characters, and more often those that mean something to somebody.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "\u{1b}[2J",
        "\u{1b}]0;owned\u{7}",
        "\r\n::error::forged",
        "\n::set-output name=x::y",
        "::stop-commands::x",
        "##[error]x",
        "##vso[task.complete]",
        "%0A",
        "\u{202e}",
        "\u{2067}",
        "\u{0}",
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "https://\"onmouseover=alert(1)",
        "</pre>",
        "</style>",
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
    let long = (1..6000_usize, any::<char>()).prop_map(|(times, letter)| letter.to_string().repeat(times));
    let piece =
        prop_oneof![4 => pieces.prop_map(ToOwned::to_owned), 2 => any::<String>(), 2 => "[ -~]{0,12}", 1 => long];
    // Bytes that are no text have been made text when they are read.
    let bytes =
        prop::collection::vec(any::<u8>(), 0..24).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    prop_oneof![3 => prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat()), 1 => bytes]
}

/// The same results with these numbers for theirs, where they can have them. What each is about is ours to count with.
fn counted(results: &Results, numbers: &[u64]) -> Results {
    fn places(value: &mut Value, change: &mut impl FnMut(&mut Value)) {
        match value {
            Value::Number(_) => change(value),
            Value::Array(list) => list.iter_mut().for_each(|value| places(value, change)),
            Value::Object(map) => map.values_mut().for_each(|value| places(value, change)),
            _ => {}
        }
    }
    let mut counted = serde_json::to_value(results).expect("results are plain data");
    let mut count = 0;
    places(&mut counted.clone(), &mut |_| count += 1);
    for at in 0..count {
        let mut changed = counted.clone();
        let mut place = 0;
        places(&mut changed, &mut |value| {
            if place == at {
                *value = numbers[at % numbers.len()].into();
            }
            place += 1;
        });
        if serde_json::from_value::<Results>(changed.clone()).is_ok() {
            counted = changed;
        }
    }
    serde_json::from_value(counted).expect("they are read")
}

prop_compose! {
    /// Results with texts of all kinds, and the same with nothing in them that means anything to anybody.
    pub fn untrusted()(
        verdicts in prop::array::uniform2((prop::sample::select(Verdict::ALL.to_vec()), any::<bool>())),
        texts in prop::collection::vec(text(), 1..80),
        numbers in prop::collection::vec(prop::sample::select(vec![0, 1, 2, 7, 1 << 31, u64::from(u32::MAX), u64::MAX]), 1..12),
    ) -> (Results, Results) {
        let sample = counted(&sample(verdicts), &numbers);
        let plain: Vec<_> = texts.iter().map(|text| "x\n".repeat(text.matches('\n').count().min(400)) + "x").collect();
        (filled(&sample, &texts), filled(&sample, &plain))
    }
}

/// Results that pass, of a whole plan.
pub fn small() -> Results {
    let mut small = sample([(Verdict::Pass, true), (Verdict::Pass, true)]);
    small.partition = None;
    small
}

/// The same with one text for every string that is somebody's.
pub fn all(text: &str) -> Results {
    filled(&small(), &[text.to_owned()])
}

/// What keeps the property honest: which strings are fed, and that nothing else is one of them.
#[test]
fn every_string_is_fed_but_words_that_nobody_chooses() {
    let sample = sample([(Verdict::Fail, false), (Verdict::Xfail, true)]);
    let mut value = serde_json::to_value(&sample).expect("plain data");
    let original = value.clone();
    let mut found = Vec::new();
    strings(&mut value, "", &mut found);
    let kinds: BTreeSet<_> =
        found.iter().enumerate().map(|(at, (place, _))| (kind(&original, at), place.as_str())).collect();
    let of =
        |wanted: Kind| kinds.iter().filter(|(kind, _)| *kind == wanted).map(|(_, place)| *place).collect::<Vec<_>>();
    assert_eq!(of(Kind::Word), [".partition.part", ".results[].verdict"]);
    assert_eq!(of(Kind::Address), [".backends[].claims[].source"]);
    assert_eq!(of(Kind::Moment), [".results[].outcomes[].timeline.moments[]"]);
    assert_eq!(of(Kind::Text).len(), 29, "{kinds:#?}");
    let said = serde_json::to_string(&filled(&sample, &["fed".to_owned()])).expect("plain data");
    assert_eq!(said.matches("fed").count(), found.len() - 3, "{said}");
}
