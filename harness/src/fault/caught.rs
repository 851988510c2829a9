//! A panic of the engine: the case's error, with the text. A defect of ours must not cost the results of all others.

use std::{
    any::Any,
    backtrace::{Backtrace, BacktraceStatus},
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
};

use super::{Failure, Fault};
use crate::text;

/// Does `work`; an error says what it panicked with. Whatever it had borrowed is in the state that the panic left it in.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let text = text(&*payload);
        Failure::of(
            Fault::Engine,
            format!("the engine panicked, which is a defect of sigconform to be reported: {text}"),
        )
    })
}

/// Has every panic told in one line that acts on nobody, whatever it was called with: somebody's name, a line of a file. The
/// backtrace follows where it is asked for.
pub fn tell_panics() {
    panic::set_hook(Box::new(|info| {
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        let trace = Backtrace::capture();
        let trace = if trace.status() == BacktraceStatus::Captured { format!("{trace}\n") } else { String::new() };
        let _ = write!(io::stderr(), "{}\n{trace}", line(&at, info.payload()));
    }));
}

/// Where it panicked, and with what.
fn line(at: &str, payload: &(dyn Any + Send)) -> String {
    format!("panicked at {at}: {}", text::sentence(text(payload)))
}

/// What `panic!` was called with.
fn text(payload: &(dyn Any + Send)) -> &str {
    let formatted = payload.downcast_ref::<String>().map(String::as_str);
    formatted.or_else(|| payload.downcast_ref().copied()).unwrap_or("it does not say why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_text() {
        assert!(matches!(caught(|| 7), Ok(7)));
        let told = |work: fn()| caught(work).expect_err("it panics").reason;
        assert!(told(|| panic!("as it is")).ends_with("reported: as it is"));
        assert!(told(|| panic!("with {}", "a part")).ends_with("reported: with a part"));
        assert!(told(|| panic::panic_any(7)).ends_with("reported: it does not say why"));
    }

    #[test]
    fn what_a_panic_says_acts_on_nobody() {
        let payload: Box<dyn Any + Send> = Box::new("\u{1b}[2J\n::error::forged".to_owned());
        let said = line("engine.rs:1:2", &*payload);
        assert!(said.starts_with("panicked at engine.rs:1:2: \\u{1b}[2J"), "{said}");
        assert!(!said.contains('\u{1b}') && !said.contains('\n'), "{said}");
    }
}
