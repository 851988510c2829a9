//! Closing: it ends the loop's wait, and returns.

use sigconform_fixture::{Happening, OutsideAction};

use crate::{
    conduct::Control,
    judge::{
        scene::Scene,
        statement::laws,
        watch::{Breaches, Ended, Watcher},
    },
    transcript::{Ending, describe},
};

laws! {
    /// A loop closes, whatever comes meanwhile.
    CLOSES_IN_ORDER = "closes-in-order",
        "Closing a loop ends its wait and returns, whatever arrives meanwhile.",
        "Python documentation, asyncio, loop.close(): whatever is still pending is discarded, and the loop is closed";
}

/// Who has closed the loop, the last event says.
pub(super) struct Closing;

impl<'a> Watcher<'a> for Closing {
    fn see(&mut self, _scene: &Scene<'a>, _what: &'a Happening, _say: &mut Breaches<'a>) {}

    fn strays(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        if *what == Happening::Resumed && scene.awaited().is_some_and(|action| action.signals().is_empty()) {
            let message = "the yield is over before the close, which it waits for, has come";
            say.breach(&CLOSES_IN_ORDER, message, "a wait until the close comes");
        }
    }

    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        let Ending::Stuck(stuck) = &scene.transcript.ending else { return Ended::Unexplained };
        let threads = describe(&stuck.threads);
        if scene.control() == Control::Close {
            say.breach(&CLOSES_IN_ORDER, format!("the loop is never closed ({threads})"), "a loop that is closed");
            return Ended::Explained;
        }
        let closer = match scene.last() {
            Some(Happening::HandlerClosing) => "a handler",
            Some(Happening::Outside { action: OutsideAction::Close, .. }) => "another thread",
            _ => return Ended::Unexplained,
        };
        let message = format!("{closer} closed the loop, and its wait is never over ({threads})");
        say.breach(&CLOSES_IN_ORDER, message, "a wait that is over");
        Ended::Unexplained
    }
}
