//! Pairs of steps that can never follow each other, whatever a backend claims, and why: what is not among them and is never
//! reached is a fault of the generator.

use crate::catalogue::Act::{
    self, AwaitClose, AwaitFlood, AwaitHangUp, AwaitKill, AwaitResize, AwaitTrace, AwaitType, AwaitWhileStopped,
    BreakPipe, CheckErrno, Children, ChildrenStop, ContinueChildren, EndRead, FloodFromThreads, Fork, ForkLoop, Hold,
    JoinSecondLoop, LaterHandler, ReadElsewhere, ReadInBackground, Relay, Release, Reopen, Report, ReportThread,
    SecondLoop, Send, SendToIdle, SpawnKilled, SpawnReport, SpawnThread, SubscribeCloser, SubscribeCoroutine,
    SubscribeSends, Tick, Timer, Unsubscribe, Work, Yield,
};

/// Steps that need a handler in this loop.
const FOR_SUBSCRIBED: &[Act] = &[
    Unsubscribe,
    FloodFromThreads,
    SendToIdle,
    AwaitKill,
    AwaitFlood,
    AwaitWhileStopped,
    AwaitTrace,
    AwaitType,
    AwaitResize,
    AwaitHangUp,
    Fork,
    ForkLoop,
    Children,
    ChildrenStop,
    ContinueChildren,
    Timer,
    BreakPipe,
    LaterHandler,
    ReadInBackground,
    CheckErrno,
];
/// Steps that wait.
const WAITS: &[Act] =
    &[Yield, AwaitKill, AwaitFlood, AwaitWhileStopped, AwaitTrace, AwaitType, AwaitResize, AwaitHangUp, AwaitClose];
/// Steps after which a signal is on its way.
const COMES: &[Act] = &[
    ReadInBackground,
    Children,
    ChildrenStop,
    ContinueChildren,
    Timer,
    SendToIdle,
    BreakPipe,
    CheckErrno,
    FloodFromThreads,
];
/// Those that come along with nothing that the sender does, and so at any time.
const COMES_BY_ITSELF: &[Act] = &[ReadInBackground, Children, ChildrenStop, ContinueChildren, Timer, SendToIdle];
/// Children that SIGCHLD tells of, and others, which only their own step waits for.
const TOLD_OF: &[Act] = &[Children, ChildrenStop, ContinueChildren];
const WAITED_FOR: &[Act] = &[Fork, ForkLoop, SpawnReport, SpawnKilled];
/// Steps of the terminal.
const TERMINAL: &[Act] = &[AwaitType, AwaitResize, AwaitHangUp];
/// What can only be while nothing is held.
const UNHELD: &[Act] = &[
    FloodFromThreads,
    SubscribeCoroutine,
    Relay,
    Unsubscribe,
    AwaitClose,
    Report,
    Reopen,
    ForkLoop,
    SpawnReport,
    SpawnKilled,
    SecondLoop,
];

/// The first, the second, and why the one cannot come right after the other.
const TABLE: &[(&[Act], &[Act], &str)] = &[
    (&[Reopen], FOR_SUBSCRIBED, "nothing is subscribed in a loop that was opened just now"),
    (UNHELD, &[Release], "nothing is held"),
    (&[Release], &[Release], "nothing is held any more"),
    (&[Hold], UNHELD, "something is held"),
    (&[Hold], &[Hold], "what is held twice is released once"),
    (COMES, &[SubscribeCloser, Relay, AwaitClose], "the loop may be closed before what is on its way is handled"),
    (COMES, &[ForkLoop], "the child may take what is on its way"),
    (COMES_BY_ITSELF, &[Reopen], "what comes by itself may come when its handler is gone"),
    (&[AwaitFlood], &[Relay, AwaitClose, Reopen], "the harness may be sending yet"),
    (&[Tick], &[Relay, AwaitClose, Reopen, ForkLoop], "a task that has turns left is gone with its loop"),
    (&[SubscribeSends], WAITS, "a handler that will send has not been called"),
    (&[SubscribeSends], &[Relay, ForkLoop, SecondLoop], "a handler that will send has not been called"),
    (TOLD_OF, WAITED_FOR, "SIGCHLD is subscribed: how often it comes along is not told"),
    (WAITED_FOR, TOLD_OF, "SIGCHLD is not subscribed"),
    (TOLD_OF, &[ReadInBackground], "the children are in the group that is stopped"),
    (&[ReadInBackground], TOLD_OF, "a child may be stopped with the group"),
    (&[ReadInBackground], WAITED_FOR, "a child may be stopped with the group"),
    (&[ChildrenStop, ContinueChildren], TERMINAL, "the children are in the group that is signalled"),
    (TERMINAL, &[ContinueChildren], "no child has stopped, since it would be in the group that is signalled"),
    (&[ContinueChildren], &[ContinueChildren], "no child has stopped since"),
    (&[ReadInBackground], TERMINAL, "the process is in the background of its terminal"),
    (&[ReadInBackground], &[ReadInBackground], "the process is in the background already"),
    (&[ReadInBackground], &[AwaitWhileStopped], "SIGCONT takes a stop signal back"),
    (&[AwaitHangUp], TERMINAL, "the terminal has hung up"),
    (&[AwaitHangUp], &[ReadInBackground], "the terminal has hung up"),
    (&[BreakPipe], &[SpawnReport, SpawnKilled], "SIGPIPE is caught, which a child has ignored or not"),
    (&[SpawnReport, SpawnKilled], &[BreakPipe], "SIGPIPE is not subscribed, since a child has it ignored or not"),
    (&[Timer], &[Timer], "one that came earlier may be taken for it"),
    (&[SpawnThread, ReportThread, ReadElsewhere, SecondLoop], &[ForkLoop], "another thread may hold a lock"),
    (&[ForkLoop], &[SendToIdle, ReportThread, EndRead, JoinSecondLoop], "there is no other thread"),
    (&[LaterHandler], &[AwaitClose, Report, Reopen], "the program's own handler stands over the library's"),
    (&[ReadElsewhere], &[ReadElsewhere], "a thread reads already"),
    (&[EndRead], &[EndRead], "no thread reads any more"),
    (&[SecondLoop], &[Relay, AwaitClose, Reopen, SecondLoop], "a second loop is open"),
    (&[SecondLoop], &[FloodFromThreads], "a second loop is open, and its thread may block what is sent"),
    (&[FloodFromThreads], &[JoinSecondLoop], "no second loop is open"),
    (&[SecondLoop], &[JoinSecondLoop], "its signal has not been sent: it would never end"),
    (&[JoinSecondLoop], &[JoinSecondLoop], "no second loop is open any more"),
    (&[Reopen], &[JoinSecondLoop], "no second loop is open while the first is closed"),
];

/// Why the second cannot come right after the first; nothing where it can.
pub(super) fn why(first: Act, second: Act) -> Option<&'static str> {
    match first {
        AwaitClose if second != Reopen => return Some("the loop is closed: only `reopen` may follow"),
        Relay if ![Relay, Send, Work].contains(&second) => {
            return Some("two handlers that send each other's signal keep the loop busy until it is closed");
        }
        _ => {}
    }
    let here = |(one, other, _): &&(&[Act], &[Act], &str)| one.contains(&first) && other.contains(&second);
    TABLE.iter().find(here).map(|(_, _, reason)| *reason)
}
