//! The laws about the rest of the process, at every boundary of a subscription.

use super::{
    NOTHING, at,
    told::{broken, judged, judged_ending, scenario, scenario_with, strict},
};
use sigconform_fixture::{Claim, Claims, Removal, Stack, Threads};

use crate::{
    judge::{Unjudgeable, law},
    transcript::Ending,
};

/// Reports before, during and after a subscription of SIGTERM, beside those of SIGHUP and SIGUSR1.
const STEPS: &str = "{ step = 'report' }, { step = 'subscribe', signal = 'SIGTERM' }, { step = 'report' },
    { step = 'unsubscribe', subscription = 3 }, { step = 'report' }";

fn restored() -> Claims {
    Claims { removal: Claim::documented(Removal::Restored, "https://docs.example/removal"), ..strict() }
}

/// What is broken where the three reports tell this.
fn told(claims: &Claims, [before, during, after]: [&str; 3]) -> Vec<(String, usize)> {
    let lines = ["starting [PID]", before, "subscribed SIGTERM", during, "unsubscribed SIGTERM", after];
    broken(judged(&scenario(STEPS), claims, &lines))
}

#[test]
fn a_subscription_changes_its_own_signal_and_no_other() {
    let own = ["state", "state caught=SIGTERM restarting=SIGTERM blocked=SIGTERM", "state"];
    assert_eq!(told(&restored(), own), NOTHING);
    for field in ["blocked", "caught", "ignored", "restarting", "on_alternate_stack"] {
        let other = format!("state {field}=SIGWINCH");
        let touched = [at(&law::TOUCHES_ONLY_ITS_OWN, 4), at(&law::TOUCHES_ONLY_ITS_OWN, 6)];
        assert_eq!(told(&restored(), ["state", &other, &other]), touched, "{field}");
        assert_eq!(told(&restored(), [&other, "state", &other]), touched[..1], "{field}");
        assert_eq!(told(&restored(), [&other, &other, "state"]), touched[1..], "{field}");
    }
    // What a report does not tell is unknown, and the laws that do not depend on it speak all the same.
    let untold = "state unknown=restarting";
    assert_eq!(told(&restored(), ["state restarting=SIGWINCH", untold, untold]), NOTHING);
}

#[test]
fn what_is_removed_is_as_it_was() {
    for (field, law) in [
        ("blocked", &law::LEAVES_NO_TRACE),
        ("caught", &law::REMOVAL_AS_CLAIMED),
        ("ignored", &law::REMOVAL_AS_CLAIMED),
    ] {
        let own = format!("state {field}=SIGTERM");
        assert_eq!(told(&restored(), [&own, "state", &own]), NOTHING, "{field}");
        assert_eq!(told(&restored(), [&own, &own, "state"]), [at(law, 6)], "{field}");
        assert_eq!(told(&restored(), ["state", &own, &own]), [at(law, 6)], "{field}");
    }
    // Where nothing is claimed, it may stay captured, and may not be forgotten.
    let caught = "state caught=SIGTERM";
    assert_eq!(told(&strict(), ["state", caught, caught]), NOTHING);
    assert_eq!(told(&strict(), ["state ignored=SIGTERM", caught, caught]), NOTHING);
    for before in [caught, "state ignored=SIGTERM"] {
        assert_eq!(told(&strict(), [before, caught, "state"]), [at(&law::REMOVAL_AS_CLAIMED, 6)]);
    }
    // By a mask that every thread has to have.
    let blocked = "state blocked=SIGTERM";
    let masked = Claims { threads: Claim::documented(Threads::Masked, "https://docs.example/threads"), ..strict() };
    assert_eq!(told(&masked, ["state", blocked, blocked]), NOTHING);
    assert_eq!(told(&masked, [blocked, blocked, "state"]), [at(&law::LEAVES_NO_TRACE, 6)]);
}

