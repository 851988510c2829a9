//! What `cargo xtask regressions` lets through: a broken version that breaks its law and no other, beside a fixed one that
//! passes. Exchanged, or with another law, it fails. The deliberately broken backends stand for the versions.

use std::fs;

use rstest::rstest;
use sigconform::{
    cli::{Built, Regressions},
    exit_status,
    fixture::Fixture,
    regression::{MANIFEST, Regression, Side},
};
use snapshots::{catalogue, fixtures};

const REGRESSION: &str = r#"package = "mine"
broken = "1.2.3"
fixed = "1.2.4"
backend = "mine"
law = "once-per-send"
scenarios = ["sequence", "interleaving"]
issue = "https://example.org/1"
defect = "it counted twice"
"#;

fn regression() -> Regression {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(MANIFEST), REGRESSION).expect("it is written");
    for (side, version) in [(Side::Broken, "1.2.3"), (Side::Fixed, "1.2.4")] {
        let package = folder.path().join(side.to_string());
        fs::create_dir(&package).expect("a folder");
        let lock = format!("[[package]]\nname = \"mine\"\nversion = \"{version}\"\n");
        fs::write(package.join("Cargo.lock"), lock).expect("it is written");
    }
    Regression::read(folder.path(), &["sequence", "interleaving"]).unwrap_or_else(|error| panic!("{error}"))
}

/// The backend of this repository in the place of the version on this side.
fn program(regression: &Regression, side: Side, backend: &str) -> Fixture {
    let stands_in = fixtures().iter().find(|fixture| fixture.name == backend).expect("a backend of this repository");
    let expectations = regression.fixture(side, "mine".as_ref()).expectations;
    Fixture { expectations, ..stands_in.clone() }
}

#[rstest]
#[case::caught_and_mended("broken-doubles", "broken-control", exit_status::CONFORMING)]
#[case::exchanged("broken-control", "broken-doubles", exit_status::NOT_CONFORMING)]
#[case::not_caught("broken-control", "broken-control", exit_status::NOT_CONFORMING)]
#[case::not_mended("broken-doubles", "broken-doubles", exit_status::NOT_CONFORMING)]
#[case::by_another_law("broken-in-signal-handler", "broken-control", exit_status::NOT_CONFORMING)]
fn only_what_is_caught_and_mended_goes_through(#[case] broken: &str, #[case] fixed: &str, #[case] status: u8) {
    let regression = regression();
    let programs = Ok([program(&regression, Side::Broken, broken), program(&regression, Side::Fixed, fixed)]);
    let built = [Built { regression, programs }];
    let said = Regressions::default().run(catalogue(), &built).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said, status);
}

#[test]
fn what_cannot_be_played_here_is_a_skip() {
    let built = [Built { regression: regression(), programs: Err("it exists elsewhere".to_owned()) }];
    let said = Regressions::default().run(catalogue(), &built).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said, exit_status::CONFORMING);
}
