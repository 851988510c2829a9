//! The two parsers that read what others write: events, one a line, and scenarios.

use proptest::prelude::*;

use super::{
    cases,
    properties::{check_event, check_scenario},
};

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