#[test]
fn what_is_closed_is_as_it_was() {
    let steps =
        "{ step = 'report' }, { step = 'subscribe', signal = 'SIGTERM' }, { step = 'reopen' }, { step = 'report' }";
    let told = |before, after| {
        let lines = ["starting [PID]", before, "subscribed SIGTERM", "closing", "reopened", after];
        broken(judged(&scenario(steps), &restored(), &lines))
    };
    assert_eq!(told("state ignored=SIGTERM", "state ignored=SIGTERM"), NOTHING);
    assert_eq!(told("state ignored=SIGTERM", "state"), [at(&law::REMOVAL_AS_CLAIMED, 5)]);
    assert_eq!(told("state", "state blocked=SIGTERM"), [at(&law::LEAVES_NO_TRACE, 5)]);
}

#[test]
fn what_the_program_blocks_itself_stays_blocked_and_pending() {
    let steps = "{ step = 'report' }, { step = 'hold', signals = ['SIGTERM'] },
        { step = 'send', signal = 'SIGTERM', to = 'sender-thread' }, { step = 'report' }, { step = 'report' }";
    let pending = scenario(steps);
    let sent = ["starting [PID]", "state", "holding SIGTERM", "sending SIGTERM to its own thread"];
    let told = |first, second| broken(judged(&pending, &strict(), &[&sent[..], &[first, second]].concat()));
    let both = "state blocked=SIGTERM pending=SIGTERM";
    assert_eq!(told(both, both), NOTHING);
    assert_eq!(told(both, "state blocked=SIGTERM"), [at(&law::TOUCHES_ONLY_ITS_OWN, 6)]);
    assert_eq!(told(both, "state pending=SIGTERM"), [at(&law::TOUCHES_ONLY_ITS_OWN, 6)]);
    // It never was, and it is not known whether it is.
    assert_eq!(told("state blocked=SIGTERM", both), [at(&law::TOUCHES_ONLY_ITS_OWN, 5)]);
    let untold = [&sent[..], &[both, "state blocked=SIGTERM unknown=pending"]].concat();
    assert!(judged(&pending, &strict(), &untold).is_err());
    // Whoever unblocks it ends the process.
    let killed = Ending::Killed("SIGTERM".parse().expect("a name"));
    let ended = judged_ending(&pending, &strict(), &[&sent[..], &[both]].concat(), killed.clone());
    assert_eq!(broken(ended), [at(&law::TOUCHES_ONLY_ITS_OWN, 6)]);

    // What is released is the program's own doing, and what was sent to the process another thread may have taken.
    let released = scenario(&format!("{steps}, {{ step = 'release' }}, {{ step = 'report' }}"));
    let lines = [&sent[..], &[both, both, "releasing"]].concat();
    assert_eq!(broken(judged_ending(&released, &strict(), &lines, killed.clone())), NOTHING);
    // Released, it has its default action.
    let lived_on = [&lines[..], &["state"]].concat();
    assert_eq!(broken(judged(&released, &strict(), &lived_on)), [at(&law::DEFAULT_ACTION, 8)]);
    let twice = scenario(&format!("{steps}, {{ step = 'send', signal = 'SIGTERM' }}, {{ step = 'report' }}"));
    let lines = [&sent[..], &[both, both, "sending SIGTERM"]].concat();
    assert_eq!(broken(judged_ending(&twice, &strict(), &lines, killed.clone())), NOTHING);
    let process = scenario("{ step = 'hold', signals = ['SIGTERM'] }, { step = 'send', signal = 'SIGTERM' }");
    let lines = ["starting [PID]", "holding SIGTERM", "sending SIGTERM"];
    assert_eq!(broken(judged_ending(&process, &strict(), &lines, killed.clone())), NOTHING);
    assert_eq!(broken(judged(&process, &strict(), &lines)), NOTHING);
    // So may it be a moment after the release, at any step.
    let steps = "{ step = 'hold', signals = ['SIGTERM'] }, { step = 'send', signal = 'SIGTERM' }, { step = 'release' }, \
                 { step = 'work', millis = 1 }";
    let lines = ["starting [PID]", "holding SIGTERM", "sending SIGTERM", "releasing", "working"];
    assert_eq!(broken(judged_ending(&scenario(steps), &strict(), &lines, killed)), NOTHING);
}

