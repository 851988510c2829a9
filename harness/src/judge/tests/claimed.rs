//! The laws that rest on a claim: each value allows its own, and an undocumented one allows either.

use sigconform_fixture::{
    BatchOrder, Burst, Claim, Claims, EarlierHandler, ForkChild, HandlersRun, InformationField, PendingBefore, Refusal,
    Removal, SecondHandler, Signal, Stack, SystemCalls, Threads,
};

use super::{
    NOTHING, at, stuck,
    told::{
        broken, catalogued, claims, coalescing, concurrent, judged, judged_ending, scenario, scenario_with, strict,
    },
};
use crate::{judge::law, transcript::Ending};

/// `strict` claims with one of them changed.
fn claiming(change: impl FnOnce(&mut Claims)) -> Claims {
    let mut claims = strict();
    change(&mut claims);
    claims
}

fn documented<T>(value: T) -> Claim<T> {
    Claim::documented(value, "https://docs.example/claim")
}

#[test]
fn a_signal_whose_handler_was_removed() {
    let removal = scenario("{ step = 'unsubscribe', subscription = 1 }, { step = 'send', signal = 'SIGHUP' }");
    let lines = ["starting [PID]", "unsubscribed SIGHUP", "sending SIGHUP"];
    let survives = |claims: &Claims| broken(judged(&removal, claims, &lines));
    let dies = |claims: &Claims| broken(judged_ending(&removal, claims, &lines, Ending::Killed(Signal::SIGHUP)));
    let restored = claiming(|claims| claims.removal = documented(Removal::Restored));
    assert_eq!((survives(&restored), dies(&restored)), (vec![at(&law::REMOVAL_AS_CLAIMED, 3)], vec![]));
    let stays = claiming(|claims| claims.removal = documented(Removal::StaysCaptured));
    assert_eq!((survives(&stays), dies(&stays)), (vec![], vec![at(&law::REMOVAL_AS_CLAIMED, 4)]));
    assert_eq!((survives(&strict()), dies(&strict())), (vec![], vec![]));
}

#[test]
fn a_removed_handler_is_silent() {
    let removal = scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'unsubscribe', subscription = 1 }");
    let silent = ["starting [PID]", "sending SIGHUP", "unsubscribed SIGHUP"];
    let called = ["starting [PID]", "sending SIGHUP", "unsubscribed SIGHUP", "settling", "signal_handler('SIGHUP')"];
    // The end is told in full, since the lines hold the settling.
    let told = |claims: &Claims, lines: &[&str]| broken(judged(&removal, claims, lines));
    assert_eq!(told(&strict(), &silent), NOTHING);
    assert_eq!(told(&strict(), &called)[0], at(&law::REMOVED_IS_SILENT, 4));
    // What runs elsewhere may have been on its way, once.
    assert_eq!(told(&concurrent(), &silent), NOTHING);
    let twice = [&called[..], &["signal_handler('SIGHUP')"]].concat();
    assert!(told(&concurrent(), &twice).contains(&at(&law::REMOVED_IS_SILENT, 4)));
}

#[test]
fn the_one_handler_of_a_process() {
    let third = scenario("{ step = 'report' }, { step = 'subscribe', signal = 'SIGCHLD' }, { step = 'report' }");
    let supports = ["SIGHUP", "SIGTERM"].map(|name| name.parse().expect("a name"));
    let one = claiming(|claims| {
        claims.second_handler = documented(SecondHandler::OnePerProcess);
        claims.supports = documented(supports.to_vec());
    });
    let told = |third_one, state| {
        let lines = ["starting [PID]", "state", third_one, state];
        broken(judged(&third, &one, &lines))
    };
    // The scenario's second subscription, before the start, is one too many.
    let second = at(&law::SUPPORTS_AS_CLAIMED, 0);
    assert_eq!(told("refused SIGCHLD there is one", "state caught=SIGTERM"), std::slice::from_ref(&second));
    assert_eq!(told("subscribed SIGCHLD", "state"), [second.clone(), at(&law::SUPPORTS_AS_CLAIMED, 3)]);
    let touched = at(&law::TOUCHES_ONLY_ITS_OWN, 4);
    assert_eq!(told("refused SIGCHLD there is one", "state caught=SIGWINCH"), [second, touched]);
    let one = claiming(|claims| claims.second_handler = documented(SecondHandler::OnePerProcess));
    let lines = ["starting [PID]", "state", "refused SIGCHLD there is one", "state"];
    assert_eq!(broken(judged(&third, &one, &lines)), [at(&law::SECOND_AS_CLAIMED, 0)]);
}

