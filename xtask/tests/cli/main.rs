//! `cargo xtask` as people and scripts use it: the program that cargo built, its exit status and what it prints.

mod checkout;
mod documents;
mod environment;
#[path = "../../../harness/tests/shared/executable.rs"]
mod executable;
mod progress;
mod said;

use said::{NOT_CONFORMING, USAGE, xtask};

#[test]
fn an_unknown_backend_is_a_usage_error_with_near_matches() {
    let said = xtask(&["conform", "--backend", "signlfd"]);
    said.assert_status(USAGE);
    said.assert_stderr("no backend is called `signlfd`; did you mean signalfd");
    let said = xtask(&["run", "self-pip", "sequence"]);
    said.assert_status(USAGE);
    said.assert_stderr("no backend is called `self-pip`; did you mean self-pipe");
}

#[test]
fn an_unknown_scenario_is_a_usage_error_with_near_matches() {
    for args in [&["conform", "--scenario", "sequense"][..], &["run", "self-pipe", "sequense"]] {
        let said = xtask(args);
        said.assert_status(USAGE);
        said.assert_stderr("no scenario is called `sequense`; did you mean sequence");
    }
}

#[test]
fn a_name_that_is_like_nothing_is_a_usage_error_without_a_guess() {
    let said = xtask(&["explain", "zzz"]);
    said.assert_status(USAGE);
    said.assert_stderr("is called `zzz`");
    assert!(!said.stderr.contains("did you mean"), "{}", said.stderr);
}

#[test]
fn a_wrong_option_is_a_usage_error_that_names_it() {
    for (args, named) in [
        (&["conform", "--no-such-option"][..], "--no-such-option"),
        (&["no-such-command"], "no-such-command"),
        (&["conform", "--repeat", "0"], "--repeat"),
        (&["conform", "--jobs", "0"], "--jobs"),
        (&["conform", "--partition", "3/4"], "hash:M/N"),
        (&["conform", "--backend", "[a"], "--backend"),
    ] {
        let said = xtask(args);
        said.assert_status(USAGE);
        said.assert_stderr(named);
    }
}

#[test]
fn a_broken_backend_fails_with_the_law_and_the_line() {
    let said = xtask(&["conform", "--backend", "broken-in-signal-handler", "--scenario", "sequence"]);
    said.assert_status(NOT_CONFORMING);
    said.assert_stdout("error[only-at-yields]: ");
    said.assert_stdout("broken-in-signal-handler / sequence:3:1");
    said.assert_stdout(" 3 | signal_handler('SIGHUP')\n   | ^^^");
    said.assert_stdout("cargo xtask run broken-in-signal-handler sequence");

    let said = xtask(&["run", "broken-doubles", "sequence"]);
    said.assert_status(NOT_CONFORMING);
    said.assert_stdout("error[once-per-send]: ");
    said.assert_stdout("broken-doubles / sequence:4:1");
}

#[test]
fn one_cell_prints_its_transcript_and_nothing_else() {
    let said = xtask(&["run", "self-pipe", "sequence"]);
    said.assert_status(0);
    let lines: Vec<_> = said.stdout.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[12]), (13, "starting send_signals for [PID]", "signal_handler('SIGINT')"));
    assert_eq!(said.stderr, "pass\n");
}

#[test]
fn explain_says_why_the_lines_of_a_spawned_handler_may_come_earlier() {
    let said = xtask(&["explain", "tokio-multi-thread-spawned"]);
    said.assert_status(0);
    said.assert_stdout("handlers_run: concurrently (https://");
    said.assert_stdout("the loop may call one any time after the send");
    said.assert_stdout("may come before `yielding control`");
}

#[test]
fn what_is_listed_can_be_explained() {
    for what in ["backends", "scenarios", "requirements"] {
        let said = xtask(&["list", what, "--json"]);
        said.assert_status(0);
        let entries: Vec<serde_json::Value> = serde_json::from_str(&said.stdout).expect("an array");
        let name = |entry: &serde_json::Value| {
            let name = [&entry["name"], &entry["slug"], &entry["description"]["name"]];
            name.into_iter().find_map(|name| name.as_str()).map(ToOwned::to_owned)
        };
        let names: Vec<_> = entries.iter().map(|entry| name(entry).unwrap_or_else(|| panic!("{entry}"))).collect();
        assert!(names.len() > 5, "{names:?}");
        let explained = xtask(&["explain", &names[0]]);
        explained.assert_status(0);
        explained.assert_stdout(&names[0]);
    }
}
