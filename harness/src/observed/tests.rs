//! What each row of the table sees in a transcript, and what it must not make of one that does not show it.

use sigconform_fixture::{Burst, Claim, EarlierHandler, Event};

use super::*;
use crate::{catalogue::Catalogue, transcript::Stuck};

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
        ["fork-ended", fields] => {
            format!(r#"{{"event":"fork-ended",{}"#, fields.trim_start_matches('{')).replace(",}", "}")
        }
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
fn what_is_documented_is_not_observed_unless_it_is_left_open() {
    let burst = transcript(&["flooding SIGUSR1 5", "yielding", "handler SIGUSR1 1"], Ending::Exited(0));
    let claim = Claim::documented(Burst::AtLeastOne, "https://docs.example/burst");
    let opens = Claim::documented(EarlierHandler::Unspecified, "https://docs.example/earlier");
    assert_eq!(of_run("burst-5", &burst, &Claims::default()), [("burst", "1 of 5".to_owned())]);
    assert_eq!(of_run("burst-5", &burst, &Claims { burst: claim, ..Claims::default() }), []);
    let earlier = r#"state {"earlier_calls":[{"signal":"SIGUSR1","calls":0}]}"#;
    let earlier = transcript(&["subscribed SIGUSR1 1", "sending SIGUSR1", earlier], Ending::Exited(0));
    let left_open = Claims { earlier_handler: opens, ..Claims::default() };
    assert_eq!(of_run("earlier-handler", &earlier, &left_open), [("earlier_handler", "replaced".to_owned())]);
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
    let batch = |subscribed: [&str; 3], sent: [&str; 3], called: &[&str]| {
        let lines = |word: &str, signals: &[&str], id: &str| -> Vec<String> {
            signals.iter().map(|signal| format!("{word} {signal}{id}")).collect()
        };
        let all = [lines("subscribed", &subscribed, " 1"), lines("sending", &sent, ""), lines("handler", called, " 1")]
            .concat();
        seen("batch_order", "batch-order-observed", &all.iter().map(String::as_str).collect::<Vec<_>>()).concat()
    };
    let [hup, int, usr1] = ["SIGHUP", "SIGINT", "SIGUSR1"];
    let (subscribed, sent) = ([usr1, hup, int], [int, usr1, hup]);
    assert_eq!(batch(subscribed, sent, &[int, usr1, hup, int]), "sent");
    assert_eq!(batch(subscribed, sent, &[hup, int, usr1]), "lowest-first");
    assert_eq!(batch(subscribed, sent, &[usr1, hup, int]), "as subscribed");
    assert_eq!(batch(subscribed, sent, &[hup, usr1, int]), "last sent first");
    assert_eq!(batch(subscribed, sent, &[usr1, int, hup]), "highest first");
    assert_eq!(batch([usr1, hup, int], [hup, usr1, int], &[int, usr1, hup]), "last sent first");
    assert_eq!(batch(subscribed, sent, &[int, usr1]), "", "not all were handled");
    assert_eq!(batch([hup, int, usr1], sent, &[hup, int, usr1]), "", "subscribed by number: it may be either");
    assert_eq!(batch([hup, usr1, int], [hup, int, usr1], &[int, hup, usr1]), "another order");
}

#[test]
fn a_second_handler_joins_replaces_or_is_refused() {
    let told = |lines: &[&str]| seen("second_handler", "second-handler-observed", lines).concat();
    let two =
        ["subscribed SIGHUP 1", "subscribed SIGUSR1 2", "subscribed SIGUSR1 3", "sending SIGUSR1", "handler SIGHUP 1"];
    let and = |calls: &[&str]| told(&[&two[..], calls].concat());
    assert_eq!(and(&["handler SIGUSR1 2", "handler SIGUSR1 3"]), "both");
    assert_eq!(
        (and(&["handler SIGUSR1 3"]), and(&["handler SIGUSR1 2"])),
        ("replaces".into(), "the first one stays".into())
    );
    assert_eq!(and(&[]), "");
    assert_eq!(told(&["subscribed SIGUSR1 1", "refused SIGUSR1"]), "refused");
    assert_eq!(told(&["refused SIGUSR1", "handler SIGHUP 1"]), "", "it was the first");
}

#[test]
fn a_forked_child_handles_fails_dies_or_sleeps() {
    let told = |end: &[&str], ending: Ending| seen_of("fork_child", "fork-child-observed", end, ending).concat();
    let ended = |fields: &str| told(&[&format!("fork-ended {fields}")], Ending::Exited(0));
    assert_eq!((ended("{}"), ended(r#"{"failed":true}"#)), ("handles".to_owned(), "its loop fails".to_owned()));
    assert_eq!(ended(r#"{"killed_by":"SIGUSR1"}"#), "killed by SIGUSR1");
    assert_eq!(told(&[], Ending::Stuck(Stuck { threads: Vec::new() })), "sleeps for good");
    assert_eq!(told(&[], Ending::Exited(0)), "");
}

#[test]
fn a_removed_signal_that_is_sent_shows_what_became_of_it() {
    let usr1 = Signal::from_raw(libc::SIGUSR1);
    let told = |end: &[&str], ending: Ending| {
        let lines = [&["subscribed SIGUSR1 1", "sending SIGUSR1", "unsubscribed SIGUSR1 1"], end].concat();
        seen_of("removal", "removal-observed", &lines, ending).concat()
    };
    assert_eq!(told(&["sending SIGUSR1"], Ending::Killed(usr1)), "restored");
    assert_eq!(told(&["sending SIGUSR1", "sending SIGHUP"], Ending::Exited(0)), "stays-captured");
    assert_eq!(told(&["sending SIGHUP"], Ending::Exited(0)), "", "it was not sent any more");
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
