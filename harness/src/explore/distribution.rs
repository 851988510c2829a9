//! The distribution: which steps, pairs of steps and states the scripts have reached. What is possible and never reached is
//! a fault of the generator.

use std::fmt::Write;

use sigconform_fixture::Signal;

use super::{
    abilities::Abilities,
    impossible,
    situation::{Does, Situation},
};
use crate::catalogue::{Act, Scenario, ScenarioStep};

const ACTS: usize = Act::ALL.len();

/// What a script can reach beside its steps: a name for people, and whether it is so.
type State = (&'static str, fn(&Situation<'_>) -> bool);

/// The states of the model and of the process that decide what a step does.
const STATES: &[State] = &[
    ("nothing subscribed", |here| here.live.is_empty()),
    ("one signal subscribed", |here| here.subscribed().len() == 1),
    ("two to five signals subscribed", |here| (2..=5).contains(&here.subscribed().len())),
    ("more than five signals subscribed", |here| here.subscribed().len() > 5),
    ("more than thirty-two signals subscribed", |here| here.subscribed().len() > 32),
    ("two handlers of one signal", |here| here.live.len() > here.subscribed().len() as usize),
    ("a handler removed", |here| !here.once.without(here.subscribed()).is_empty() && !here.reopened),
    ("the loop opened again", |here| here.reopened),
    ("nothing sent since the last yield", |here| here.batch.sent.is_empty()),
    ("one kind sent and not handled", |here| here.due.len() == 1),
    ("several kinds sent and not handled", |here| here.due.len() > 1),
    ("one kind sent several times", |here| most_sent(here) > 1),
    ("one kind sent more than 40 times", |here| most_sent(here) > 40),
    ("one kind sent more than 278 times", |here| most_sent(here) > 278),
    ("one kind sent more than 65,535 times", |here| most_sent(here) > 65_535),
    ("a real-time signal sent and not handled", |here| here.due.iter().any(Signal::is_real_time)),
    ("something held", |here| here.held.is_some()),
    ("something held and sent", |here| !here.held_sent.is_empty()),
    ("a task waiting for its turn", |here| here.ticks),
    ("a timer running", |here| here.alarm),
    ("children running", |here| here.children),
    ("children stopped", |here| here.stopping > 0),
    ("a handler that is about to send", |here| !here.armed.is_empty()),
    ("a handler's signal on its way", |here| !here.batch.by_handler.is_empty()),
    ("a handler that closes", |here| here.live.values().any(|live| live.does == Does::Closes)),
    ("a handler that is about to add one", |here| !here.adding.is_empty()),
    ("a handler that will remove itself", |here| here.live.iter().any(|(id, live)| live.does == Does::Removes(*id))),
    ("a handler that is about to remove itself", |here| here.removing.iter().any(|(id, removed)| id == removed)),
    ("a handler that is about to remove another", |here| here.removing.iter().any(|(id, removed)| id != removed)),
    ("a handler that is due, and about to be removed", |here| is_doomed(here)),
    ("the loop closed", |here| here.closed),
    ("two handlers that keep the loop busy", |here| here.relays.len() == 2),
    ("the program's own handler from before", |here| !here.own_earlier.is_empty()),
    ("the program's own handler over the library's", |here| !here.own_later.is_empty()),
    ("another thread that idles", |here| !here.threads.is_empty()),
    ("another thread that reads", |here| here.reader.is_some()),
    ("the loop on a second thread", |here| here.on_second_thread),
    ("a second loop open", |here| here.second.is_some()),
    ("a child forked before", |here| here.forked),
    ("started with something blocked", |here| !here.started_blocked.is_empty()),
    ("started with something ignored", |here| !here.started_ignored.is_empty()),
    ("on a terminal", |here| here.terminal && !here.hung_up && !here.background),
    ("in the background of its terminal", |here| here.background),
    ("after its terminal hung up", |here| here.hung_up),
    ("without room for queued signals", |here| here.limited),
    ("compared with an earlier report", |here| here.baseline.is_some()),
];

