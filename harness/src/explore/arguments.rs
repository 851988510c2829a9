//! The arguments of a step, drawn at random: likely ones, which need not be valid; and which steps may lead to where
//! another becomes valid.

use sigconform_fixture::{ChildThen, Key, OutsideAction, Receiver, Signal};

use super::{chance::Chance, situation::Situation};
use crate::catalogue::{Act, ScenarioStep};

/// What ends nothing where nobody has subscribed it.
const HARMLESS: [i32; 4] = [libc::SIGURG, libc::SIGWINCH, libc::SIGCONT, libc::SIGCHLD];

/// A step that is this act, mostly about the signals of the palette.
#[expect(clippy::too_many_lines, reason = "a table: an arm for each act")]
pub(super) fn of(act: Act, here: &Situation<'_>, palette: &[Signal], chance: &mut Chance) -> Option<ScenarioStep> {
    let subscribed: Vec<_> = here.subscribed().iter().collect();
    // Mostly what is subscribed, now and then what is not.
    let sent = |chance: &mut Chance| {
        let from = match chance.below(25) {
            0 => palette,
            1 => &HARMLESS.map(Signal::from_raw)[..],
            _ => &subscribed,
        };
        chance.one_of(from).or_else(|| chance.one_of(palette))
    };
    Some(match act {
        Act::Subscribe => ScenarioStep::Subscribe { signal: new(here, palette, chance)?, sends: None },
        Act::SubscribeRefused => {
            let again = if chance.often(40) { chance.one_of(&subscribed) } else { None };
            let signal = again.or_else(|| chance.one_of(&here.able.refused))?;
            ScenarioStep::Subscribe { signal, sends: None }
        }
        Act::SubscribeSends => {
            let signal = new(here, palette, chance)?;
            let sends = if chance.often(15) { signal } else { chance.one_of(&subscribed)? };
            ScenarioStep::Subscribe { signal, sends: Some(sends) }
        }
        Act::SubscribeCloser => ScenarioStep::SubscribeCloser { signal: new(here, palette, chance)? },
        Act::SubscribeAdder => {
            let signal = new(here, palette, chance)?;
            let adds = if chance.often(25) { signal } else { new(here, palette, chance)? };
            ScenarioStep::SubscribeAdder { signal, adds }
        }
        Act::SubscribeRemover => {
            let others: Vec<_> = here.live.keys().copied().collect();
            let removes = if chance.often(50) { None } else { chance.one_of(&others) };
            ScenarioStep::SubscribeRemover { signal: new(here, palette, chance)?, removes }
        }
        Act::SubscribeCoroutine => ScenarioStep::SubscribeCoroutine { signal: new(here, palette, chance)? },
        Act::Relay => match here.relays.first() {
            Some(&(by, sends)) => ScenarioStep::Relay { signal: sends, sends: by },
            None => ScenarioStep::Relay { signal: new(here, palette, chance)?, sends: chance.one_of(&here.able.pool)? },
        },
        Act::Unsubscribe => {
            if here.live.contains_key(&here.newest()) && chance.often(30) {
                return Some(ScenarioStep::UnsubscribeNewest);
            }
            let there: Vec<_> = here.live.keys().copied().collect();
            ScenarioStep::Unsubscribe { subscription: chance.one_of(&there)? }
        }
        Act::Send => {
            // What is waited for first.
            let armed = here.armed.first().map(|&(by, _)| by);
            let second = here.second.filter(|(_, sent)| !sent).map(|(signal, _)| signal);
            let relay = here.relays.get(1).map(|&(by, _)| by);
            let wanted = armed.or(relay).or(second).filter(|_| chance.often(70));
            let signal = wanted.or_else(|| if chance.often(2) { ending(chance) } else { sent(chance) })?;
            ScenarioStep::Send { signal, to: Receiver::Process }
        }
        Act::SendToThread => ScenarioStep::Send { signal: sent(chance)?, to: Receiver::SenderThread },
        Act::SendToIdle => ScenarioStep::Send { signal: chance.one_of(&subscribed)?, to: Receiver::IdleThread },
        Act::OpenPipe => ScenarioStep::OpenPipe,
        Act::CheckPipe => ScenarioStep::CheckPipe,
        Act::CheckErrno => ScenarioStep::CheckErrno { signal: chance.one_of(&subscribed)? },
        Act::Flood => {
            let signal = sent(chance)?;
            let most = if signal.is_real_time() { 200 } else { u32::MAX };
            ScenarioStep::Flood { signal, times: chance.times(most) }
        }
        Act::FloodFromThreads => {
            let signal = chance.one_of(&subscribed)?;
            ScenarioStep::FloodFromThreads { signal, threads: 2 + chance.times(6), times: chance.times(25) }
        }
        Act::Queue => {
            let signal = sent(chance)?;
            ScenarioStep::Queue { signal, value: chance.value(), may_fail: here.limited && signal.is_real_time() }
        }
        Act::Hold => {
            let from = if subscribed.is_empty() { palette } else { &subscribed };
            let count = if chance.often(25) { from.len() } else { 1 + chance.below(from.len().min(4)) };
            ScenarioStep::Hold { signals: chance.some_of(from, count) }
        }
        Act::Release => ScenarioStep::Release,
        Act::Work => ScenarioStep::Work { millis: chance.weighted(&[(1, 8), (3, 2), (12, 1)])? },
        Act::Tick => ScenarioStep::Tick { times: chance.weighted(&[(1, 3), (3, 3), (20, 1)])? },
        Act::Yield => ScenarioStep::Yield,
        Act::Settle => ScenarioStep::Settle { millis: chance.between(1, 3) },
        Act::AwaitKill => awaited(OutsideAction::Kill { signal: sent(chance)? }),
        Act::AwaitFlood => {
            let signal = sent(chance)?;
            let times = chance.times(if signal.is_real_time() { 200 } else { 2_000 });
            awaited(OutsideAction::Flood { signal, times })
        }
        Act::AwaitWhileStopped => {
            let count = 1 + chance.below(subscribed.len().min(4));
            awaited(OutsideAction::WhileStopped {
                signals: chance.some_of(&subscribed, count),
                two_senders: chance.often(25),
            })
        }
        Act::AwaitTrace => awaited(OutsideAction::Trace { signal: chance.one_of(&subscribed)? }),
        Act::AwaitType => {
            awaited(OutsideAction::Type { key: chance.one_of(&[Key::Interrupt, Key::Quit, Key::Suspend])? })
        }
        Act::AwaitResize => awaited(OutsideAction::Resize),
        Act::AwaitHangUp => awaited(OutsideAction::HangUp),
        Act::AwaitClose => ScenarioStep::AwaitClose,
        Act::Report => {
            let same = if chance.often(85) { here.comparable() } else { Vec::new() };
            ScenarioStep::Report { same }
        }
        Act::Reopen => ScenarioStep::Reopen,
        Act::SpawnThread => ScenarioStep::SpawnThread,
        Act::ReportThread => ScenarioStep::ReportThread,
        Act::ReadElsewhere => ScenarioStep::ReadElsewhere,
        Act::EndRead => ScenarioStep::EndRead,
        Act::Fork => ScenarioStep::Fork { signal: chance.one_of(&subscribed)? },
        Act::ForkLoop => ScenarioStep::ForkLoop { signal: chance.one_of(&subscribed)? },
        Act::SpawnReport => ScenarioStep::SpawnReport,
        Act::SpawnKilled => ScenarioStep::SpawnKilled { signal: ending(chance)? },
        Act::Children => ScenarioStep::Children { times: few(chance), then: ChildThen::Exit },
        Act::ChildrenStop => ScenarioStep::Children { times: few(chance), then: ChildThen::Stop },
        Act::ContinueChildren => ScenarioStep::ContinueChildren,
        Act::Timer => ScenarioStep::Timer { millis: chance.between(1, 5) },
        Act::BreakPipe => ScenarioStep::BreakPipe,
        Act::LaterHandler => ScenarioStep::LaterHandler { signal: chance.one_of(&subscribed)? },
        Act::ReadInBackground => ScenarioStep::ReadInBackground,
        Act::SecondLoop => ScenarioStep::SecondLoop { signal: chance.one_of(palette)? },
        Act::JoinSecondLoop => ScenarioStep::JoinSecondLoop,
    })
}