#[test]
fn what_was_pending_before_its_subscription() {
    let pending = scenario_with(
        "start = { blocked = ['SIGTERM'] }",
        "{ step = 'send', signal = 'SIGTERM' }, { step = 'subscribe', signal = 'SIGTERM' }, { step = 'yield' }",
    );
    let told = |value, call: &[&str]| {
        let claims = claiming(|claims| claims.pending_before = documented(value));
        let lines = ["starting [PID]", "sending SIGTERM", "subscribed SIGTERM", "yielding control"];
        broken(judged(&pending, &claims, &[&lines[..], call].concat()))
    };
    let call = ["signal_handler('SIGTERM')"];
    assert_eq!(told(PendingBefore::Handled, &call), NOTHING);
    assert_eq!(told(PendingBefore::Handled, &[]), [at(&law::PENDING_BEFORE_AS_CLAIMED, 4)]);
    // Nobody promised either.
    assert_eq!((told(PendingBefore::Unspecified, &call), told(PendingBefore::Unspecified, &[])), (vec![], vec![]));
}

#[test]
fn the_masks_of_other_threads() {
    let masks = scenario_with(
        "before = { older_thread = true }",
        "{ step = 'report-thread' }, { step = 'spawn-thread' }, { step = 'report-thread' }",
    );
    let told = |value, older, younger| {
        let claims = claiming(|claims| claims.threads = documented(value));
        broken(judged(&masks, &claims, &["starting [PID]", older, "started an idle thread", younger]))
    };
    let (nothing, subscribed) = ("the idle thread blocks nothing", "the idle thread blocks SIGHUP");
    for any in [Threads::Any, Threads::Unspecified] {
        assert_eq!(told(any, nothing, nothing), NOTHING);
        assert_eq!(told(any, nothing, subscribed), [at(&law::MASKS_AS_CLAIMED, 4)]);
        // What nobody subscribed is another law's.
        assert_eq!(told(any, nothing, "the idle thread blocks SIGTERM"), NOTHING);
    }
    // SIGUSR1, which is subscribed too, is missing.
    assert_eq!(told(Threads::Masked, nothing, subscribed), [at(&law::MASKS_AS_CLAIMED, 4)]);
    assert_eq!(told(Threads::Masked, subscribed, nothing), [2, 4].map(|line| at(&law::MASKS_AS_CLAIMED, line)));
    let one = scenario_with(
        "",
        "{ step = 'unsubscribe', subscription = 2 }, { step = 'spawn-thread' }, { step = 'report-thread' }",
    );
    let claims = claiming(|claims| claims.threads = documented(Threads::Masked));
    let lines = ["starting [PID]", "unsubscribed SIGUSR1", "started an idle thread", subscribed];
    assert_eq!(broken(judged(&one, &claims, &lines)), NOTHING);
}

#[test]
fn a_read_of_another_thread() {
    let read = scenario("{ step = 'read-elsewhere' }, { step = 'end-read' }");
    let told = |value, end| {
        let claims = claiming(|claims| claims.system_calls = documented(value));
        broken(judged(&read, &claims, &["starting [PID]", "another thread reads", end]))
    };
    let (failed, went_on) = ("its read failed with EINTR", "its read was not interrupted");
    assert_eq!(told(SystemCalls::Restart, went_on), NOTHING);
    assert_eq!(told(SystemCalls::Restart, failed), [at(&law::SYSTEM_CALLS_AS_CLAIMED, 3)]);
    assert_eq!(told(SystemCalls::Interrupted, failed), NOTHING);
    assert_eq!(told(SystemCalls::Interrupted, went_on), [at(&law::SYSTEM_CALLS_AS_CLAIMED, 3)]);
    assert_eq!((told(SystemCalls::Unspecified, failed), told(SystemCalls::Unspecified, went_on)), (vec![], vec![]));
}

