//! Known failures: an entry that can match nothing is an error with file and remedy.

use std::fs;

use sigconform::{
    expectation::{self, Expectation},
    fixture::{self, Manifest},
};

const FIXTURE: &str = r#"
command = ["mine"]
[[backend]]
name = "mine"
"#;

const RIGHT: &str = r#"
[[expectation]]
backend = "mine"
scenario = "sequence"
os = ["linux"]
mended_in = "3.12"
laws = ["once-per-send"]
reason = "it counts twice"
reference = "https://example.org/1"
"#;

/// The known failures of a folder with this list, or what is wrong with it.
fn read(list: &str) -> Result<Vec<Expectation>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(fixture::MANIFEST), FIXTURE).expect("a manifest");
    fs::write(folder.path().join(expectation::FILE), list).expect("a list");
    let manifest = Manifest::read(folder.path()).expect("a right manifest");
    let fixtures = manifest.fixtures(folder.path(), folder.path()).map_err(|error| error.to_string())?;
    Ok(fixtures.into_iter().flat_map(|fixture| fixture.expectations).collect())
}

#[test]
fn a_right_entry_is_read() {
    let known = read(RIGHT).expect("a right list");
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].laws, ["once-per-send"]);
}

#[test]
fn a_wrong_entry_is_an_error_with_file_and_remedy() {
    for (right, wrong, remedy) in [
        ("backend = \"mine\"", "backend = \"yours\"", "this fixture holds no backend `yours`: write mine"),
        ("\"linux\"", "\"Linux\"", "there is no system `Linux`: write freebsd, linux, macos"),
        ("\"3.12\"", "\"next\"", "`mended_in` is no version: write numbers"),
        ("[\"once-per-send\"]", "[]", "list the laws that the failure breaks"),
        ("\"once-per-send\"", "\"once-per-sent\"", "there is no law `once-per-sent`: write the slug"),
        ("\"it counts twice\"", "\" \"", "it has no reason: say why it fails"),
        ("https://example.org/1", "issue 1", "give an https:// address or `no report found`"),
        ("reason =", "because =", "expected one of"),
    ] {
        let list = RIGHT.replacen(right, wrong, 1);
        assert_ne!(list, RIGHT, "{right}");
        let said = read(&list).expect_err(wrong);
        assert!(said.contains(expectation::FILE) && said.contains(remedy), "`{remedy}`: {said}");
    }
}

#[test]
fn two_entries_for_one_case_are_an_error() {
    let said = read(&format!("{RIGHT}{RIGHT}")).expect_err("twice");
    assert!(said.contains("mine / sequence") && said.contains("listed twice: remove one"), "{said}");
    let elsewhere = RIGHT.replace("linux", "macos");
    assert_eq!(read(&format!("{RIGHT}{elsewhere}")).expect("two systems").len(), 2);
}

#[test]
fn an_entry_for_a_scenario_that_does_not_exist_is_an_error() {
    let known = read(RIGHT).expect("a right list");
    assert!(expectation::check_scenarios(&known, &["sequence"]).is_ok());
    let said = expectation::check_scenarios(&known, &["sequences"]).expect_err("stale").to_string();
    assert!(said.contains(expectation::FILE) && said.contains("mine / sequence"), "{said}");
    assert!(said.contains("correct or remove the entry; near: sequences"), "{said}");
}

#[test]
fn an_entry_speaks_of_its_systems_and_of_versions_before_the_mended_one() {
    let known = &read(RIGHT).expect("a right list")[0];
    for (scenario, os, version, expected) in [
        ("sequence", "linux", "3.11.7", true),
        ("sequence", "linux", "3.9", true),
        ("sequence", "linux", "3.12.0rc1", false),
        ("sequence", "linux", "4.0", false),
        ("sequence", "macos", "3.11.7", false),
        ("another", "linux", "3.11.7", false),
    ] {
        assert_eq!(known.is_for(scenario, os, version), expected, "{scenario} {os} {version}");
    }
}

#[test]
fn the_version_of_a_runtime_is_the_one_after_its_name() {
    let known = &read(&RIGHT.replace("3.12", "Python 3.12")).expect("a right list")[0];
    for (version, expected) in [
        ("0.23.0 on Python 3.11.7", true),
        ("4.0 on Python 3.11.7", true),
        ("0.23.0 on Python 3.12.1", false),
        ("3.13", true),
    ] {
        assert_eq!(known.is_for("sequence", "linux", version), expected, "{version}");
    }
    assert!(read(&RIGHT.replace("3.12", "Python next")).is_err());
}
