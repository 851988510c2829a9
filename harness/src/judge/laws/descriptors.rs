//! Descriptors: a number that was closed is somebody else's soon, and whoever closes it again closes theirs.

use sigconform_fixture::Happening;

use crate::judge::{
    scene::Scene,
    statement::laws,
    watch::{Breaches, Watcher},
};

laws! {
    /// Descriptors belong to whoever opened them.
    CLOSES_ONLY_ITS_OWN = "closes-only-its-own",
        "A library closes the descriptors that it opened, each of them once, and no other.",
        "POSIX.1-2024, close(): a number that was closed may be given to another open() at once; Rust std, io module, I/O Safety";
}

/// What the law allows: for people.
pub(super) const CLOSED_BY_ITS_OWNER: &str = "each descriptor closed once, by its owner";

/// The program looks itself whether its own descriptors are still its own. That Rust's standard library has noticed it the
/// crash tells.
pub(super) struct Descriptors;

impl<'a> Watcher<'a> for Descriptors {
    fn see(&mut self, _scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        if let Happening::OwnPipe { kept: false } = what {
            let message = "a descriptor was closed that the program had opened itself";
            say.breach(&CLOSES_ONLY_ITS_OWN, message, CLOSED_BY_ITS_OWNER);
        }
    }
}
