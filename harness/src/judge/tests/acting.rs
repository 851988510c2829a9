//! Handlers that add or remove one: what may and must be called in their batch, and after it.

use sigconform_fixture::{Before, Claim, Claims, EarlierHandler, SecondHandler, Signal};

use super::{
    NOTHING, at, stuck,
    told::{broken, coalescing, concurrent, judged, judged_ending, scenario, strict},
};
use crate::{
    catalogue::Scenario,
    judge::{Unjudgeable, law},
    transcript::Ending,
};

/// Sends SIGTERM, whose handler removes that of SIGHUP, and the two others; and sends all once more.
fn removes_a_sibling() -> Scenario {
    scenario(
        "{ step = 'subscribe-remover', signal = 'SIGTERM', removes = 1 },
        { step = 'send', signal = 'SIGTERM' }, { step = 'send', signal = 'SIGHUP' }, { step = 'send', signal = 'SIGUSR1' },
        { step = 'yield' },
        { step = 'send', signal = 'SIGTERM' }, { step = 'send', signal = 'SIGUSR1' }, { step = 'yield' }",
    )
}

const START: [&str; 6] = [
    "starting [PID]",
    "subscribed SIGTERM",
    "sending SIGTERM",
    "sending SIGHUP",
    "sending SIGUSR1",
    "yielding control",
];
const TERM: &str = "signal_handler('SIGTERM')";
const HUP: &str = "signal_handler('SIGHUP')";
const USR1: &str = "signal_handler('SIGUSR1')";
const BEGINS: &str = "signal_handler begins to remove SIGHUP";
const REMOVES: &str = "signal_handler removes that of SIGHUP";
const AGAIN: [&str; 3] = ["sending SIGTERM", "sending SIGUSR1", "yielding control"];

fn sibling(batch: &[&str], next: &[&str]) -> Vec<(String, usize)> {
    broken(judged(&removes_a_sibling(), &strict(), &[&START[..], batch, &AGAIN, next].concat()))
}

#[test]
fn a_removed_sibling_may_be_called_in_its_batch_and_never_after_it() {
    assert_eq!(sibling(&[TERM, BEGINS, REMOVES, USR1], &[TERM, USR1]), NOTHING);
    // It was taken along, once, whenever its turn is now.
    assert_eq!(sibling(&[TERM, BEGINS, REMOVES, HUP, USR1], &[TERM, USR1]), NOTHING);
    assert_eq!(sibling(&[TERM, BEGINS, REMOVES, USR1, HUP], &[TERM, USR1]), NOTHING);
    let twice = sibling(&[TERM, BEGINS, REMOVES, HUP, HUP, USR1], &[TERM, USR1]);
    assert_eq!(twice, [at(&law::REMOVED_IS_SILENT, 9)]);
    let late = sibling(&[TERM, BEGINS, REMOVES, USR1], &[TERM, HUP, USR1]);
    assert_eq!(late, [at(&law::REMOVED_IS_SILENT, 14)]);
}

#[test]
fn whoever_was_not_removed_is_called_as_before() {
    let skipped = sibling(&[TERM, BEGINS, REMOVES], &[TERM, USR1]);
    assert_eq!(skipped[0], at(&law::HANDLED_AT_YIELD, 8));
    // The one that removed is not removed itself.
    let gone = sibling(&[TERM, BEGINS, REMOVES, USR1], &[USR1]);
    assert!(gone.contains(&at(&law::HANDLED_AT_YIELD, 13)), "{gone:?}");
}

#[test]
fn a_handler_that_removes_itself_is_owed_nothing_more_and_gets_nothing_later() {
    let steps = "{ step = 'subscribe-remover', signal = 'SIGWINCH' }, { step = 'flood', signal = 'SIGWINCH', times = 3 },
        { step = 'yield' }, { step = 'send', signal = 'SIGWINCH' }, { step = 'send', signal = 'SIGUSR1' }, { step = 'yield' }";
    let itself = scenario(steps);
    let start = ["starting [PID]", "subscribed SIGWINCH", "flooding SIGWINCH 3", "yielding control"];
    let call = "signal_handler('SIGWINCH')";
    let removes = [call, "signal_handler begins to remove SIGWINCH", "signal_handler removes that of SIGWINCH"];
    let then = ["sending SIGWINCH", "sending SIGUSR1", "yielding control"];
    for claims in [strict(), coalescing()] {
        let told = |more: &[&str], later: &[&str]| {
            broken(judged(&itself, &claims, &[&start[..], &removes, more, &then, later].concat()))
        };
        for more in 0..3 {
            assert_eq!(told(&vec![call; more], &[USR1]), NOTHING, "{more}");
        }
        assert_eq!(told(&[call; 3], &[USR1]), [at(&law::REMOVED_IS_SILENT, 7)]);
        assert_eq!(told(&[], &[call, USR1])[0].0, law::REMOVED_IS_SILENT.slug);
    }
}

