//! The laws: what binds every backend, and what binds those that claim it.
//!
//! ```
//! use sigconform::judge::law;
//!
//! // What an expectation may list, and what a diagnosis names.
//! assert!(law::ALL.contains(&&law::FORK_ISOLATED));
//! assert_eq!(law::FORK_ISOLATED.slug, "fork-isolated");
//! ```

pub use super::laws::{
    acting::HANDLERS_MAY_ACT,
    calls::{FORK_ISOLATED, ONCE_PER_SEND, ORDER_AS_CLAIMED, REMOVED_IS_SILENT, RIGHT_HANDLER, SIGNAL_FIRST},
    child::{CLEAN_CHILD, FORK_CHILD_AS_CLAIMED},
    closing::CLOSES_IN_ORDER,
    crashes::{NEVER_CRASHES, NEVER_PANICS},
    default_action::{DEFAULT_ACTION, REMOVAL_AS_CLAIMED, SURVIVES},
    descriptors::CLOSES_ONLY_ITS_OWN,
    dispositions::{MASKS_AS_CLAIMED, STACK_AS_CLAIMED, SYSTEM_CALLS_AS_CLAIMED},
    earlier::EARLIER_AS_CLAIMED,
    idling::{IDLE_COSTS_NOTHING, WAKES_FOR_EVENTS_ONLY},
    information::INFORMATION_AS_CLAIMED,
    places::{CLAIMED_THREAD, NO_RECURSION, ONLY_AT_YIELDS},
    second_loop::LOOPS_AS_CLAIMED,
    signal_handler::{
        HANDLER_ASYNC_SIGNAL_SAFE, HANDLER_NEVER_BLOCKS, KEEPS_ERRNO, SENDER_GOES_ON, WAKES_OUTSIDE_HANDLER,
    },
    state::{LEAVES_NO_TRACE, TOUCHES_ONLY_ITS_OWN},
    subscribing::{
        ACCEPTS_CATCHABLE, REFUSES_AS_CLAIMED, REFUSES_COROUTINES, REFUSES_UNCATCHABLE, SECOND_AS_CLAIMED,
        SUPPORTS_AS_CLAIMED,
    },
    yields::{
        BURST_AS_CLAIMED, CHILDREN_ANNOUNCED, HANDLED_AT_YIELD, PENDING_BEFORE_AS_CLAIMED, REAL_TIME_AS_CLAIMED,
        TASKS_GO_ON,
    },
};
pub use super::statement::Law;

/// Every law: first what binds everyone, then what binds those that claim it.
pub static ALL: &[&Law] = &[
    &SIGNAL_FIRST,
    &HANDLED_AT_YIELD,
    &ONCE_PER_SEND,
    &RIGHT_HANDLER,
    &REMOVED_IS_SILENT,
    &CLOSES_IN_ORDER,
    &HANDLERS_MAY_ACT,
    &TASKS_GO_ON,
    &NO_RECURSION,
    &IDLE_COSTS_NOTHING,
    &WAKES_FOR_EVENTS_ONLY,
    &SURVIVES,
    &DEFAULT_ACTION,
    &ACCEPTS_CATCHABLE,
    &REFUSES_UNCATCHABLE,
    &NEVER_PANICS,
    &NEVER_CRASHES,
    &CLOSES_ONLY_ITS_OWN,
    &LEAVES_NO_TRACE,
    &TOUCHES_ONLY_ITS_OWN,
    &CLEAN_CHILD,
    &FORK_ISOLATED,
    &FORK_CHILD_AS_CLAIMED,
    &LOOPS_AS_CLAIMED,
    &REFUSES_COROUTINES,
    &CHILDREN_ANNOUNCED,
    &WAKES_OUTSIDE_HANDLER,
    &KEEPS_ERRNO,
    &HANDLER_ASYNC_SIGNAL_SAFE,
    &HANDLER_NEVER_BLOCKS,
    &SENDER_GOES_ON,
    &ONLY_AT_YIELDS,
    &CLAIMED_THREAD,
    &BURST_AS_CLAIMED,
    &ORDER_AS_CLAIMED,
    &REAL_TIME_AS_CLAIMED,
    &REFUSES_AS_CLAIMED,
    &SUPPORTS_AS_CLAIMED,
    &SECOND_AS_CLAIMED,
    &REMOVAL_AS_CLAIMED,
    &EARLIER_AS_CLAIMED,
    &PENDING_BEFORE_AS_CLAIMED,
    &INFORMATION_AS_CLAIMED,
    &SYSTEM_CALLS_AS_CLAIMED,
    &MASKS_AS_CLAIMED,
    &STACK_AS_CLAIMED,
];

/// The law of this slug.
#[must_use]
pub fn find(slug: &str) -> Option<&'static Law> {
    ALL.iter().copied().find(|law| law.slug == slug)
}

#[cfg(test)]
mod tests {
    use sigconform_fixture::Claims;

    use super::*;

    #[test]
    fn each_law_is_found_by_its_own_name() {
        for law in ALL {
            assert_eq!(find(law.slug), Some(*law));
        }
        assert_eq!(find("no-such-law"), None);
    }

    #[test]
    fn a_law_that_rests_on_a_claim_names_one_that_there_is() {
        for law in ALL {
            let claimed = law.source.starts_with("the backend's claim");
            assert_eq!(law.claim().is_some(), claimed, "{}", law.source);
            assert!(law.claim().is_none_or(|claim| Claims::NAMES.contains(&claim)), "{}", law.source);
        }
        assert_eq!(SURVIVES.claim(), None);
        assert_eq!(REMOVAL_AS_CLAIMED.claim(), Some("removal"));
    }
}
