//! Where handlers and tasks run: on the claimed thread, at yields only, and one after the other.

use sigconform_fixture::{HandlersRun, Happening, Place, TasksRun};

use crate::judge::{
    scene::Scene,
    statement::laws,
    watch::{Breaches, Watcher},
};

laws! {
    /// Handlers on the sender's thread run at yields only.
    ONLY_AT_YIELDS = "only-at-yields",
        "A backend whose handlers run on the sender's thread calls none between two lines of code that do not yield.",
        "the backend's claim `handlers_run`";
    /// Handlers run where the backend says.
    CLAIMED_THREAD = "claimed-thread",
        "Handlers and tasks run on the thread that the backend claims.",
        "the backend's claim `handlers_run`";
    /// A handler is not interrupted by another.
    NO_RECURSION = "no-recursion",
        "A signal that a handler sends is handled in a later turn, after that handler has returned.",
        "Python documentation, asyncio, Concurrency and Multithreading: a callback runs to its end before another starts";
}

#[derive(Default)]
pub(super) struct Places {
    /// A handler has sent a signal and has not returned.
    in_handler: bool,
}

impl<'a> Watcher<'a> for Places {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        match what {
            Happening::Handler { signal, place, .. }
                if scene.claims.handlers_run.value == HandlersRun::SenderThread =>
            {
                check(scene, *place, "handler", say);
                if self.in_handler {
                    let message = format!("the handler of {signal} ran inside the handler that sent it");
                    say.breach(&NO_RECURSION, message, "the handler in a later turn");
                }
            }
            Happening::Tick { place, .. } if scene.claims.tasks_run.value == TasksRun::SenderThread => {
                check(scene, *place, "task", say);
            }
            Happening::HandlerSending { .. } => self.in_handler = true,
            Happening::HandlerReturned { .. } => self.in_handler = false,
            _ => {}
        }
    }
}

/// What claims the sender's thread must run there, and only while the coroutine yields.
fn check(scene: &Scene<'_>, place: Place, what: &str, say: &mut Breaches<'_>) {
    if place == Place::OtherThread {
        let message = format!("the {what} ran on another thread than the sender's");
        say.breach(&CLAIMED_THREAD, message, "the sender's thread");
    }
    if scene.in_loop().is_none() && !scene.is_over() {
        let message = format!("the {what} ran between two lines of code that do not yield");
        say.breach(&ONLY_AT_YIELDS, message, format!("no {what} before the next yield"));
    }
}