#[test]
fn a_second_handler_for_one_signal() {
    let second =
        scenario("{ step = 'subscribe', signal = 'SIGHUP' }, { step = 'send', signal = 'SIGHUP' }, { step = 'yield' }");
    let told = |value, asked, calls: &[&str]| {
        let claims = claiming(|claims| claims.second_handler = documented(value));
        let lines = [&["starting [PID]", asked, "sending SIGHUP", "yielding control"], calls].concat();
        broken(judged(&second, &claims, &lines))
    };
    let (first, new) = ("signal_handler('SIGHUP') by 1", "signal_handler('SIGHUP') by 3");
    let (accepted, refused) = ("subscribed SIGHUP", "refused SIGHUP there is one already");

    assert_eq!(told(SecondHandler::Both, accepted, &[first, new]), NOTHING);
    assert_eq!(told(SecondHandler::Both, accepted, &[new, first]), NOTHING);
    assert_eq!(told(SecondHandler::Both, accepted, &[new]), [at(&law::SECOND_AS_CLAIMED, 5)]);
    assert_eq!(told(SecondHandler::Both, accepted, &[first]), [at(&law::SECOND_AS_CLAIMED, 5)]);
    // Where neither is called, it is not the second's fault.
    assert_eq!(told(SecondHandler::Both, accepted, &[])[0], at(&law::HANDLED_AT_YIELD, 4));
    assert_eq!(told(SecondHandler::Both, refused, &[first])[0], at(&law::SECOND_AS_CLAIMED, 2));
    assert_eq!(told(SecondHandler::Replaces, accepted, &[new]), NOTHING);
    assert_eq!(told(SecondHandler::Replaces, accepted, &[first, new]), [at(&law::SECOND_AS_CLAIMED, 5)]);
    assert_eq!(told(SecondHandler::Refused, refused, &[first]), NOTHING);
    assert_eq!(told(SecondHandler::Refused, accepted, &[first, new])[0], at(&law::SECOND_AS_CLAIMED, 2));
    assert_eq!(told(SecondHandler::Unspecified, accepted, &[first, new]), NOTHING);
    assert_eq!(told(SecondHandler::Unspecified, refused, &[first]), NOTHING);
}

/// One of the two is called, whichever: that neither is shows, once.
#[test]
fn a_second_handler_of_which_nothing_is_said() {
    let second = catalogued("second-handler-observed");
    let asked = ["starting [PID]", "subscribed SIGUSR1", "subscribed SIGUSR1", "sending SIGUSR1", "yielding control"];
    let again = ["sending SIGHUP", "yielding control", "signal_handler('SIGHUP')"];
    let told = |calls: &[&str]| broken(judged(&second, &coalescing(), &[&asked[..], calls, &again, &again].concat()));
    let [first, new] = ["signal_handler('SIGUSR1') by 2", "signal_handler('SIGUSR1') by 3"];
    let [sends, returns, handled] =
        ["signal_handler sends SIGHUP", "signal_handler returns", "signal_handler('SIGHUP')"];
    assert_eq!(told(&[first, sends, returns, handled]), NOTHING);
    assert_eq!(told(&[new, sends, returns, handled]), NOTHING);
    assert_eq!(told(&[first, sends, returns, new, sends, returns, handled]), NOTHING);
    assert_eq!(told(&[first, sends, returns, first, handled])[0], at(&law::ONCE_PER_SEND, 9));
    let lost = judged_ending(&second, &coalescing(), &asked, stuck());
    assert_eq!(broken(lost), [at(&law::HANDLED_AT_YIELD, 6)]);
}

