//! The state of the process: what a subscription leaves behind.

use sigconform_fixture::{Happening, Signal, State};

use crate::{
    catalogue::Aspect,
    judge::{
        scene::Scene,
        statement::laws,
        watch::{Breaches, Watcher},
    },
    transcript::list,
};

laws! {
    /// What fails or ends leaves the process as it was.
    LEAVES_NO_TRACE = "leaves-no-trace",
        "A subscription that failed, was removed, or was closed, and a signal that was handled, leaves no descriptor, thread, memory, mask or pending signal behind.",
        "POSIX.1-2024, 2.4.1: the mask and the actions belong to the process, and to whoever set them";
    /// Only what was subscribed is touched.
    TOUCHES_ONLY_ITS_OWN = "touches-only-its-own",
        "Adding and removing a handler, and closing a loop, changes the mask, the disposition and what is pending of no other signal, and nothing of the program that is no signal's: its descriptors, timers, environment, working directory, and its thread's name and alternate stack.",
        "POSIX.1-2024, sigaction(): an action belongs to one signal; pthread_sigmask(): the other signals of a mask stay";
}

/// Bytes by which memory in use may grow from one late report to the next: less than what each of many rounds leaves.
const MEMORY_ALLOWANCE: u64 = 4 << 10;

/// The reports so far.
#[derive(Default)]
pub(super) struct Reports<'a> {
    states: Vec<&'a State>,
    /// The program's own descriptors at each report.
    own: Vec<u64>,
    /// Pipes that the program has opened itself.
    pipes: u64,
}

impl<'a> Watcher<'a> for Reports<'a> {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        self.pipes += u64::from(*what == Happening::PipeOpened);
        let Happening::State { state } = what else { return };
        self.states.push(state);
        self.own.push(2 * self.pipes);
        let (first, at) = (self.states[0], self.states.len() - 1);
        for &aspect in scene.part.reports.get(at).into_iter().flatten() {
            let is_comparable = aspect != Aspect::Blocked || scene.compares_masks(first, state);
            if let Some((name, before, after)) = is_comparable.then(|| setting(aspect, first, state, say)).flatten() {
                let changed = symmetric_difference(before, after);
                if !changed.is_empty() {
                    let message = format!("not as in the first report: {name}: {}", list(&changed));
                    say.breach(&LEAVES_NO_TRACE, message, "no difference");
                }
            }
            let mut resources = RESOURCES.iter().filter(|resource| resource.aspect == aspect);
            if let Some(grown) = resources.find_map(|resource| self.grown(scene, resource, at, say)) {
                let message = format!("more and more from report to report: {grown}");
                say.breach(&LEAVES_NO_TRACE, message, "no more than in the report before");
            }
        }
    }
}

impl Reports<'_> {
    /// The numbers of the reports in a row that ask for this resource, up to this last of them, and of the one before: where
    /// each is more than the one before. What is made once, and late, makes one of them so, and a pool until it is full;
    /// what is closed late makes them fewer. Only what leaks grows from each to the next.
    fn grown(&self, scene: &Scene<'_>, resource: &Resource, at: usize, say: &mut Breaches<'_>) -> Option<String> {
        let asks = |at: &usize| scene.part.reports.get(*at).is_some_and(|aspects| aspects.contains(&resource.aspect));
        let rounds = (1..=at).rev().take_while(asks).count();
        if rounds == 0 || asks(&(at + 1)) {
            return None;
        }
        let reports = self.states[at - rounds..].iter().zip(&self.own[at - rounds..]);
        let numbers: Option<Vec<_>> = reports.map(|(state, &own)| (resource.number)(state, own)).collect();
        let numbers = say.told(resource.field, numbers)?;
        let grows = numbers.is_sorted_by(|before, after| *after > before.saturating_add(resource.allowance));
        let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        grows.then(|| format!("{} {}", numbers.join(", "), resource.name))
    }
}

/// Something that the process has a number of, and that must not grow.
struct Resource {
    aspect: Aspect,
    /// Of the report.
    field: &'static str,
    name: &'static str,
    /// Nothing where the system does not tell.
    number: fn(&State, own: u64) -> Option<u64>,
    /// By which it may grow.
    allowance: u64,
}

const RESOURCES: &[Resource] = &[
    Resource {
        aspect: Aspect::Descriptors,
        field: "descriptors",
        name: "descriptors",
        number: |state, own| {
            let open = state.descriptors.map(|open| u64::from(open.inherited) + u64::from(open.private));
            open.map(|open| open.saturating_sub(own))
        },
        allowance: 0,
    },
    Resource {
        aspect: Aspect::Descriptors,
        field: "descriptors",
        name: "descriptors that a child gets",
        number: |state, _| state.descriptors.map(|open| open.inherited.into()),
        allowance: 0,
    },
    Resource {
        aspect: Aspect::Threads,
        field: "threads",
        name: "threads",
        number: |state, _| state.threads.map(Into::into),
        allowance: 0,
    },
    Resource {
        aspect: Aspect::Memory,
        field: "heap",
        name: "bytes of memory",
        number: |state, _| state.heap,
        allowance: MEMORY_ALLOWANCE,
    },
];

/// An aspect that is a list of signals: its name, and the signals of both reports, where both tell them.
fn setting<'a>(
    aspect: Aspect,
    a: &'a State,
    b: &'a State,
    say: &mut Breaches<'_>,
) -> Option<(&'static str, &'a [Signal], &'a [Signal])> {
    let (name, before, after) = match aspect {
        Aspect::Blocked => ("blocked", &a.blocked, &b.blocked),
        Aspect::Caught => ("caught", &a.caught, &b.caught),
        Aspect::Ignored => ("ignored", &a.ignored, &b.ignored),
        Aspect::Pending => ("pending", &a.pending, &b.pending),
        Aspect::Descriptors | Aspect::Threads | Aspect::Memory | Aspect::Actions | Aspect::Surroundings => {
            return None;
        }
    };
    let (before, after) = say.told(name, before.as_ref().zip(after.as_ref()))?;
    Some((name, before, after))
}

pub(super) fn symmetric_difference(a: &[Signal], b: &[Signal]) -> Vec<Signal> {
    let only = |left: &[Signal], right: &[Signal]| -> Vec<Signal> {
        left.iter().copied().filter(|signal| !right.contains(signal)).collect()
    };
    let mut changed = only(a, b);
    changed.extend(only(b, a));
    changed
}