#[test]
fn a_removal_in_a_handler_succeeds_and_returns() {
    let failed = "signal_handler could not remove that of SIGHUP";
    assert_eq!(sibling(&[TERM, BEGINS, failed, USR1], &[TERM, USR1]), [at(&law::HANDLERS_MAY_ACT, 8)]);
    let stuck = judged_ending(&removes_a_sibling(), &strict(), &[&START[..], &[TERM, BEGINS]].concat(), stuck());
    assert!(broken(stuck).contains(&at(&law::HANDLERS_MAY_ACT, 8)));
}

#[test]
fn a_fixture_whose_handler_does_not_remove_has_left_its_script() {
    let lines = [&START[..], &[TERM, HUP, USR1], &AGAIN, &[TERM, USR1]].concat();
    let silent = judged(&removes_a_sibling(), &strict(), &lines);
    assert!(matches!(&silent, Err(Unjudgeable::OffScript { expected, .. }) if expected == "handler-removing"));
    // Where handlers run anywhere it may not have got round to it.
    assert!(judged(&removes_a_sibling(), &concurrent(), &lines).is_ok());
}

/// One that is gone by then is removed by nobody.
#[test]
fn a_handler_removes_only_what_is_still_there() {
    let gone = scenario(
        "{ step = 'subscribe-remover', signal = 'SIGTERM', removes = 1 }, { step = 'unsubscribe', subscription = 1 },
        { step = 'send', signal = 'SIGTERM' }, { step = 'yield' }",
    );
    let lines =
        ["starting [PID]", "subscribed SIGTERM", "unsubscribed SIGHUP", "sending SIGTERM", "yielding control", TERM];
    assert_eq!(broken(judged(&gone, &strict(), &lines)), NOTHING);
    let removed = judged(&gone, &strict(), &[&lines[..], &[BEGINS, REMOVES]].concat());
    assert!(matches!(&removed, Err(Unjudgeable::OffScript { said, .. }) if said == "handler-removing"), "{removed:?}");
}

/// What a handler tells that it does may be what the library is accused of next.
#[test]
fn a_fixture_whose_handler_does_what_the_script_does_not_say_has_left_it() {
    let left = |batch: &[&str]| {
        let lines = [&START[..], batch, &[HUP, USR1], &AGAIN, &[TERM, USR1]].concat();
        match judged(&removes_a_sibling(), &strict(), &lines) {
            Err(Unjudgeable::OffScript { line, said, .. }) => Some((line, said)),
            _ => None,
        }
    };
    let at_line = |line, said: &str| Some((line, said.to_owned()));
    let sends = "signal_handler sends SIGHUP";
    assert_eq!(left(&[TERM, sends]), at_line(8, "handler-sending"));
    assert_eq!(left(&[TERM, "signal_handler closes"]), at_line(8, "handler-closing"));
    assert_eq!(left(&[TERM, "signal_handler begins to add SIGHUP"]), at_line(7, "handler-adding"));
    assert_eq!(left(&[TERM, "signal_handler adds 4 of SIGHUP"]), at_line(8, "handler-added"));
    // Another than the one that it is to remove; one that it has not begun to remove; and once is enough.
    assert_eq!(left(&[TERM, "signal_handler begins to remove SIGUSR1"]), at_line(7, "handler-removing"));
    assert_eq!(left(&[TERM, REMOVES]), at_line(8, "handler-removed"));
    assert_eq!(left(&[TERM, BEGINS, REMOVES, BEGINS]), at_line(8, "handler-removing"));
    // Nor may it leave out what the script says.
    let sending = scenario(
        "{ step = 'subscribe', signal = 'SIGTERM', sends = 'SIGHUP' }, { step = 'send', signal = 'SIGTERM' }, { step = 'yield' }",
    );
    let told = |batch: &[&str]| {
        let lines = ["starting [PID]", "subscribed SIGTERM", "sending SIGTERM", "yielding control"];
        judged(&sending, &strict(), &[&lines[..], batch].concat())
    };
    assert_eq!(broken(told(&[TERM, sends, "signal_handler returns", HUP])), NOTHING);
    let silent = told(&[TERM, HUP]);
    assert!(silent.is_ok_and(|broken| !broken.is_empty()), "the call for nothing is what is said");
    assert!(matches!(told(&[TERM]), Err(Unjudgeable::OffScript { expected, .. }) if expected == "handler-sending"));
    // A relay that was asked for before it counts as one.
    let later = scenario(
        "{ step = 'relay', signal = 'SIGUSR2', sends = 'SIGUSR1' },
        { step = 'subscribe', signal = 'SIGTERM', sends = 'SIGHUP' }, { step = 'send', signal = 'SIGTERM' }, { step = 'yield' }",
    );
    let lines = ["starting [PID]", "subscribed SIGUSR2", "subscribed SIGTERM", "sending SIGTERM", "yielding control"];
    let silent = judged(&later, &strict(), &[&lines[..], &[TERM]].concat());
    assert!(matches!(&silent, Err(Unjudgeable::OffScript { expected, .. }) if expected == "handler-sending"));
}

