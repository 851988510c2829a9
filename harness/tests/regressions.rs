//! Regressions: a `regression.toml` that cannot be used is an error with file, line and remedy, and so is a `Cargo.lock`
//! that pins another version than it names.

use std::{fs, path::Path};

use sigconform::regression::{MANIFEST, Regression, Side};

const RIGHT: &str = r#"package = "mine"
broken = "1.2.3"
fixed = "1.2.4"
backend = "mine"
law = "once-per-send"
scenarios = ["sequence"]
issue = "https://example.org/1"
defect = "it counted twice"
"#;

/// The regression of a folder with this text, whose locks pin these versions of `mine`; or what is wrong with it.
fn read(text: &str, locked: [&str; 2]) -> Result<Regression, String> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(MANIFEST), text).expect("it is written");
    for (side, version) in Side::BOTH.into_iter().zip(locked) {
        let package = folder.path().join(side.to_string());
        fs::create_dir(&package).expect("a folder");
        let lock = format!("version = 4\n\n[[package]]\nname = \"mine\"\nversion = \"{version}\"\n");
        fs::write(package.join("Cargo.lock"), lock).expect("it is written");
    }
    Regression::read(folder.path(), &["sequence", "burst-5"]).map_err(|error| error.to_string())
}

const LOCKED: [&str; 2] = ["1.2.3", "1.2.4"];

#[test]
fn a_right_one_is_read() {
    let regression = read(RIGHT, LOCKED).expect("it is right");
    assert_eq!((regression.version(Side::Broken), regression.version(Side::Fixed)), ("1.2.3", "1.2.4"));
    let program = Path::new("/bin/mine");
    let broken = regression.fixture(Side::Broken, program);
    assert_eq!(broken.expectations.len(), 1, "the broken one is expected to break the law");
    assert_eq!(broken.expectations[0].laws, ["once-per-send"]);
    assert!(regression.fixture(Side::Fixed, program).expectations.is_empty(), "nothing excuses the fixed one");
}

#[test]
fn a_wrong_line_is_an_error_with_file_line_and_remedy() {
    for (right, wrong, line, remedy) in [
        ("\"once-per-send\"", "\"once-per-sent\"", 5, "there is no law `once-per-sent`: write the slug"),
        ("\"once-per-send\"", "\"once-per-sent\"", 5, "near: once-per-send"),
        ("[\"sequence\"]", "[]", 6, "`scenarios` is empty: name at least one"),
        (
            "\"sequence\"",
            "\"sequense\"",
            6,
            "there is no scenario `sequense`: name one of the catalogue; near: sequence",
        ),
        ("1.2.4", "1.2.3", 3, "both versions are the same"),
        ("https://example.org/1", "issue 1", 7, "`issue 1` is no address: give the https:// address"),
        ("it counted twice", " ", 8, "`defect` is empty: say in a sentence"),
        ("backend =", "backends =", 4, "expected one of `package`"),
    ] {
        let text = RIGHT.replacen(right, wrong, 1);
        assert_ne!(text, RIGHT, "{right}");
        let said = read(&text, LOCKED).expect_err(wrong);
        assert!(said.starts_with("malformed data file /") && said.contains("/regression.toml: "), "{said}");
        assert!(said.contains(&format!("line {line}")), "not line {line}: {said}");
        assert!(said.contains(remedy), "`{remedy}`: {said}");
    }
}

#[test]
fn a_lock_that_pins_another_version_is_an_error_with_a_remedy() {
    for (locked, file, version) in [(["1.2.4"; 2], "broken", "1.2.3"), (["1.2.3"; 2], "fixed", "1.2.4")] {
        let said = read(RIGHT, locked).expect_err("another version");
        assert!(said.contains(&format!("/{file}/Cargo.lock: ")), "{said}");
        assert!(said.contains(&format!("write `mine = \"={version}\"` in the Cargo.toml beside it")), "{said}");
    }
    let said = read(&RIGHT.replace("\"mine\"\nbroken", "\"other\"\nbroken"), LOCKED).expect_err("no such package");
    assert!(said.contains("about other 1.2.3, and this does not hold it"), "{said}");
}
