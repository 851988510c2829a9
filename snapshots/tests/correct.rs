//! What `cargo xtask correct` lets through: a backend that passes everything, and leaves out only what it says beforehand.
//! And the correct backends of this repository are many, unusual in different ways, and give the reviewed transcripts.

use std::{collections::BTreeSet, path::Path};

use rstest::rstest;
use sigconform::{
    catalogue::Catalogue,
    cli::Correct,
    description, exit_status,
    fixture::{Fixture, Specimen},
    results::Verdict,
};
use snapshots::{catalogue, check, fixtures, play};

/// Each correct backend, and what is unusual about it.
fn correct() -> Vec<(&'static Fixture, &'static str)> {
    let unusual = |fixture: &'static Fixture| match &fixture.specimen {
        Some(Specimen::Correct(unusual)) => Some((fixture, unusual.as_str())),
        _ => None,
    };
    fixtures().iter().filter_map(unusual).collect()
}

#[test]
fn they_are_many_and_differ() {
    let unusual: BTreeSet<_> = correct().iter().map(|(_, unusual)| *unusual).collect();
    assert!(unusual.len() == correct().len() && unusual.len() >= 20, "{unusual:#?}");
}

/// They have to pass by the strictest judgement there is: each claims something, with the page that says so.
#[test]
fn each_is_held_to_what_it_claims() {
    for (fixture, _) in correct() {
        let description = description::of(fixture).unwrap_or_else(|error| panic!("{error}"));
        let why_not = description.why_not_on(std::env::consts::OS);
        assert!(why_not.is_some() || !description.claims.are_undocumented(), "{} claims nothing", fixture.name);
    }
}

/// The reviewed transcripts are theirs too.
#[rstest]
#[case("sequence")]
#[case("idle-wakeup")]
#[case("burst-5")]
#[case("information-burst")]
#[case("held-together")]
#[case("removal-leaves-nothing")]
#[case("earlier-handler-after-removal")]
fn they_give_the_reviewed_transcript(#[case] scenario: &str) {
    let mut passed = 0;
    for (fixture, _) in correct() {
        let cell = play(&fixture.name, scenario);
        if let Err(report) = check(&cell, Path::new(env!("CARGO_BIN_EXE_snapshot-diff"))) {
            panic!("{report}");
        }
        passed += usize::from(cell.verdict == Verdict::Pass);
    }
    assert!(passed > 0, "{scenario} was played by none");
}

/// The command, for this backend in the place of a correct one, with these scenarios and no others.
fn status(backend: &str, scenarios: &[&str]) -> u8 {
    let stands_in = fixtures().iter().find(|fixture| fixture.name == backend).expect("a backend of this repository");
    let specimen = Some(Specimen::Correct("it stands in for one".to_owned()));
    let fixture = Fixture { specimen, ..stands_in.clone() };
    let few = catalogue().scenarios.iter().filter(|scenario| scenarios.contains(&&*scenario.name)).cloned().collect();
    let catalogue = Catalogue { scenarios: few, ..catalogue().clone() };
    Correct { repeat: 1, ..Correct::default() }.run(&catalogue, &[fixture]).unwrap_or_else(|error| panic!("{error}"))
}

#[rstest]
#[case::passes("broken-control", &["sequence", "two-handlers"], exit_status::CONFORMING)]
#[case::fails("broken-doubles", &["sequence"], exit_status::NOT_CONFORMING)]
#[case::leaves_out_what_it_does_not_claim("broken-control", &["sequence", "replaced-handler"], exit_status::CONFORMING)]
// It says that it can play every step, and an async closure does not compile.
#[case::leaves_out_what_it_said_it_can("broken-control", &["coroutine-handler"], exit_status::NOT_CONFORMING)]
fn only_what_passes_everything_goes_through(#[case] backend: &str, #[case] scenarios: &[&str], #[case] expected: u8) {
    assert_eq!(status(backend, scenarios), expected);
}