fn awaited(action: OutsideAction) -> ScenarioStep {
    ScenarioStep::Await { action }
}

fn few(chance: &mut Chance) -> u32 {
    chance.weighted(&[(1, 6), (2, 3), (9, 1)]).unwrap_or(1)
}

/// The signals of which one must be subscribed for an act that finds its signal itself.
pub(super) fn needs(act: Act) -> &'static [i32] {
    match act {
        Act::Children | Act::ChildrenStop | Act::ContinueChildren => &[libc::SIGCHLD],
        Act::Timer => &[libc::SIGALRM],
        Act::BreakPipe => &[libc::SIGPIPE],
        Act::AwaitType => &[libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP],
        Act::AwaitResize => &[libc::SIGWINCH],
        Act::AwaitHangUp => &[libc::SIGHUP],
        Act::ReadInBackground => &[libc::SIGTTIN],
        Act::AwaitWhileStopped => &[libc::SIGCONT],
        _ => &[],
    }
}

/// A signal to subscribe: what steps need that find their signal themselves, now and then.
fn new(here: &Situation<'_>, palette: &[Signal], chance: &mut Chance) -> Option<Signal> {
    let needed = [
        libc::SIGCHLD,
        libc::SIGALRM,
        libc::SIGPIPE,
        libc::SIGINT,
        libc::SIGWINCH,
        libc::SIGTTIN,
        libc::SIGHUP,
        libc::SIGCONT,
    ];
    let needed: Vec<_> = needed.map(Signal::from_raw).into_iter().filter(|&signal| here.able.takes(signal)).collect();
    match chance.below(10) {
        0 => chance.one_of(&needed),
        1 => chance.one_of(&here.able.pool),
        _ => chance.one_of(palette),
    }
}

fn ending(chance: &mut Chance) -> Option<Signal> {
    chance.one_of(&[libc::SIGALRM, libc::SIGHUP, libc::SIGTERM, libc::SIGUSR1, libc::SIGUSR2]).map(Signal::from_raw)
}

/// Acts that may lead to where this one is valid.
pub(super) fn leads_to(act: Act) -> &'static [Act] {
    match act {
        Act::Release => &[Act::Hold],
        Act::EndRead => &[Act::ReadElsewhere, Act::AwaitKill, Act::SendToIdle, Act::Yield],
        Act::ReportThread | Act::SendToIdle => &[Act::SpawnThread],
        Act::ContinueChildren => &[Act::ChildrenStop],
        Act::CheckPipe => &[Act::OpenPipe],
        Act::JoinSecondLoop => &[Act::SecondLoop, Act::Send, Act::Send],
        Act::Reopen => &[Act::AwaitClose, Act::SubscribeCloser, Act::Relay],
        Act::Unsubscribe | Act::SubscribeRefused => &[Act::Subscribe],
        _ => &[],
    }
}