#[test]
fn only_what_waits_where_it_was_sent_must_be_pending_there() {
    let told = |steps: &str, lines: &[&str]| {
        broken(judged(&scenario(steps), &strict(), &[&["starting [PID]"], lines].concat()))
    };
    let hold = "{ step = 'hold', signals = ['SIGTERM'] }, { step = 'send', signal = 'SIGTERM', to = 'sender-thread' }";
    let sent = ["holding SIGTERM", "sending SIGTERM to its own thread"];
    // What the system did not send.
    let unsent = [&sent[..], &["SIGTERM was not sent", "state blocked=SIGTERM"]].concat();
    assert_eq!(told(&format!("{hold}, {{ step = 'report' }}"), &unsent), NOTHING);
    // What is the library's from now on, and what has always been.
    let later = format!("{hold}, {{ step = 'subscribe', signal = 'SIGTERM' }}, {{ step = 'report' }}");
    let lines = [&sent[..], &["subscribed SIGTERM", "state blocked=SIGTERM"]].concat();
    assert_eq!(told(&later, &lines), NOTHING);
    let its = hold.replace("SIGTERM", "SIGHUP");
    let lines = ["holding SIGHUP", "sending SIGHUP to its own thread", "state blocked=SIGHUP"];
    assert_eq!(told(&format!("{its}, {{ step = 'report' }}"), &lines), NOTHING);
    // What nobody holds.
    let through = "{ step = 'send', signal = 'SIGWINCH', to = 'sender-thread' }, { step = 'report' }";
    assert_eq!(told(through, &["sending SIGWINCH to its own thread", "state"]), NOTHING);
}

#[test]
fn what_was_pending_is_so_until_it_is_released_or_subscribed() {
    let reports = "{ step = 'report' }, { step = 'report' }";
    let told = |steps: &str, lines: &[&str]| {
        broken(judged(&scenario(steps), &strict(), &[&["starting [PID]"], lines].concat()))
    };
    let pending = "state pending=SIGWINCH";
    assert_eq!(told(reports, &[pending, pending]), NOTHING);
    assert_eq!(told(reports, &["state", pending]), NOTHING);
    assert_eq!(told(reports, &[pending, "state"]), [at(&law::TOUCHES_ONLY_ITS_OWN, 3)]);
    assert_eq!(told(reports, &["state pending=SIGHUP", "state"]), NOTHING, "its handler may have been called");
    let released = "{ step = 'report' }, { step = 'hold', signals = ['SIGWINCH'] }, { step = 'release' }, \
                    { step = 'report' }, { step = 'report' }";
    let lines = |last| [pending, "holding SIGWINCH", "releasing", "state pending=SIGURG", last];
    assert_eq!(told(released, &lines("state pending=SIGURG")), NOTHING);
    assert_eq!(told(released, &lines("state")), [at(&law::TOUCHES_ONLY_ITS_OWN, 6)]);
}

