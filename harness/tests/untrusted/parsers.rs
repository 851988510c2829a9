//! The two parsers that read what others write: events, one a line, and scenarios. The properties are those of the fuzz
//! targets in `harness/fuzz`, on what proptest can think of in a second.

use std::path::PathBuf;

use proptest::prelude::*;
use sigconform::catalogue::Catalogue;
use sigconform_fixture::{Claims, Event};

const REQUIREMENT: &str =
    "[[requirement]]\nslug = \"r\"\ngroup = \"sequence\"\nlevel = \"must\"\nstatement = \"s\"\nsource = \"s\"\n";

/// What is an event is one still when it is written and read again.
fn check_event(line: &[u8]) {
    if let Ok(event) = serde_json::from_slice::<Event>(line) {
        let written = serde_json::to_vec(&event).expect("an event is plain data");
        assert_eq!(serde_json::from_slice::<Event>(&written).ok(), Some(event));
    }
}

/// What is a scenario has a script, and what is none has an error that names the file and has no control character.
fn check_scenario(text: &str) {
    match Catalogue::parse(REQUIREMENT, [(PathBuf::from("fuzzed.toml"), text)]) {
        Ok(catalogue) => {
            for scenario in &catalogue.scenarios {
                let _ = scenario.part(&Claims::default());
            }
        }
        Err(error) => assert!(error.to_string().contains("fuzzed"), "{error}"),
    }
}

/// Pieces of which events are made.
fn almost_an_event() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\"t\"",
        "\"event\"",
        "\"handler\"",
        "\"subscribed\"",
        "\"signal\"",
        "\"SIGHUP\"",
        "\"SIGRTMIN+1\"",
        "\"subscription\"",
        "1",
        "-1",
        "1e999",
        "18446744073709551616",
        "\"place\"",
        "\"sender-thread\"",
        "\"info\"",
        "null",
        "true",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "\"ready\"",
        "\"action\"",
        "\"kill\"",
        "\"state\"",
        " ",
    ]);
    prop::collection::vec(word, 0..24).prop_map(|words| words.concat())
}

fn almost_a_scenario() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "title = \"t\"\n",
        "requirements = [\"r\"]\n",
        "requirements = [\"other\"]\n",
        "subscribe = [\"SIGHUP\"]\n",
        "subscribe = [\"SIGNAL_MAX+1\", \"-1\"]\n",
        "steps = []\n",
        "steps = [{ step = \"send\", signal = \"SIGHUP\" }]\n",
        "steps = [{ step = \"repeat\", times = 4294967295, steps = [] }]\n",
        "steps = [{ step = \"yield\" }]\n",
        "steps = [{ step = \"unsubscribe\", subscription = 7 }]\n",
        "[start]\n",
        "terminal = true\n",
        "varies_by = [\"x\"]\n",
        "slow = \"\\u001b[2J\"\n",
        "[applies_to]\n",
        "burst = [\"every\"]\n",
        "x",
        "=",
        "\"",
        "\n",
    ]);
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.concat())
}

/// A few seconds at a desk; CI takes the time for more.
fn cases() -> ProptestConfig {
    let cases = if std::env::var_os("CI").is_some() { 2000 } else { 200 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_line_is_too_much_for_the_protocol(line in prop::collection::vec(any::<u8>(), 0..200)) {
        check_event(&line);
    }

    #[test]
    fn no_almost_event_is(line in almost_an_event()) {
        check_event(line.as_bytes());
    }

    #[test]
    fn no_text_is_too_much_for_the_scenario_loader(text in any::<String>()) {
        check_scenario(&text);
    }

    #[test]
    fn no_almost_scenario_is(text in almost_a_scenario()) {
        check_scenario(&text);
    }
}
