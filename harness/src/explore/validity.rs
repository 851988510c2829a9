//! Validity: which step may come where a script stands, for a backend with certain claims; and why another may not.
//!
//! A script is valid when the judge can say of every transcript of it whether it is right. So no step may leave to chance
//! what nobody is held to: which of two threads takes a signal, whether a timer expires before its handler is removed,
//! whether a stop signal takes back a SIGCONT that is pending. Where only the library decides, everything is valid.

mod acting;
mod beside;
mod sending;
mod subscribing;

use sigconform_fixture::{ChildThen, Receiver, Signal, SystemCalls, Threads};

use super::{
    abilities::Abilities,
    situation::{Does, Situation, is_stop},
};
use crate::catalogue::{Aspect, Scenario, ScenarioStep};

/// Why a step cannot come here: for people.
pub(super) type Reason = &'static str;

/// Queued signals count against a limit of the user's, whoever else has some.
const MOST_QUEUED: u32 = 300;

/// Most pipes of the program's own.
const MOST_PIPES: u32 = 8;

/// Handler calls of one script: each is a line of its transcript.
const MOST_CALLS: u64 = 70_000;

/// Signals whose default action ends a process in every language: no runtime keeps them for itself.
const ENDING: [i32; 5] = [libc::SIGALRM, libc::SIGHUP, libc::SIGTERM, libc::SIGUSR1, libc::SIGUSR2];
/// Of those, what ends a child program in every language.
const ENDING_CHILD: [i32; 3] = [libc::SIGALRM, libc::SIGHUP, libc::SIGTERM];

type Valid = Result<(), Reason>;

/// Holds a condition against its reason.
fn must(holds: bool, reason: Reason) -> Valid {
    if holds { Ok(()) } else { Err(reason) }
}

/// Whether a scenario is one that the judge can judge for a backend that can do this: the first step that is not.
///
/// # Errors
/// The step's index (past the last one: the end) and why it cannot stand there.
pub(super) fn check(able: &Abilities, scenario: &Scenario) -> Result<(), (usize, Reason)> {
    check_start(able, scenario).map_err(|reason| (0, reason))?;
    let mut here = Situation::before(able, scenario);
    for &signal in &scenario.subscribe {
        let step = ScenarioStep::Subscribe { signal, sends: None };
        here.admits(&step).map_err(|reason| (0, reason))?;
        here.apply(&step, &mut |_, _| {});
    }
    for (at, step) in scenario.steps.iter().enumerate() {
        here.admit_and_apply(step).map_err(|reason| (at, reason))?;
    }
    here.may_end().map_err(|reason| (scenario.steps.len(), reason))
}

/// How a process may be started, and what it may do before its loop.
pub(super) fn check_start(able: &Abilities, Scenario { start, before, subscribe, .. }: &Scenario) -> Valid {
    let claims = &able.claims;
    let done = before.names().all(|asked| able.before.iter().any(|name| name == asked));
    must(done, "its fixture does not do what comes before the loop")?;
    let own = before.handlers.iter().chain(&start.blocked).chain(&start.ignored);
    must(own.copied().all(Signal::is_catchable), "what cannot be caught cannot be blocked or ignored either")?;
    if before.loop_on_second_thread {
        let main = claims.loop_thread.value == sigconform_fixture::LoopThread::Main;
        must(!main, "the backend documents that its loop runs on the main thread")?;
        must(claims.threads.value != Threads::Masked, "the main thread does not block what the backend needs blocked")?;
        must(before.handlers.is_empty(), "another thread may run the program's own handler after the report")?;
    }
    let both = before.handlers.iter().any(|signal| start.blocked.contains(signal));
    must(!both, "the program's own handler of a blocked signal is called at some time or never")?;
    let rest = start.blocked.len() + start.ignored.len() < able.pool.len();
    must(rest, "nothing is left that could be handled")?;
    must(subscribe.iter().all(|signal| signal.is_catchable()), "what must be refused is subscribed by a step")
}