/// Whichever is not called has no place in the order, and keeps no other signal from its own.
#[test]
fn a_second_handler_of_which_nothing_is_said_is_not_waited_for_in_a_batch() {
    let steps = "{ step = 'subscribe', signal = 'SIGHUP' }, { step = 'send', signal = 'SIGHUP' }, \
                 { step = 'send', signal = 'SIGUSR1' }, { step = 'yield' }";
    let start = ["starting [PID]", "subscribed SIGHUP", "sending SIGHUP", "sending SIGUSR1", "yielding control"];
    let told = |calls: &[&str]| broken(judged(&scenario(steps), &strict(), &[&start[..], calls].concat()));
    let [first, new, other] =
        ["signal_handler('SIGHUP') by 1", "signal_handler('SIGHUP') by 3", "signal_handler('SIGUSR1')"];
    assert_eq!([told(&[first, other]), told(&[new, other]), told(&[new, first, other])].concat(), NOTHING);
    assert_eq!(told(&[other]), [at(&law::HANDLED_AT_YIELD, 6)]);
}

/// A child that goes on where nobody says what it handles may do as it likes, as long as its parent is none the worse.
#[test]
fn a_forked_child_of_which_nothing_is_said() {
    let fork = catalogued("fork-child-observed");
    let handles = claiming(|claims| claims.fork_child = documented(ForkChild::Handles));
    let forking = ["starting [PID]", "forking SIGUSR1 on"];
    let asleep = |claims: &Claims| broken(judged_ending(&fork, claims, &forking, stuck()));
    assert_eq!((asleep(&coalescing()), asleep(&handles)), (vec![], vec![at(&law::FORK_CHILD_AS_CLAIMED, 3)]));
    let call = "signal_handler('SIGUSR1')";
    let ended = |claims: &Claims, end: &str, settling: &[&str]| {
        let rest = ["sending SIGUSR1", "yielding control", call];
        broken(judged(&fork, claims, &[&forking[..], &[end, "settling"], settling, &rest].concat()))
    };
    for (end, is_handled) in [("fork ended", true), ("fork failed", false), ("fork killed by SIGUSR1", false)] {
        assert_eq!(ended(&coalescing(), end, &[]), NOTHING, "{end}");
        assert_eq!(ended(&handles, end, &[]).is_empty(), is_handled, "{end}");
        assert_eq!(ended(&coalescing(), end, &[call])[0].0, law::FORK_ISOLATED.slug, "{end}");
    }
}

#[test]
fn the_program_s_own_handler_from_before() {
    let earlier = scenario_with(
        "before = { handlers = ['SIGHUP'] }",
        "{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }, { step = 'report' }",
    );
    let told = |value, state| {
        let claims = claiming(|claims| claims.earlier_handler = documented(value));
        let lines = ["starting [PID]", "sending SIGHUP", "yielding control", "signal_handler('SIGHUP')", state];
        broken(judged(&earlier, &claims, &lines))
    };
    let wrong = [at(&law::EARLIER_AS_CLAIMED, 5)];
    assert_eq!(told(EarlierHandler::Chained, "state earlier=1"), NOTHING);
    assert_eq!(told(EarlierHandler::Chained, "state earlier=0"), wrong);
    assert_eq!(told(EarlierHandler::Replaced, "state earlier=0"), NOTHING);
    assert_eq!(told(EarlierHandler::Replaced, "state earlier=1"), wrong);
    assert_eq!(told(EarlierHandler::Unspecified, "state earlier=0"), NOTHING);
    assert_eq!(told(EarlierHandler::Unspecified, "state earlier=1"), NOTHING);
    assert_eq!(told(EarlierHandler::Unspecified, "state earlier=2"), wrong);
}

