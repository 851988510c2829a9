//! Where handlers and tasks run, each as it is claimed: one claim says nothing of the other.

use sigconform_fixture::{Claim, Claims, HandlersRun, TasksRun};

use super::{
    NOTHING, at,
    told::{broken, judged, judged_ending, scenario, scenario_with, strict},
};
use crate::{judge::law, transcript::Ending};

fn running(handlers: HandlersRun, tasks: TasksRun) -> Claims {
    Claims {
        handlers_run: Claim::documented(handlers, "https://docs.example/handlers"),
        tasks_run: Claim::documented(tasks, "https://docs.example/tasks"),
        ..strict()
    }
}

#[test]
fn handlers_and_tasks_each_run_where_they_are_claimed_to() {
    let one = scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'tick', times = 1 }, { step = 'yield' }");
    let (handlers, tasks) = (
        running(HandlersRun::SenderThread, TasksRun::Concurrently),
        running(HandlersRun::Concurrently, TasksRun::SenderThread),
    );
    let told = |claims: &Claims, call, tick| {
        broken(judged(&one, claims, &["starting [PID]", "sending SIGHUP", "yielding control", call, tick]))
    };
    let (call, tick) = ("signal_handler('SIGHUP')", "tick 1");
    let (call_elsewhere, tick_elsewhere) = ("signal_handler('SIGHUP') on another thread", "tick 1 on another thread");
    for claims in [&handlers, &tasks] {
        assert_eq!(told(claims, call, tick), NOTHING);
    }
    assert_eq!(told(&handlers, call, tick_elsewhere), NOTHING);
    assert_eq!(told(&handlers, call_elsewhere, tick), [at(&law::CLAIMED_THREAD, 4)]);
    assert_eq!(told(&tasks, call_elsewhere, tick), NOTHING);
    assert_eq!(told(&tasks, call, tick_elsewhere), [at(&law::CLAIMED_THREAD, 5)]);
}

/// A loop that is closed may turn once more.
#[test]
fn handlers_may_run_while_the_loop_closes() {
    let reopen = scenario("{ step = 'send', signal = 'SIGHUP' }, { step = 'reopen' }");
    let (sending, call) = ("sending SIGHUP", "signal_handler('SIGHUP')");
    let told = |lines: &[&str]| broken(judged(&reopen, &strict(), lines));
    assert_eq!(told(&["starting [PID]", sending, "closing", call, "reopened"]), NOTHING);
    assert_eq!(told(&["starting [PID]", sending, call, "closing", "reopened"]), [at(&law::ONLY_AT_YIELDS, 3)]);
    // The last close.
    let send = scenario_with("ends_at_once = true", "{ step = 'send', signal = 'SIGHUP' }");
    let told = |lines: &[&str]| judged_ending(&send, &strict(), lines, Ending::Exited(0));
    assert_eq!(broken(told(&["starting [PID]", sending, call, "finished"])), NOTHING);
    // Nothing is left to do, so when the loop is left for good cannot be seen.
    assert_eq!(broken(told(&["starting [PID]", sending, "finished", call])), NOTHING);
}