/// Whether a handler is due that another one of its batch removes.
fn is_doomed(here: &Situation<'_>) -> bool {
    let doomed = here.removing.iter().filter(|(id, removed)| id != removed).filter_map(|(_, id)| here.live.get(id));
    doomed.into_iter().any(|live| here.due.contains(live.signal))
}

fn most_sent(here: &Situation<'_>) -> u32 {
    here.batch.sent.values().copied().max().unwrap_or_default()
}

/// How often each was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Distribution {
    pub(super) scripts: u64,
    acts: Vec<u64>,
    pairs: Vec<u64>,
    states: Vec<u64>,
    ended: u64,
}

impl Default for Distribution {
    fn default() -> Self {
        Self { scripts: 0, acts: vec![0; ACTS], pairs: vec![0; ACTS * ACTS], states: vec![0; STATES.len()], ended: 0 }
    }
}

impl Distribution {
    /// One more script.
    pub(super) fn add(&mut self, able: &Abilities, scenario: &Scenario) {
        self.scripts += 1;
        let mut here = Situation::before(able, scenario);
        for &signal in &scenario.subscribe {
            here.apply(&ScenarioStep::Subscribe { signal, sends: None }, &mut |_, _| {});
        }
        let mut last: Option<Act> = None;
        for step in &scenario.steps {
            here.apply(step, &mut |here, act| {
                self.acts[act as usize] += 1;
                if let Some(last) = last.replace(act) {
                    self.pairs[last as usize * ACTS + act as usize] += 1;
                }
                self.note_states(here);
            });
        }
        self.note_states(&here);
        self.ended += u64::from(here.ended);
    }

    fn note_states(&mut self, here: &Situation<'_>) {
        for ((_, is_so), count) in STATES.iter().zip(&mut self.states) {
            *count += u64::from(is_so(here));
        }
    }

    /// With those of other scripts.
    pub(super) fn merge(&mut self, other: &Self) {
        self.scripts += other.scripts;
        self.ended += other.ended;
        let sums = [(&mut self.acts, &other.acts), (&mut self.pairs, &other.pairs), (&mut self.states, &other.states)];
        for (mine, theirs) in sums {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
    }

    /// The pairs that were reached, or not.
    pub(super) fn pairs(&self, able: &Abilities, reached: bool) -> Vec<(Act, Act)> {
        let both = Act::ALL.iter().flat_map(|&one| Act::ALL.iter().map(move |&other| (one, other)));
        let wanted = |&(one, other): &(Act, Act)| {
            able.can(one) && able.can(other) && (self.pairs[one as usize * ACTS + other as usize] > 0) == reached
        };
        both.filter(wanted).collect()
    }

    /// The states that were never reached.
    #[cfg(test)]
    pub(super) fn unreached_states(&self) -> Vec<&'static str> {
        STATES.iter().zip(&self.states).filter(|&(_, &count)| count == 0).map(|((name, _), _)| *name).collect()
    }

    /// For people: the steps and the states, and how much of what is possible was reached.
    pub(super) fn text(&self, able: &Abilities) -> String {
        let mut text = format!("{} scripts, {} of them end the process\n", self.scripts, self.ended);
        for (&act, count) in Act::ALL.iter().zip(&self.acts).filter(|&(&act, _)| able.can(act)) {
            let _ = writeln!(text, "{count:>9}  {}", act.name());
        }
        for (act, reason) in able.cannot() {
            let _ = writeln!(text, "    never  {}: {reason}", act.name());
        }
        text += "states:\n";
        for ((name, _), count) in STATES.iter().zip(&self.states) {
            let _ = writeln!(text, "{count:>9}  {name}");
        }
        let (cannot, unreached): (Vec<_>, Vec<_>) =
            self.pairs(able, false).into_iter().partition(|&(first, second)| impossible::why(first, second).is_some());
        let reached = self.pairs(able, true).len();
        let (cannot, more) = (cannot.len(), unreached.len());
        let _ =
            writeln!(text, "{reached} pairs of steps reached, {cannot} cannot be, {more} possible and not reached:");
        for (first, second) in unreached {
            let _ = writeln!(text, "           {}, {}", first.name(), second.name());
        }
        text
    }
}