#[test]
fn how_a_handler_differs_is_told_and_a_report_that_is_asked_for_it_has_to_tell_it() {
    let steps = "{ step = 'report' }, { step = 'report', same = ['actions'] }";
    let own = "state caught=SIGWINCH";
    let said = |first: &str, second: &str| judged(&scenario(steps), &strict(), &["starting [PID]", first, second]);
    for (field, what) in
        [("handler=2", "another handler"), ("flags=1", "other flags"), ("masked=SIGHUP", "another sa_mask")]
    {
        let violations = said(own, &format!("{own} {field}")).expect("nothing that is the fixture's fault");
        let message = format!("SIGWINCH, never subscribed, is caught with {what} than before");
        assert_eq!(violations.iter().map(|violation| &violation.message).collect::<Vec<_>>(), [&message]);
    }
    assert_eq!(broken(said(own, own)), NOTHING);
    assert!(said(own, "state caught=SIGWINCH unknown=actions").is_err());
    let not_asked = steps.replace(", same = ['actions']", "");
    let lines = ["starting [PID]", own, "state caught=SIGWINCH unknown=actions"];
    assert_eq!(broken(judged(&scenario(&not_asked), &strict(), &lines)), NOTHING);
}

#[test]
fn a_disposition_that_the_program_has_changed_itself_is_its_own() {
    let steps = "{ step = 'report' }, { step = 'later-handler', signal = 'SIGTERM' }, { step = 'report' }";
    let fields = "before = { handlers = ['SIGTERM'] }";
    let told = "state caught=SIGTERM earlier-SIGTERM=0";
    let lines = ["starting [PID]", "state earlier-SIGTERM=0", "installed a later handler of SIGTERM", told];
    assert_eq!(broken(judged(&scenario_with(fields, steps), &strict(), &lines)), NOTHING);
    // Removed, it is what the program made of it.
    let steps = "{ step = 'report' }, { step = 'subscribe', signal = 'SIGTERM' }, \
                 { step = 'later-handler', signal = 'SIGTERM' }, { step = 'unsubscribe', subscription = 3 }, \
                 { step = 'report' }";
    let later = "installed a later handler of SIGTERM";
    let lines =
        ["starting [PID]", "state", "subscribed SIGTERM", later, "unsubscribed SIGTERM", "state caught=SIGTERM"];
    assert_eq!(broken(judged(&scenario(steps), &restored(), &lines)), NOTHING);
}

#[test]
fn a_handler_of_the_program_s_own_keeps_its_flags_and_comes_back_with_them() {
    let (own, flags, handler) =
        ("state caught=SIGTERM", "state caught=SIGTERM flags=1", "state caught=SIGTERM handler=2");
    for other in [flags, handler] {
        // While it is subscribed, another handler is in its place.
        assert_eq!(told(&restored(), [own, other, own]), NOTHING);
        assert_eq!(told(&restored(), [own, own, other]), [at(&law::REMOVAL_AS_CLAIMED, 6)]);
        assert_eq!(told(&strict(), [own, other, other]), NOTHING);
    }
    let (own, flags) = ("state caught=SIGWINCH", "state caught=SIGWINCH flags=1");
    assert_eq!(told(&strict(), [own, own, flags]), [at(&law::TOUCHES_ONLY_ITS_OWN, 6)]);
}