#[test]
fn the_program_s_own_handler_from_before_when_the_last_was_removed() {
    // Sent once before anybody subscribed, once while somebody was, and once afterwards.
    let send = "{ step = 'send', signal = 'SIGTERM' }";
    let (subscribe, remove) =
        ("{ step = 'subscribe', signal = 'SIGTERM' }", "{ step = 'unsubscribe', subscription = 3 }");
    let steps = format!("{send}, {subscribe}, {send}, {{ step = 'yield' }}, {remove}, {send}, {{ step = 'report' }}");
    let earlier = scenario_with("before = { handlers = ['SIGTERM'] }", &steps);
    let told = |earlier_handler, removal, calls: u64| {
        let claims = claiming(|claims| {
            claims.earlier_handler = documented(earlier_handler);
            claims.removal = documented(removal);
        });
        let state = format!("state earlier-SIGTERM={calls}");
        let lines = [
            "starting [PID]",
            "sending SIGTERM",
            "subscribed SIGTERM",
            "sending SIGTERM",
            "yielding control",
            "signal_handler('SIGTERM')",
            "unsubscribed SIGTERM",
            "sending SIGTERM",
            &state,
        ];
        broken(judged(&earlier, &claims, &lines))
    };
    let allowed = |earlier_handler, removal| -> Vec<u64> {
        let lawful = |calls: &u64| told(earlier_handler, removal, *calls) == NOTHING;
        (0..5).filter(lawful).collect()
    };
    for removal in [Removal::Restored, Removal::StaysCaptured, Removal::Unspecified] {
        assert_eq!(allowed(EarlierHandler::Chained, removal), [3], "{removal:?}");
    }
    assert_eq!(allowed(EarlierHandler::Replaced, Removal::Restored), [2]);
    assert_eq!(allowed(EarlierHandler::Replaced, Removal::StaysCaptured), [1]);
    assert_eq!(allowed(EarlierHandler::Replaced, Removal::Unspecified), [1, 2]);
    assert_eq!(allowed(EarlierHandler::Unspecified, Removal::Restored), [2, 3]);
    assert_eq!(allowed(EarlierHandler::Unspecified, Removal::StaysCaptured), [1, 2, 3]);
}

#[test]
fn the_program_s_own_handler_from_before_may_be_there_to_stay() {
    let earlier = scenario_with(
        "before = { handlers = ['SIGHUP'] }",
        "{ step = 'subscribe', signal = 'SIGHUP' }, { step = 'send', signal = 'SIGHUP' }, { step = 'report' }",
    );
    let told = |value, asked, state| {
        let claims = claiming(|claims| claims.earlier_handler = documented(value));
        let lines = ["refused SIGHUP you have one", "starting [PID]", asked, "sending SIGHUP", state];
        broken(judged(&earlier, &claims, &lines))
    };
    let (refused, accepted) = ("refused SIGHUP you have one", "subscribed SIGHUP");
    assert_eq!(told(EarlierHandler::Refused, refused, "state earlier=1"), NOTHING);
    assert_eq!(told(EarlierHandler::Refused, refused, "state earlier=0"), [at(&law::EARLIER_AS_CLAIMED, 5)]);
    let accepted = told(EarlierHandler::Refused, accepted, "state earlier=0");
    assert_eq!(accepted, [at(&law::EARLIER_AS_CLAIMED, 3), at(&law::EARLIER_AS_CLAIMED, 5)]);
    assert_eq!(told(EarlierHandler::Replaced, refused, "state earlier=1")[0], at(&law::ACCEPTS_CATCHABLE, 1));
}

