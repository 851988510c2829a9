//! The judge is given what no fixture should write: any events, of any scenario, under any claims.

use std::collections::BTreeSet;

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng},
};
use sigconform::judge::law;

use super::{
    cases,
    played::{event_names, play},
    properties::{CATALOGUE, check_judged},
};

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn nothing_that_a_fixture_writes_is_too_much_for_the_judge(
        scenario in 0..CATALOGUE.scenarios.len(),
        choices in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        let _ = check_judged(&CATALOGUE.scenarios[scenario], &choices);
    }
}

/// What is made of random bytes is no noise that the judge puts aside at the first line: it breaks half of the laws, plays
/// some scripts as they should be, and every kind of event is in it.
#[test]
fn what_is_made_up_goes_deep() {
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let (mut conforming, mut laws, mut events) = (0, BTreeSet::new(), BTreeSet::new());
    for scenario in CATALOGUE.scenarios.iter().cycle().take(3 * CATALOGUE.scenarios.len()) {
        let mut choices = vec![0; rng.random_range(0..1500)];
        rng.fill_bytes(&mut choices);
        let Ok(broken) = check_judged(scenario, &choices) else { continue };
        conforming += usize::from(broken.is_empty());
        laws.extend(broken.into_iter().map(|violation| violation.law));
        let written = play(scenario, &choices).transcript.events;
        events.extend(
            written.iter().filter_map(|event| {
                serde_json::to_value(event).expect("plain data")["event"].as_str().map(str::to_owned)
            }),
        );
    }
    let unmade: Vec<_> = event_names().filter(|name| !events.contains(*name)).collect();
    assert!(conforming > 5 && laws.len() > law::ALL.len() / 2, "{conforming} conform, and break {laws:?}");
    assert!(unmade.is_empty(), "never made: {unmade:?}");
}
