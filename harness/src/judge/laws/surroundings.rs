//! Surroundings: what belongs to the program and is no signal's is in every report as it was in the first.

use sigconform_fixture::{Happening, Open, OpenKind, Stack, Surroundings};

use super::state::TOUCHES_ONLY_ITS_OWN;
use crate::{
    catalogue::Aspect,
    judge::{
        scene::{Scene, of_one_thread},
        watch::{Breaches, Watcher},
    },
};

/// What stands beside the signals.
#[derive(Default)]
pub(super) struct Beside<'a> {
    /// What the first report tells.
    first: Option<&'a Surroundings>,
    reports: usize,
    /// The program has started a timer itself.
    timed: bool,
}

impl<'a> Watcher<'a> for Beside<'a> {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::StartingTimer => self.timed = true,
            Happening::State { state } => {
                let asked = scene.asks_for(self.reports, Aspect::Surroundings);
                let told = state.surroundings.as_ref();
                if self.reports == 0 {
                    self.first = told;
                }
                self.reports += 1;
                let both = self.first.zip(told);
                let Some((first, now)) = (if asked { say.told("surroundings", both) } else { both }) else { return };
                for field in FIELDS.iter().filter(|field| !(self.timed && field.name == "timers")) {
                    let both = (field.text)(first).zip((field.text)(now));
                    let both = if asked { say.told(field.name, both) } else { both };
                    compare(field.what, both, say);
                }
                // A task may go on on another thread.
                let same = of_one_thread(Some(first), Some(now));
                if same {
                    compare("the reporting thread's name", first.thread.clone().zip(now.thread.clone()), say);
                }
                // Where the handlers have a stack of their own, it is the library's, and a loop may bring another.
                if same && scene.claims.stack.value != Stack::Alternate {
                    let text =
                        |told: &Surroundings| told.alternate_stack.map(|[at, size]| format!("{size} bytes at {at:#x}"));
                    compare("the thread's alternate stack", text(first).zip(text(now)), say);
                }
                let open = first.open.as_ref().zip(now.open.as_ref());
                let open = if asked { say.told("open", open) } else { open };
                open.into_iter().for_each(|(before, after)| check_open(before, after, say));
            }
            _ => {}
        }
    }
}

/// Something that is compared as a text.
struct Field {
    name: &'static str,
    /// For people.
    what: &'static str,
    text: fn(&Surroundings) -> Option<String>,
}

/// What every fixture can tell.
const FIELDS: &[Field] = &[
    Field {
        name: "timers",
        what: "the number of interval timers that run",
        text: |told| told.timers.map(|timers| timers.to_string()),
    },
    Field { name: "environment", what: "the environment", text: |told| told.environment.clone() },
    Field { name: "directory", what: "the working directory", text: |told| told.directory.clone() },
];

fn compare(what: &str, both: Option<(String, String)>, say: &mut Breaches<'_>) {
    let Some((was, is)) = both.filter(|(was, is)| was != is) else { return };
    say.breach(&TOUCHES_ONLY_ITS_OWN, format!("{what} changed: {is}"), format!("{was}, as in the first report"));
}

/// Standard input, output and error are there, with the flags that they had. Any other descriptor may be the loop's own, which
/// was open before the first report.
fn check_open(before: &[Open], after: &[Open], say: &mut Breaches<'_>) {
    for was in before.iter().filter(|was| was.number <= 2) {
        let is = after.iter().find(|is| is.number == was.number);
        let message = match is {
            None => format!("descriptor {} was closed", was.number),
            Some(is) if is != was => format!("descriptor {} became a {}", was.number, describe(is)),
            Some(_) => continue,
        };
        say.breach(&TOUCHES_ONLY_ITS_OWN, message, format!("{}, as in the first report", describe(was)));
    }
}

fn describe(open: &Open) -> String {
    let kind = match open.kind {
        OpenKind::Pipe => "pipe",
        OpenKind::Socket => "socket",
        OpenKind::File => "file",
        OpenKind::Device => "device",
        OpenKind::Other => "descriptor of another kind",
    };
    let flag = |is_set, name: &str| if is_set { format!(" with {name}") } else { format!(" without {name}") };
    format!("{kind}{}{}", flag(open.nonblocking, "O_NONBLOCK"), flag(open.private, "FD_CLOEXEC"))
}