#[test]
fn what_is_no_signal_s_is_left_alone() {
    let stacked = Claims { stack: Claim::documented(Stack::Alternate, "https://docs.example/stack"), ..strict() };
    for changed in [
        "timers=1",
        "environment=other",
        "directory=/tmp",
        "thread=loop",
        "stack=4096",
        "standard_error=nonblocking",
        "standard_error=closed",
    ] {
        let changed = format!("state {changed}");
        assert_eq!(told(&strict(), ["state", "state", &changed]), [at(&law::TOUCHES_ONLY_ITS_OWN, 6)], "{changed}");
        assert_eq!(told(&strict(), [&changed, &changed, &changed]), NOTHING, "{changed}");
    }
    assert_eq!(told(&stacked, ["state", "state", "state stack=4096"]), NOTHING);
    let told_of = |after| {
        let lines = ["starting [PID]", "state", "subscribed SIGTERM", "state", "unsubscribed SIGTERM", after];
        judged(&scenario(STEPS), &strict(), &lines).expect("it is judged").remove(0)
    };
    let changed = told_of("state standard_error=nonblocking");
    assert_eq!(changed.message, "descriptor 2 became a pipe with O_NONBLOCK without FD_CLOEXEC");
    assert_eq!(changed.allowed, "pipe without O_NONBLOCK with FD_CLOEXEC, as in the first report");
    // It may be the loop's, which has had it since before the first report.
    for changed in ["nonblocking", "closed"] {
        let changed = format!("state another_descriptor={changed}");
        assert_eq!(told(&strict(), ["state", "state", &changed]), NOTHING, "{changed}");
    }
    // Untold, it is nothing that other scenarios depend on, and a skip where it is asked for.
    let untold = "state unknown=surroundings";
    assert_eq!(told(&strict(), ["state", "state", untold]), NOTHING);
    assert_eq!(told(&strict(), [untold, "state", "state timers=1"]), NOTHING, "it is the first that counts");
    let asked = scenario("{ step = 'report' }, { step = 'report', same = ['surroundings'] }");
    assert!(judged(&asked, &strict(), &["starting [PID]", "state", untold]).is_err());
    assert!(judged(&asked, &strict(), &["starting [PID]", untold, "state"]).is_err());
    assert!(judged(&asked, &strict(), &["starting [PID]", "state", "state unknown=open"]).is_err());
    assert_eq!(broken(judged(&asked, &strict(), &["starting [PID]", "state", "state"])), NOTHING);
    // Its own timer is the program's business.
    let timer = scenario("{ step = 'report' }, { step = 'timer', millis = 1 }, { step = 'report' }");
    let lines = ["starting [PID]", "state", "starting a timer", "state timers=1"];
    assert_eq!(broken(judged(&timer, &strict(), &lines)), NOTHING);
}

/// What is there before the loop is what every later report is compared with.
#[test]
fn a_loop_that_is_opened_leaves_everything_as_it_was() {
    let opening =
        scenario_with("before = { report = true }", "{ step = 'report', same = ['surroundings', 'blocked'] }");
    let said = |before: &str, after: &str| broken(judged(&opening, &strict(), &[before, "starting [PID]", after]));
    assert_eq!(said("state blocked=SIGALRM", "state blocked=SIGALRM"), NOTHING);
    for changed in ["caught=SIGWINCH", "ignored=SIGPIPE", "timers=1", "directory=/tmp", "thread=loop", "stack=4096"] {
        let changed = format!("state {changed}");
        assert_eq!(said("state", &changed), [at(&law::TOUCHES_ONLY_ITS_OWN, 3)], "{changed}");
    }
    let unblocked = said("state blocked=SIGALRM", "state");
    assert_eq!(unblocked, [at(&law::LEAVES_NO_TRACE, 3), at(&law::TOUCHES_ONLY_ITS_OWN, 3)]);
    // What is a thread's own, another thread may have otherwise; what is the process's it may not.
    assert_eq!(said("state blocked=SIGALRM", "state thread_id=2 thread=worker stack=4096"), NOTHING);
    let elsewhere = said("state", "state thread_id=2 caught=SIGWINCH");
    assert_eq!(elsewhere, [at(&law::TOUCHES_ONLY_ITS_OWN, 3)]);
    // Where a report is told that was not asked for, the fixture has left its script.
    let unasked = judged(&scenario("{ step = 'report' }"), &strict(), &["state", "starting [PID]", "state"]);
    assert!(matches!(unasked, Err(Unjudgeable::OffScript { .. })), "{unasked:?}");
}

/// From one report of a running loop to the next a task may have come to another thread, whose mask was the same.
#[test]
fn a_task_that_goes_on_elsewhere_has_another_name_and_stack() {
    assert_eq!(told(&strict(), ["state", "state", "state thread_id=2 thread=worker stack=4096"]), NOTHING);
    let blocked = told(&strict(), ["state", "state", "state thread_id=2 blocked=SIGALRM"]);
    assert_eq!(blocked, [at(&law::TOUCHES_ONLY_ITS_OWN, 6)]);
}