/// Sends SIGTERM, whose handler adds one, under the number 4, for what `adds` is; and sends that.
fn adds(adds: &str) -> Scenario {
    scenario(&format!(
        "{{ step = 'subscribe-adder', signal = 'SIGTERM', adds = '{adds}' }},
        {{ step = 'send', signal = 'SIGTERM' }}, {{ step = 'send', signal = 'SIGUSR1' }}, {{ step = 'yield' }},
        {{ step = 'send', signal = '{adds}' }}, {{ step = 'yield' }}"
    ))
}

const ADDER: [&str; 5] =
    ["starting [PID]", "subscribed SIGTERM", "sending SIGTERM", "sending SIGUSR1", "yielding control"];

fn both() -> Claims {
    Claims { second_handler: Claim::documented(SecondHandler::Both, "https://docs.example/second"), ..strict() }
}

fn replacing() -> Claims {
    Claims { second_handler: Claim::documented(SecondHandler::Replaces, "https://docs.example/second"), ..strict() }
}

#[test]
fn an_added_handler_is_called_from_then_on_and_the_batch_goes_on() {
    let (begins, adds_it) = ("signal_handler begins to add SIGUSR2", "signal_handler adds 4 of SIGUSR2");
    let usr2 = "signal_handler('SIGUSR2') by 4";
    let told = |batch: &[&str], next: &[&str]| {
        let then = ["sending SIGUSR2", "yielding control"];
        broken(judged(&adds("SIGUSR2"), &strict(), &[&ADDER[..], batch, &then, next].concat()))
    };
    assert_eq!(told(&[TERM, begins, adds_it, USR1], &[usr2]), NOTHING);
    assert_eq!(told(&[TERM, begins, adds_it], &[usr2])[0], at(&law::HANDLED_AT_YIELD, 7));
    assert_eq!(told(&[TERM, begins, adds_it, USR1], &[]), [at(&law::HANDLED_AT_YIELD, 10)]);
    assert_eq!(told(&[TERM, begins, adds_it, usr2, USR1], &[usr2])[0], at(&law::SIGNAL_FIRST, 8));
    let refused = "signal_handler could not add 4 of SIGUSR2";
    assert_eq!(told(&[TERM, begins, refused, USR1], &[])[0], at(&law::HANDLERS_MAY_ACT, 7));
    // One that the program handles itself is refused where that is documented, also when a handler asks.
    let own = Before { handlers: vec!["SIGUSR2".parse().expect("a name")], ..Before::default() };
    let yielding = Scenario { before: own, ..adds("SIGUSR2") };
    let page = "https://docs.example/earlier";
    let claims = Claims { earlier_handler: Claim::documented(EarlierHandler::Refused, page), ..strict() };
    let lines = [&ADDER[..], &[TERM, begins, refused, USR1]].concat();
    let told = |claims| judged_ending(&yielding, claims, &lines, Ending::Killed(Signal::SIGHUP));
    assert!(matches!(told(&claims), Err(Unjudgeable::EndedEarly { .. })), "no law is broken");
    assert_eq!(broken(told(&strict()))[0], at(&law::HANDLERS_MAY_ACT, 7));
    let never = judged_ending(&adds("SIGUSR2"), &strict(), &[&ADDER[..], &[TERM, begins]].concat(), stuck());
    assert!(broken(never).contains(&at(&law::HANDLERS_MAY_ACT, 7)));
    // A fixture whose handler adds none has left its script.
    let lines = [&ADDER[..], &[TERM, USR1], &["sending SIGUSR2", "yielding control"]].concat();
    assert!(matches!(judged(&adds("SIGUSR2"), &strict(), &lines), Err(Unjudgeable::OffScript { .. })));
}

#[test]
fn a_handler_that_is_added_for_the_signal_that_is_handled_waits_for_the_next() {
    let (begins, adds_it) = ("signal_handler begins to add SIGTERM", "signal_handler adds 4 of SIGTERM");
    let (first, added) = ("signal_handler('SIGTERM') by 3", "signal_handler('SIGTERM') by 4");
    let told = |claims: &Claims, batch: &[&str], next: &[&str]| {
        let then = ["sending SIGTERM", "yielding control"];
        broken(judged(&adds("SIGTERM"), claims, &[&ADDER[..], batch, &then, next].concat()))
    };
    assert_eq!(told(&both(), &[first, begins, adds_it, USR1], &[first, added]), NOTHING);
    assert_eq!(told(&both(), &[first, begins, adds_it, added, USR1], &[first, added])[0].0, law::SIGNAL_FIRST.slug);
    assert_eq!(told(&both(), &[first, begins, adds_it, USR1], &[first])[0].0, law::SECOND_AS_CLAIMED.slug);
    assert_eq!(told(&replacing(), &[first, begins, adds_it, USR1], &[added]), NOTHING);
    assert_eq!(told(&replacing(), &[first, begins, adds_it, USR1], &[first, added])[0].0, law::SECOND_AS_CLAIMED.slug);
}
