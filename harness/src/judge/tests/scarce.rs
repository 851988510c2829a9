//! What a library is refused by the system, it may refuse in its turn, if it says so.

use sigconform_fixture::Claims;

use super::{
    at,
    told::{broken, judged, scenario, strict},
};
use crate::judge::law;

#[test]
fn without_descriptors_a_subscription_may_be_refused() {
    let steps = "{ step = 'limit-descriptors', left = 0 }, { step = 'subscribe', signal = 'SIGTERM' }, \
                 { step = 'limit-descriptors' }, { step = 'subscribe', signal = 'SIGTERM' }";
    let scarce = scenario(steps);
    let told = |claims: &Claims, first: &str, second: &str| {
        let lines = ["starting [PID]", "no descriptor is left", first, "as many descriptors as ever", second];
        broken(judged(&scarce, claims, &lines))
    };
    assert_eq!(told(&strict(), "refused SIGTERM EMFILE", "subscribed SIGTERM"), []);
    assert_eq!(told(&strict(), "subscribed SIGTERM", "subscribed SIGTERM"), []);
    // With an error that says something, and without a panic.
    assert_eq!(told(&strict(), "refused SIGTERM", "subscribed SIGTERM"), [at(&law::REFUSES_UNCATCHABLE, 3)]);
    assert_eq!(told(&strict(), "panicked", "subscribed SIGTERM"), [at(&law::ACCEPTS_CATCHABLE, 3)]);
    // And no longer than they are few.
    assert_eq!(told(&strict(), "refused SIGTERM EMFILE", "refused SIGTERM EMFILE"), [at(&law::ACCEPTS_CATCHABLE, 5)]);
}
