//! What each row of the table sees in a transcript, and what it must not make of one that does not show it.

use sigconform_fixture::{Burst, Claim, Event};

use super::*;
use crate::{catalogue::Catalogue, results::Cell, transcript::Ending};

/// A transcript of these events, in the words of the protocol: `handler SIGUSR1 1`, `sending SIGHUP`, `yielding`, and so on.
fn transcript(lines: &[&str], ending: Ending) -> Transcript {
    let event =
        |line: &&str| serde_json::from_str::<Event>(&json(line)).unwrap_or_else(|error| panic!("{line}: {error}"));
    Transcript { events: lines.iter().map(event).collect(), ending, stderr: String::new() }
}

fn json(line: &str) -> String {
    match line.split(' ').collect::<Vec<_>>()[..] {
        ["handler", signal, id] => {
            format!(r#"{{"event":"handler","signal":"{signal}","subscription":{id},"place":"sender-thread"}}"#)
        }
        ["elsewhere", signal, id] => {
            format!(r#"{{"event":"handler","signal":"{signal}","subscription":{id},"place":"other-thread"}}"#)
        }
        ["subscribed" | "unsubscribed", signal, id] => {
            let word = line.split(' ').next().unwrap_or_default();
            format!(r#"{{"event":"{word}","signal":"{signal}","subscription":{id}}}"#)
        }
        ["flooding", signal, times] => format!(r#"{{"event":"flooding","signal":"{signal}","times":{times}}}"#),
        ["refused", signal] => format!(r#"{{"event":"refused","signal":"{signal}","error":"no"}}"#),
        ["sending", signal] => format!(r#"{{"event":"sending","signal":"{signal}"}}"#),
        ["read", interrupted] => format!(r#"{{"event":"read-ended","interrupted":{interrupted}}}"#),
        ["state", state] => format!(r#"{{"event":"state","state":{state}}}"#),
        [word] => format!(r#"{{"event":"{word}"}}"#),
        _ => panic!("no event: {line}"),
    }
}

/// What a run shows of one claim, where nothing is claimed.
fn seen_of(claim: &str, scenario: &str, lines: &[&str], ending: Ending) -> Vec<String> {
    let seen = of_run(scenario, &transcript(lines, ending), &Claims::default());
    seen.into_iter().filter(|(name, _)| *name == claim).map(|(_, value)| value).collect()
}

fn seen(claim: &str, scenario: &str, lines: &[&str]) -> Vec<String> {
    seen_of(claim, scenario, lines, Ending::Exited(0))
}

const NOTHING: [&str; 0] = [];

#[test]
fn every_row_is_a_claim_and_names_scenarios_that_there_are() {
    let catalogue = Catalogue::embedded().expect("the embedded catalogue");
    for (claim, scenarios) in claims() {
        assert!(Claims::NAMES.contains(&claim), "{claim}");
        assert!(
            !scenarios.is_empty() && scenarios.iter().all(|name| catalogue.scenario(name).is_some()),
            "{scenarios:?}"
        );
    }
}

#[test]
fn what_is_documented_is_not_observed() {
    let burst = transcript(&["flooding SIGUSR1 5", "yielding", "handler SIGUSR1 1"], Ending::Exited(0));
    let claim = Claim::documented(Burst::AtLeastOne, "https://docs.example/burst");
    assert_eq!(of_run("burst-5", &burst, &Claims::default()), [("burst", "1 of 5".to_owned())]);
    assert_eq!(of_run("burst-5", &burst, &Claims { burst: claim, ..Claims::default() }), []);
    assert_eq!(of_run("burst-6", &burst, &Claims::default()), [], "the table does not name it");
}

#[test]
fn a_burst_is_counted() {
    let call = "handler SIGUSR1 1";
    assert_eq!(seen("burst", "burst-5", &["flooding SIGUSR1 5", call, call, call]), ["3 of 5"]);
    assert_eq!(seen("burst", "burst-5", &["flooding SIGUSR1 5"]), NOTHING);
}

#[test]
fn where_handlers_run_is_seen() {
    let on_sender = ["sending SIGHUP", "yielding", "handler SIGHUP 1", "resumed"];
    assert_eq!(seen("handlers_run", "sequence", &on_sender), ["sender-thread"]);
    let early = ["sending SIGHUP", "handler SIGHUP 1", "yielding", "resumed"];
    assert_eq!(seen("handlers_run", "sequence", &early), ["concurrently"]);
    let elsewhere = ["sending SIGHUP", "yielding", "elsewhere SIGHUP 1", "resumed"];
    assert_eq!(seen("handlers_run", "sequence", &elsewhere), ["concurrently"]);
    assert_eq!(seen("handlers_run", "sequence", &["sending SIGHUP", "yielding", "resumed"]), NOTHING);
}

#[test]
fn the_order_of_a_batch_is_seen_where_it_can_be_told() {
    let order =
        |calls: &[&str]| seen("batch_order", "batch-mixed", &[&["sending SIGUSR1", "sending SIGHUP"], calls].concat());
    assert_eq!(order(&["handler SIGUSR1 1", "handler SIGHUP 2", "handler SIGUSR1 1"]), ["sent"]);
    assert_eq!(order(&["handler SIGHUP 2", "handler SIGUSR1 1"]), ["lowest-first"]);
    assert_eq!(order(&["handler SIGHUP 2"]), NOTHING);
    // Sent in ascending order, both would be the same.
    let ascending = ["sending SIGHUP", "sending SIGUSR1", "handler SIGHUP 2", "handler SIGUSR1 1"];
    assert_eq!(seen("batch_order", "batch-mixed", &ascending), NOTHING);
    let three = ["sending SIGUSR2", "sending SIGUSR1", "sending SIGHUP"];
    let calls = ["handler SIGUSR1 2", "handler SIGHUP 3", "handler SIGUSR2 1"];
    let other = ["neither as sent nor lowest first"];
    assert_eq!(seen("batch_order", "batch-descending", &[three, calls].concat()), other);
}

#[test]
fn what_becomes_of_a_removed_signal_is_in_the_last_report() {
    let told = |caught: &str, blocked: &str, ignored: &str| {
        let state = format!(r#"state {{"caught":[{caught}],"blocked":[{blocked}],"ignored":[{ignored}]}}"#);
        let removed = ["subscribed SIGUSR1 1", r#"state {"caught":["SIGUSR1"]}"#, "unsubscribed SIGUSR1 1", &state];
        seen("removal", "removal-leaves-nothing", &removed)
    };
    let signal = r#""SIGUSR1""#;
    assert_eq!(told(r#""SIGHUP""#, "", ""), ["restored"]);
    assert_eq!(
        (told(signal, "", ""), told("", signal, "")),
        (vec!["stays-captured".to_owned()], vec!["stays-captured".to_owned()])
    );
    assert_eq!(told("", "", signal), ["stays ignored"]);
    let untold = ["unsubscribed SIGUSR1 1", r#"state {"caught":[]}"#];
    assert_eq!(seen("removal", "removal-leaves-nothing", &untold), NOTHING, "what is left out is unknown");
}

#[test]
fn an_earlier_handler_is_chained_replaced_or_keeps_others_out() {
    let told = |asked: &str, calls: u64| {
        let state = format!(r#"state {{"earlier_calls":[{{"signal":"SIGUSR1","calls":{calls}}}]}}"#);
        seen(
            "earlier_handler",
            "earlier-handler",
            &["sending SIGUSR1", asked, "sending SIGUSR1", "sending SIGUSR1", &state],
        )
    };
    let subscribed = "subscribed SIGUSR1 1";
    assert_eq!([told(subscribed, 3), told(subscribed, 1)].concat(), ["chained", "replaced"]);
    assert_eq!(told("refused SIGUSR1", 3), ["refused"]);
    assert_eq!(told(subscribed, 2), NOTHING);
    assert_eq!(seen("earlier_handler", "earlier-handler", &["sending SIGUSR1", subscribed]), NOTHING);
}

#[test]
fn a_read_shows_what_becomes_of_system_calls_and_so_do_flags() {
    assert_eq!(seen("system_calls", "blocking-read", &["read true"]), ["interrupted"]);
    assert_eq!(seen("system_calls", "blocking-read", &["read false"]), ["restart"]);
    let flags = |claim: &str, state: &str| {
        let lines = ["subscribed SIGUSR1 1", "subscribed SIGHUP 2", "unsubscribed SIGHUP 2", &format!("state {state}")];
        seen(claim, "touches-only-its-own", &lines)
    };
    let usr1 = r#"["SIGUSR1"]"#;
    let with = format!(r#"{{"caught":{usr1},"restarting":{usr1},"on_alternate_stack":[]}}"#);
    assert_eq!([flags("system_calls", &with), flags("stack", &with)].concat(), ["restart", "the thread's own"]);
    let without = format!(r#"{{"caught":{usr1},"restarting":[],"on_alternate_stack":{usr1}}}"#);
    assert_eq!([flags("system_calls", &without), flags("stack", &without)].concat(), ["interrupted", "alternate"]);
    let masked = r#"{"caught":["SIGHUP"],"restarting":["SIGHUP"],"on_alternate_stack":[]}"#;
    assert_eq!(flags("system_calls", masked), ["no signal handler"], "SIGHUP is subscribed no more");
    assert_eq!(flags("system_calls", r#"{"caught":["SIGUSR1"]}"#), NOTHING, "what is left out is unknown");
}

/// Values from several cells, runs and claims become one line each; what is documented has none.
#[test]
fn a_backend_has_a_line_for_each_claim_that_was_seen_and_is_not_made() {
    let cell = |backend: &str, scenario: &str, observed: &[(&str, &str)]| -> Cell {
        let observed: Vec<_> = observed
            .iter()
            .map(|(claim, value)| serde_json::json!({"claim": claim, "value": value, "runs": 1}))
            .collect();
        let cell = serde_json::json!({"backend": backend, "scenario": scenario, "requirements": [], "verdict": "pass",
            "violations": [], "runs": 1, "outcomes": [], "observed": observed, "duration_us": 1});
        serde_json::from_value(cell).expect("a cell")
    };
    let mut results = Results::of(vec![
        cell("mine", "batch-mixed", &[("batch_order", "sent"), ("a-stranger's", "x")]),
        cell("mine", "batch-descending", &[("batch_order", "lowest-first"), ("burst", "1 of 5")]),
        cell("yours", "burst-5", &[("burst", "5 of 5")]),
    ]);
    let lines = |results: &Results| {
        of_backend(results, "mine").iter().map(|seen| format!("{} {}", seen.claim, seen.text())).collect::<Vec<_>>()
    };
    let order = "batch_order varies: lowest-first, sent";
    assert_eq!(lines(&results), ["burst 1 of 5", order, "a-stranger's x"]);
    assert_eq!(
        of_backend(&results, "mine")[1].scenarios.iter().copied().collect::<Vec<_>>(),
        ["batch-descending", "batch-mixed"]
    );
    let claims: Vec<_> =
        serde_json::from_str(r#"[{"claim":"burst","value":"every","source":"https://a"}]"#).expect("claims");
    results.backends = vec![Backend { name: "mine".to_owned(), claims, ..Backend::default() }];
    assert_eq!(lines(&results), [order, "a-stranger's x"]);
}
