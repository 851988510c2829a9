//! A panic of the engine: the case's error, with the text. A defect of ours must not cost the results of all others.

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
};

use super::{Failure, Fault};

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
}