#[test]
fn what_a_backend_documents_to_refuse() {
    let refusal = scenario("{ step = 'subscribe', signal = 'SIGCHLD' }");
    let refuses = claiming(|claims| claims.refuses = documented(vec!["SIGCHLD".parse().expect("a name")]));
    let told = |claims: &Claims, line| broken(judged(&refusal, claims, &["starting [PID]", line]));
    assert_eq!(told(&refuses, "refused SIGCHLD not for you"), NOTHING);
    assert_eq!(told(&refuses, "subscribed SIGCHLD"), [at(&law::REFUSES_AS_CLAIMED, 2)]);
    let supports = |names: &[&str]| {
        let signals = names.iter().map(|name| name.parse().expect("a name")).collect();
        claiming(|claims| claims.supports = documented(signals))
    };
    assert_eq!(told(&supports(&["SIGHUP", "SIGUSR1"]), "refused SIGCHLD not for you"), NOTHING);
    assert_eq!(told(&supports(&["SIGHUP", "SIGUSR1"]), "subscribed SIGCHLD"), [at(&law::SUPPORTS_AS_CLAIMED, 2)]);
    assert_eq!(told(&supports(&["SIGHUP", "SIGUSR1", "SIGCHLD"]), "subscribed SIGCHLD"), NOTHING);
    let wrong = [at(&law::ACCEPTS_CATCHABLE, 2)];
    assert_eq!(told(&supports(&["SIGHUP", "SIGUSR1", "SIGCHLD"]), "refused SIGCHLD not for you"), wrong);
    assert_eq!(told(&strict(), "subscribed SIGCHLD"), NOTHING);
    assert_eq!(told(&strict(), "refused SIGCHLD not for you"), [at(&law::ACCEPTS_CATCHABLE, 2)]);
}

/// The loop then waits for what can never come, and that is the library's doing as well.
#[test]
fn a_loop_that_sleeps_after_a_wrong_refusal_is_judged_by_the_refusal() {
    let waits =
        scenario("{ step = 'subscribe', signal = 'SIGURG' }, { step = 'send', signal = 'SIGURG' }, { step = 'yield' }");
    let lines = ["starting [PID]", "refused SIGURG not for you", "sending SIGURG", "yielding control"];
    let asleep = judged_ending(&waits, &strict(), &lines, stuck());
    assert_eq!(broken(asleep), [at(&law::ACCEPTS_CATCHABLE, 2)]);
}

#[test]
fn a_refusal_that_is_a_documented_panic() {
    let refusal = scenario("{ step = 'subscribe', signal = 'SIGKILL' }, { step = 'subscribe', signal = 'SIGCHLD' }");
    let panics = |refuses: Vec<Signal>| {
        claiming(|claims| {
            claims.refusal = documented(Refusal::Panic);
            claims.refuses = documented(refuses);
        })
    };
    let told = |claims: &Claims, kill, child| broken(judged(&refusal, claims, &["starting [PID]", kill, child]));
    let refuses = panics(vec!["SIGCHLD".parse().expect("a name")]);
    assert_eq!(told(&refuses, "panicked", "panicked"), NOTHING);
    assert_eq!(told(&refuses, "refused SIGKILL invalid argument", "panicked"), NOTHING);
    assert_eq!(told(&panics(Vec::new()), "panicked", "panicked"), [at(&law::ACCEPTS_CATCHABLE, 3)]);
    assert_eq!(told(&strict(), "panicked", "subscribed SIGCHLD"), [at(&law::REFUSES_UNCATCHABLE, 2)]);
}

#[test]
fn what_comes_along_with_a_signal() {
    let one = scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'yield' }");
    let told =
        |claims, call| broken(judged(&one, claims, &["starting [PID]", "sending SIGHUP", "yielding control", call]));
    let fields = vec![InformationField::Sender, InformationField::Code];
    let informed = claiming(|claims| claims.information = documented(fields));
    let wrong = at(&law::INFORMATION_AS_CLAIMED, 4);
    assert_eq!(told(&informed, "signal_handler('SIGHUP') told pid=7 uid=0 code=SI_USER"), NOTHING);
    assert_eq!(told(&informed, "signal_handler('SIGHUP') told pid=8 uid=0 code=SI_USER"), std::slice::from_ref(&wrong));
    assert_eq!(
        told(&informed, "signal_handler('SIGHUP') told pid=7 uid=0 code=SI_TIMER"),
        std::slice::from_ref(&wrong)
    );
    assert_eq!(told(&informed, "signal_handler('SIGHUP')"), [wrong.clone(), wrong]);
    assert_eq!(told(&strict(), "signal_handler('SIGHUP')"), NOTHING);
}