impl Situation<'_> {
    /// Whether the step may come, and if so, plays it.
    pub(super) fn admit_and_apply(&mut self, step: &ScenarioStep) -> Valid {
        if let ScenarioStep::Repeat { times, steps } = step {
            (0..*times).try_for_each(|_| steps.iter().try_for_each(|step| self.admit_and_apply(step)))?;
            self.repeated(*times);
            return Ok(());
        }
        self.admits(step)?;
        self.apply(step, &mut |_, _| {});
        Ok(())
    }

    /// Whether the script may end here.
    pub(super) fn may_end(&self) -> Valid {
        if self.ended {
            return Ok(());
        }
        must(!self.alarm, "a timer that is never waited for may end the process on its way out")?;
        must(!self.children, "children that nobody waits for end at some time or never")?;
        must(self.second.is_none(), "the second loop is still open")?;
        let fatal = self.astray().iter().any(|signal| !signal.default_is_harmless());
        must(!fatal || self.stays_captured(), "what is still on its way may end the process on its way out")?;
        must(!self.closed && !self.closing, "the loop is closed: only `reopen` may follow")?;
        must(self.relays.is_empty(), "two handlers keep the loop busy: only `reopen` may follow")
    }

    /// Whether the step may come here.
    #[expect(clippy::too_many_lines, reason = "a table: an arm for each step")]
    pub(super) fn admits(&self, step: &ScenarioStep) -> Valid {
        must(!self.ended, "the process has ended")?;
        if let Some(act) = self.act(step) {
            must(self.able.can(act), "the backend or its fixture cannot do it")?;
        }
        let reopens = *step == ScenarioStep::Reopen;
        must(!self.closed || reopens, "the loop is closed: only `reopen` may follow")?;
        if !self.relays.is_empty() {
            return self.while_relaying(step);
        }
        if self.closing {
            must(*step == ScenarioStep::Yield, "the loop is about to be closed: only `yield` may follow")?;
        }
        if !self.removing.is_empty() || !self.adding.is_empty() {
            acting::while_acting(step)?;
        }
        match *step {
            ScenarioStep::Subscribe { signal, sends: None } => self.may_subscribe(signal),
            ScenarioStep::Subscribe { signal, sends: Some(sends) } => self.may_subscribe_sender(signal, sends),
            ScenarioStep::SubscribeCloser { signal } => self.may_subscribe_closer(signal),
            ScenarioStep::SubscribeAdder { signal, adds } => self.may_subscribe_adder(signal, adds),
            ScenarioStep::SubscribeRemover { signal, removes } => self.may_subscribe_remover(signal, removes),
            ScenarioStep::SubscribeCoroutine { signal } => {
                must(!self.is_subscribed(signal) && self.able.takes(signal), "it would be refused for another reason")?;
                must(self.held.is_none(), "subscribing may change the mask, which `release` takes back")
            }
            ScenarioStep::Relay { signal, sends } => self.may_relay(signal, sends),
            ScenarioStep::UnsubscribeNewest => self.admits(&ScenarioStep::Unsubscribe { subscription: self.newest() }),
            ScenarioStep::Unsubscribe { subscription } => {
                let Some(live) = self.live.get(&subscription) else { return Err("there is no such subscription") };
                self.may_lose(live.signal)?;
                must(live.does == Does::Nothing, "its handler has something to do yet")
            }
            ScenarioStep::Send { signal, to } => self.may_send(signal, 1, to),
            ScenarioStep::CheckErrno { signal } => {
                must(self.is_subscribed(signal), "no signal handler of the library's runs")?;
                self.may_send(signal, 1, Receiver::Process)
            }
            ScenarioStep::Flood { signal, times } => {
                must(times > 0, "nothing is sent")?;
                must(self.is_subscribed(signal) || !self.ends_the_process(signal), "the first one ends the process")?;
                self.may_send(signal, times, Receiver::Process)
            }
            ScenarioStep::FloodFromThreads { signal, threads, times } => {
                must(threads > 0 && times > 0, "nothing is sent")?;
                must(self.is_subscribed(signal), "it is about handlers that run on several threads at once")?;
                must(self.able.claims.threads.value == Threads::Any, "a thread that blocks it keeps it for good")?;
                let blocked = self.held.is_some() || self.started_blocked.contains(signal);
                must(!blocked && self.second.is_none(), "the threads may block it")?;
                self.may_send(signal, threads.saturating_mul(times), Receiver::Process)
            }
            ScenarioStep::Queue { signal, may_fail, .. } => {
                must(self.is_subscribed(signal) || !self.ends_the_process(signal), "it ends the process")?;
                must(may_fail == (self.limited && signal.is_real_time()), "whether it fails is the limit's business")?;
                must(!self.limited || may_fail, "without room in the queue its value is lost")?;
                if may_fail { Ok(()) } else { self.may_send(signal, 1, Receiver::Process) }
            }
            ScenarioStep::Hold { ref signals } => self.may_hold(signals),
            ScenarioStep::Release => must(self.held.is_some(), "nothing is held"),
            ScenarioStep::Settle { .. } => self.may_turn(),
            ScenarioStep::Tick { times } => must(times > 0, "a task takes a turn at least"),
            ScenarioStep::Yield => self.may_yield(),
            ScenarioStep::Await { ref action } => self.may_await(action),
            ScenarioStep::AwaitClose => {
                self.may_close()?;
                must(self.is_quiet() && self.armed.is_empty(), "what is on its way may be handled before the close")?;
                must(self.second.is_none(), "a second loop is open")
            }
            ScenarioStep::Report { ref same } => {
                must(self.held.is_none(), "what is held is blocked, and nobody subscribed it")?;
                let second = self.ever_second.without(self.once).is_empty();
                must(second, "a second loop has changed the disposition of its signal")?;
                must(self.own_later.is_empty(), "the program's own handler has taken the place of the library's")?;
                let comparable = self.comparable();
                same.iter().try_for_each(|aspect| match aspect {
                    Aspect::Descriptors | Aspect::Threads => {
                        must(self.is_countable(), "what is kept for the next round, or closed late, is no leak")
                    }
                    Aspect::Memory => Err("what is kept for the next rounds is no leak"),
                    aspect => must(comparable.contains(aspect), "the first report found something else"),
                })
            }
            ScenarioStep::Reopen => {
                self.may_close()?;
                must(self.second.is_none(), "a second loop is open")?;
                must(self.own_later.is_empty(), "the program's own handler stands over the library's")
            }
            ScenarioStep::Work { .. } | ScenarioStep::SpawnThread | ScenarioStep::Repeat { .. } => Ok(()),
            ScenarioStep::CheckWaker { .. } => Err("a plain send shows as much of everything else"),
            ScenarioStep::LimitDescriptors { .. } => Err("what is refused then only the system decides"),
            ScenarioStep::OpenPipe => must(self.pipes < MOST_PIPES, "a process has a limit of descriptors"),
            ScenarioStep::CheckPipe => must(self.pipes > 0, "the program has none of its own"),
            ScenarioStep::ReportThread => self.may_report_thread(),
            ScenarioStep::ReadElsewhere => must(self.reader.is_none(), "a thread reads already"),
            ScenarioStep::EndRead => {
                let Some(reader) = self.reader else { return Err("no thread reads") };
                let is_sure = self.able.claims.system_calls.value != SystemCalls::Interrupted || reader.interrupted;
                must(is_sure, "no signal has reached the thread in its read")
            }
            ScenarioStep::Fork { signal } => {
                must(self.is_subscribed(signal) && !is_stop(signal), "the child might stop, and never end")?;
                self.may_have_children()
            }
            ScenarioStep::ForkLoop { signal } => self.may_fork_loop(signal),
            ScenarioStep::SpawnReport => {
                self.may_have_children()?;
                self.may_spawn()
            }
            ScenarioStep::SpawnKilled { signal } => {
                must(ENDING_CHILD.contains(&signal.as_raw()), "it does not end a child in every language")?;
                let spared = self.started_ignored.and(self.started_blocked);
                must(!spared.contains(signal), "the child is started with it blocked or ignored")?;
                self.may_have_children()?;
                self.may_spawn()
            }
            ScenarioStep::Children { times, then } => {
                must(times > 0, "nobody is started")?;
                self.may_be_announced()?;
                match then {
                    ChildThen::Exit | ChildThen::Stop => Ok(()),
                }
            }
            ScenarioStep::ContinueChildren => {
                must(self.stopping > 0, "no child has stopped")?;
                self.may_be_announced()
            }
            ScenarioStep::Timer { millis } => {
                let signal = Signal::from_raw(libc::SIGALRM);
                must(millis > 0, "it expires at once or never")?;
                must(!self.is_held(signal), "what is held may expire before or after the release")?;
                must(!self.is_on_its_way(libc::SIGALRM), "one that came earlier may be taken for it")?;
                self.may_come_from_kernel(signal)
            }
            ScenarioStep::BreakPipe => {
                let signal = Signal::from_raw(libc::SIGPIPE);
                must(self.is_subscribed(signal), "who does not subscribe it may ignore it or end")?;
                must(!self.is_deaf_to(signal), "it is blocked from the start")?;
                self.may_send(signal, 1, Receiver::SenderThread)
            }
            ScenarioStep::LaterHandler { signal } => {
                must(self.is_subscribed(signal), "the program's own handler is the only one")?;
                must(!self.own_earlier.contains(signal), "the program's two handlers would call each other for ever")?;
                must(!self.own_later.contains(signal), "the program's own handler would call itself for ever")?;
                must(
                    self.handlers_of(signal).all(|live| live.does == Does::Nothing),
                    "its handler is not there to stay",
                )
            }
            ScenarioStep::ReadInBackground => {
                let signal = Signal::from_raw(libc::SIGTTIN);
                must(self.terminal && !self.hung_up && !self.background, "there is no terminal to read from")?;
                must(!self.has_lasting_children(), "the children are in the group that is stopped")?;
                must(self.handlers_of(signal).all(|live| !live.spent), "one that came earlier may be taken for it")?;
                must(!self.is_held(signal), "what is held is not waited for")?;
                self.may_have_children()?;
                self.may_come_from_kernel(signal)
            }
            ScenarioStep::SecondLoop { signal } => self.may_open_second(signal),
            ScenarioStep::JoinSecondLoop => match self.second {
                None => Err("no second loop is open"),
                Some((_, false)) => Err("its signal has not been sent: it would never end"),
                Some((_, true)) => Ok(()),
            },
        }
    }
}
