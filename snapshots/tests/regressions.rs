//! What `cargo xtask regressions` lets through: a broken version that breaks its law and no other, beside a fixed one that
//! passes. Exchanged, or with another law, it fails. The deliberately broken backends stand for the versions. And those of
//! this repository are whole, and documented.

use std::{collections::BTreeSet, fs, path::Path};

use rstest::rstest;
use sigconform::{
    cli::{Built, Regressions},
    description, exit_status,
    fixture::Fixture,
    regression::{self, MANIFEST, Regression, Side},
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
    // Asked as the specimen that it is: what it claims no page promises.
    let described = Some(Box::new(description::of(stands_in).unwrap_or_else(|error| panic!("{error}"))));
    Fixture { expectations, described, specimen: None, ..stands_in.clone() }
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

/// The page lists each with its versions, its law and its report; the versions of a package do not repeat.
#[test]
fn those_of_this_repository_are_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let page = fs::read_to_string(root.join("docs/regressions.md")).expect("the page");
    let scenarios: Vec<_> = catalogue().scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    let all = regression::read_all(&root.join("fixtures/regressions"), &scenarios).expect("each is right");
    let rows: BTreeSet<_> = page.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), all.len(), "the page lists another number of regressions");
    for regression in all {
        let [broken, fixed] = Side::BOTH.map(|side| regression.version(side));
        let (name, package) = (&regression.name, &regression.manifest.package);
        let row = format!("| `{name}` | {package} {broken} | {fixed} | `{}` | ", regression.law());
        let row = rows.iter().find(|line| line.starts_with(&row)).unwrap_or_else(|| panic!("no row begins `{row}`"));
        assert!(row.contains(&format!("({})", regression.manifest.issue.get_ref())), "another report: {row}");
    }
}