#[test]
fn posts_add_up_to_the_sends() {
    let burst = scenario("{ step = 'flood', signal = 'SIGHUP', times = 3 }, { step = 'yield' }");
    let posts = claims(HandlersRun::SenderThread, Burst::Posts, BatchOrder::Unspecified);
    let told = |calls: &[&str]| {
        let lines = [&["starting [PID]", "flooding SIGHUP 3", "yielding control"], calls].concat();
        broken(judged(&burst, &posts, &lines))
    };
    assert_eq!(told(&["signal_handler('SIGHUP') told posts=3"]), NOTHING);
    assert_eq!(told(&["signal_handler('SIGHUP') told posts=1", "signal_handler('SIGHUP') told posts=2"]), NOTHING);
    assert_eq!(told(&["signal_handler('SIGHUP') told posts=2"])[0], at(&law::BURST_AS_CLAIMED, 4));
    assert_eq!(told(&["signal_handler('SIGHUP') told posts=4"])[0], at(&law::BURST_AS_CLAIMED, 4));
}

#[test]
fn interrupted_system_calls_and_the_stack() {
    let report = scenario("{ step = 'report' }");
    let told = |claims: &Claims, state| broken(judged(&report, claims, &["starting [PID]", state]));
    let system_calls = |value| claiming(|claims| claims.system_calls = documented(value));
    let (restarts, fails) = ("state caught=SIGHUP restarting=SIGHUP", "state caught=SIGHUP");
    let wrong = [at(&law::SYSTEM_CALLS_AS_CLAIMED, 2)];
    assert_eq!(told(&system_calls(SystemCalls::Restart), restarts), NOTHING);
    assert_eq!(told(&system_calls(SystemCalls::Restart), fails), wrong);
    assert_eq!(told(&system_calls(SystemCalls::Interrupted), fails), NOTHING);
    assert_eq!(told(&system_calls(SystemCalls::Interrupted), restarts), wrong);
    let alternate = claiming(|claims| claims.stack = documented(Stack::Alternate));
    assert_eq!(told(&alternate, fails), [at(&law::STACK_AS_CLAIMED, 2)]);
    assert_eq!(told(&alternate, "state caught=SIGHUP on_alternate_stack=SIGHUP"), NOTHING);
    // Signals that are blocked and read, as by a signalfd, have no handler to look at.
    assert_eq!(told(&alternate, "state blocked=SIGHUP"), NOTHING);
    for state in [restarts, fails] {
        assert_eq!(told(&strict(), state), NOTHING);
    }
}

#[test]
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn queued_real_time_signals() {
    use sigconform_fixture::RealTime;

    let queue = scenario(
        "{ step = 'subscribe', signal = 'SIGRTMIN+1' }, { step = 'queue', signal = 'SIGRTMIN+1', value = 1 }, \
         { step = 'queue', signal = 'SIGRTMIN+1', value = 2 }, { step = 'yield' }",
    );
    let told = |claims: &Claims, calls: &[&str]| {
        let queued = ["starting [PID]", "subscribed SIGRTMIN+1", "queueing SIGRTMIN+1 with 1"];
        let lines = [&queued[..], &["queueing SIGRTMIN+1 with 2", "yielding control"], calls].concat();
        broken(judged(&queue, claims, &lines))
    };
    let mut queued = coalescing();
    queued.real_time = documented(RealTime::Queued);
    queued.information = documented(vec![InformationField::Value]);
    let (one, two) = ("signal_handler('SIGRTMIN+1') told value=1", "signal_handler('SIGRTMIN+1') told value=2");
    assert_eq!(told(&queued, &[one, two]), NOTHING);
    assert_eq!(told(&queued, &[two, one])[0], at(&law::REAL_TIME_AS_CLAIMED, 6));
    assert_eq!(told(&queued, &[one]), [at(&law::REAL_TIME_AS_CLAIMED, 6)]);
    assert_eq!(told(&coalescing(), &["signal_handler('SIGRTMIN+1')"]), NOTHING);
}
