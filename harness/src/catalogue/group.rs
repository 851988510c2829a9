//! Groups of requirements: the chapters of the registry, in the order in which every document shows them.

use serde::{Deserialize, Serialize};

macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $title:literal;)*) => {
        /// A chapter of the registry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Group {
            $($(#[$doc])* $name,)*
        }

        impl Group {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name in the registry.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// Its heading.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

groups! {
    /// One signal after the other.
    Sequence = "sequence", "Sequence";
    /// Between handlers, other tasks and the sender.
    Interleaving = "interleaving", "Interleaving";
    /// Many signals before one yield.
    Bursts = "bursts", "Bursts";
    /// More than any buffer holds.
    Storms = "storms", "Storms";
    /// Which thread sends, receives and loops.
    Threads = "threads", "Threads";
    /// Adding and removing handlers.
    Subscriptions = "subscriptions", "Subscriptions";
    /// The end of a loop.
    Closing = "closing", "Closing";
    /// Others in the same process.
    Coexistence = "coexistence", "Coexistence";
    /// What a child program inherits.
    ChildHygiene = "child-hygiene", "Child hygiene";
    /// A child without a program of its own.
    Fork = "fork", "Fork";
    /// Children that end, stop and go on.
    Sigchld = "sigchld", "SIGCHLD";
    /// Signals that nobody sends with kill().
    Kernel = "kernel", "From the kernel";
    /// What comes along with a signal.
    Information = "information", "Information";
    /// What the signal handler leaves alone.
    HandlerSafety = "handler-safety", "Handler safety";
    /// What cannot be subscribed.
    Refusal = "refusal", "Refusal";
    /// The end of the process.
    Ending = "ending", "Ending";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_written_as_its_slug() {
        for group in Group::ALL {
            assert_eq!(serde_json::to_value(group).expect("a name"), group.slug());
        }
    }
}
