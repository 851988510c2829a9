//! What a signal handler did that was followed: no more than a signal handler may.

use sigconform_fixture::{HandlerCall, Trace, WaitsFor};

use super::{Unjudgeable, law, monitor::Monitor};
use crate::transcript::Ending;

impl Monitor<'_> {
    /// Where no handler took the signal, there is none to break a law. One that could not be followed to its end, or whose
    /// functions could not all be seen, is held to what was seen; where that breaks no law, and the process lived on,
    /// nothing is known of the rest.
    pub(super) fn traced(&mut self, trace: &Trace) -> Result<(), Unjudgeable> {
        let (calls, functions, missed) = match trace {
            Trace::Followed { calls, functions, to_its_end: true, unseen } => (calls, functions, unseen.as_deref()),
            Trace::Followed { calls, functions, .. } => (calls, functions, Some("it is longer than what is followed")),
            Trace::NoHandler => return Ok(()),
            Trace::Untraced { reason } => return Err(Unjudgeable::Untraceable { reason: reason.clone() }),
        };
        for function in functions {
            let message = format!("the signal handler calls {function}(), which is not async-signal-safe");
            self.breach(&law::HANDLER_ASYNC_SIGNAL_SAFE, message, "async-signal-safe functions");
        }
        for HandlerCall { name, waits_for } in calls {
            let waits = match waits_for {
                Some(what) if !what.can_block() => continue,
                Some(WaitsFor::Descriptor { number, file, .. }) => format!(" on descriptor {number}, a {file}"),
                Some(WaitsFor::Event { what }) => format!(", which waits for {what}"),
                None => continue,
            };
            let message = format!("the signal handler calls {name}(){waits}: it can block");
            self.breach(&law::HANDLER_NEVER_BLOCKS, message, "calls that return at once");
        }
        if let Some(reason) = missed
            && self.violations.is_empty()
            && self.transcript.ending == Ending::Exited(0)
        {
            return Err(Unjudgeable::Untraceable { reason: reason.to_owned() });
        }
        Ok(())
    }
}
