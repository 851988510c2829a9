//! The course of a script: where its coroutine stands. The driver, which acts only there, and the judge walk it alike.

use std::collections::VecDeque;

use sigconform_fixture::{Happening, OutsideAction, Script};

use super::{Control, Cue, Line, lines};

/// The lines that the coroutine still has to write.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    ahead: VecDeque<Line<'a>>,
}

/// How an event stands to the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The coroutine's own, which the script has next.
    OnScript,
    /// What happens beside the coroutine: its loop, its handlers, the harness.
    Beside,
    /// The coroutine's own, and the script has another next.
    OffScript,
}

impl<'a> Course<'a> {
    /// From the first line on.
    pub(crate) fn of(script: &'a Script) -> Self {
        Self { ahead: lines(script).collect() }
    }

    /// What has to come next; nothing, when everything is played.
    pub(crate) fn next(&self) -> Option<&Line<'a>> {
        self.ahead.iter().find(|line| !line.is_optional)
    }

    /// Who has control until it comes; the fixture, when everything is played.
    pub(crate) fn control(&self) -> Control<'a> {
        // Between two that need not be written: the first of them was.
        let within = self.ahead.front().filter(|line| line.control == Control::Opening);
        within.or(self.next()).map_or(Control::Fixture, |line| line.control)
    }

    /// The line that the event is, if it may come here.
    fn line_of(&self, what: &Happening) -> Option<usize> {
        let skipped = self.ahead.iter().take_while(|line| line.is_optional).count();
        self.ahead.iter().take(skipped + 1).position(|line| line.cue.is(what))
    }

    /// What the coroutine, which waits for it, still has to be sent from outside.
    pub(crate) fn awaited(&self) -> Option<&'a OutsideAction> {
        match self.next()?.cue {
            Cue::Outside(action) => Some(action),
            _ => None,
        }
    }

    /// How the event stands to it.
    pub(crate) fn place(&self, what: &Happening) -> Place {
        match what {
            _ if self.line_of(what).is_some() => Place::OnScript,
            Happening::SecondHandler { .. } | Happening::SendFailed { .. } | Happening::Panicked { .. } => {
                Place::Beside
            }
            _ if is_of_loop(what) => Place::Beside,
            _ => Place::OffScript,
        }
    }

    /// The event was the next line.
    pub(crate) fn pass(&mut self, what: &Happening) -> Option<Line<'a>> {
        let at = self.line_of(what)?;
        self.ahead.drain(..=at).next_back()
    }

    /// What has to come next is not needed any more.
    pub(crate) fn skip(&mut self) {
        self.ahead.pop_front();
    }
}

/// Whether it happens while the loop has control: what its handlers and tasks do, and what the harness sees of it.
pub(crate) fn is_of_loop(what: &Happening) -> bool {
    matches!(
        what,
        Happening::Handler { .. }
            | Happening::Tick { .. }
            | Happening::Reaped { .. }
            | Happening::HandlerSending { .. }
            | Happening::HandlerReturned { .. }
            | Happening::HandlerClosing
            | Happening::HandlerAdding { .. }
            | Happening::HandlerAdded { .. }
            | Happening::HandlerRemoving { .. }
            | Happening::HandlerRemoved { .. }
            | Happening::Traced { .. }
            | Happening::Seen { .. }
            | Happening::Slept { .. }
    )
}
