//! Known failures: an entry that can match nothing is an error with file and remedy.

use std::fs;

use super::*;
use crate::fixture::{self, Manifest};

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

/// The known failures of a fixture with this list, or what is wrong with it.
fn known(list: &str) -> Result<Vec<Expectation>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(fixture::MANIFEST), FIXTURE).expect("a manifest");
    fs::write(folder.path().join(FILE), list).expect("a list");
    let manifest = Manifest::read(folder.path()).expect("a right manifest");
    let fixtures = manifest.fixtures(folder.path(), folder.path()).map_err(|error| error.to_string())?;
    Ok(fixtures.into_iter().flat_map(|fixture| fixture.expectations).collect())
}

#[test]
fn a_right_entry_is_read() {
    let listed = known(RIGHT).expect("a right list");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].laws, ["once-per-send"]);
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
        let said = known(&list).expect_err(wrong);
        assert!(said.contains(FILE) && said.contains(remedy), "`{remedy}`: {said}");
    }
}

/// What the explorer finds is listed by what its shortest scripts have in common.
#[test]
fn with_and_at_least_are_for_the_scripts_of_the_explorer() {
    let explored = RIGHT.replace("\"sequence\"", "\"explore\"");
    let with = |list: &str, line: &str| format!("{list}{line}\n");
    for line in ["with = [\"reopen\"]", "at_least = 65"] {
        let said = known(&with(RIGHT, line)).expect_err(line);
        assert!(said.contains("are for the scenario `explore` only: remove them"), "{said}");
        assert_eq!(known(&with(&explored, line)).map(|listed| listed.len()), Ok(1), "{line}");
    }
    let said = known(&with(&explored, "with = [\"telepathy\"]")).expect_err("unknown");
    assert!(said.contains("there is no ingredient `telepathy`: write one of "), "{said}");
    // Those of one kind are one case; of another they are another.
    for (line, cases) in [("with = [\"reopen\"]", 2), ("at_least = 65", 2), ("laws = [\"survives\"]", 2), ("", 1)] {
        let other = if line.starts_with("laws") {
            explored.replace("laws = [\"once-per-send\"]", line)
        } else {
            with(&explored, line)
        };
        let listed = known(&format!("{explored}{other}"));
        assert_eq!(listed.map_or(1, |listed| listed.len()), cases, "{line}");
    }
}

#[test]
fn two_entries_for_one_case_are_an_error() {
    let said = known(&format!("{RIGHT}{RIGHT}")).expect_err("twice");
    assert!(said.contains("mine / sequence") && said.contains("listed twice: remove one"), "{said}");
    let elsewhere = RIGHT.replace("linux", "macos");
    assert_eq!(known(&format!("{RIGHT}{elsewhere}")).expect("two systems").len(), 2);
}

#[test]
fn entries_speak_of_one_case_where_backend_scenario_and_some_system_are_the_same() {
    let other = |right: &str, wrong: &str| RIGHT.replace(right, wrong);
    for (twice, list) in [
        (true, other("os = [\"linux\"]", "")),
        (true, other("[\"linux\"]", "[\"macos\", \"linux\"]")),
        (false, other("[\"linux\"]", "[\"macos\", \"freebsd\"]")),
        (false, other("\"sequence\"", "\"fork\"")),
        (false, other("\"mine\"", "\"other\"")),
    ] {
        for both in [format!("{RIGHT}{list}"), format!("{list}{RIGHT}")] {
            let checked = parse(FILE.as_ref(), &both, &["mine", "other"]);
            assert_eq!(checked.is_err(), twice, "{both}");
        }
    }
}

#[test]
fn an_entry_for_a_scenario_that_does_not_exist_is_an_error() {
    let listed = known(RIGHT).expect("a right list");
    assert!(check_scenarios(&listed, &["sequence"]).is_ok());
    let said = check_scenarios(&listed, &["sequences"]).expect_err("stale").to_string();
    assert!(said.contains(FILE) && said.contains("mine / sequence"), "{said}");
    assert!(said.contains("correct or remove the entry; near: sequences"), "{said}");
}

#[test]
fn what_nobody_reported_says_so() {
    let unreported = RIGHT.replace("https://example.org/1", NO_REPORT);
    assert_eq!(known(&unreported).expect("a right list")[0].reference, NO_REPORT);
}

#[test]
fn an_entry_knows_where_it_is_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(FILE);
    assert_eq!(read(folder.path(), &["mine"]).expect("no list"), []);
    fs::write(&file, format!("{RIGHT}{}", RIGHT.replace("linux", "macos"))).expect("a list");
    let listed = read(folder.path(), &["mine"]).expect("a right list");
    let places: Vec<_> = listed.iter().map(|known| (known.file.as_path(), known.line)).collect();
    assert_eq!(places, [(file.as_path(), 2), (file.as_path(), 11)]);
}

#[test]
fn an_entry_that_names_no_system_speaks_of_all() {
    let listed = &known(&RIGHT.replace("os = [\"linux\"]", "")).expect("a right list")[0];
    assert!(listed.is_for("sequence", "linux", "3.9") && listed.is_for("sequence", "plan9", "3.9"));
    assert!(!listed.is_for("fork", "plan9", "3.9"));
}

#[test]
fn an_entry_speaks_of_its_systems_and_of_versions_before_the_mended_one() {
    let listed = &known(RIGHT).expect("a right list")[0];
    for (scenario, os, version, expected) in [
        ("sequence", "linux", "3.11.7", true),
        ("sequence", "linux", "3.9", true),
        ("sequence", "linux", "3.12.0rc1", false),
        ("sequence", "linux", "4.0", false),
        ("sequence", "macos", "3.11.7", false),
        ("another", "linux", "3.11.7", false),
    ] {
        assert_eq!(listed.is_for(scenario, os, version), expected, "{scenario} {os} {version}");
    }
}

#[test]
fn the_version_of_a_runtime_is_the_one_after_its_name() {
    let listed = &known(&RIGHT.replace("3.12", "Python 3.12")).expect("a right list")[0];
    for (version, expected) in [
        ("0.23.0 on Python 3.11.7", true),
        ("4.0 on Python 3.11.7", true),
        ("0.23.0 on Python 3.12.1", false),
        ("3.13", true),
    ] {
        assert_eq!(listed.is_for("sequence", "linux", version), expected, "{version}");
    }
    assert!(known(&RIGHT.replace("3.12", "Python next")).is_err());
}
