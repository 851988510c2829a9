//! What a test of a gate says of its cell.

use std::iter;

use libtest_mimic::{Completion, Failed};

use crate::{
    report::diagnosis,
    results::{Cell, Verdict},
};

/// What a test says of its cell. A known failure is not called a success.
pub(super) fn outcome(cell: &Cell) -> Result<Completion, Failed> {
    let reason = || diagnosis::printable(cell.reason.as_deref().unwrap_or_default());
    match cell.verdict {
        Verdict::Pass => Ok(Completion::Completed),
        Verdict::Skip => Ok(Completion::ignored_with(reason())),
        Verdict::Xfail => Ok(Completion::ignored_with(format!("known failure: {}", reason()))),
        Verdict::Fail | Verdict::Xpass | Verdict::Error => {
            let lead = cell.reason.iter().filter(|_| cell.verdict == Verdict::Fail).map(|_| reason() + "\n");
            Err(lead.chain(iter::once(diagnosis::plain(cell))).collect::<String>().into())
        }
    }
}
