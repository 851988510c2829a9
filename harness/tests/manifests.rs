//! What a `fixture.toml` makes: backends with their command lines, and errors that say what to write.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt, path::Path};

use sigconform::{
    contract::Description,
    data_file, description,
    fixture::{self, Fixture, Manifest, Specimen, check_names},
};

fn manifest(text: &str) -> Manifest {
    data_file::parse("fixture.toml".as_ref(), text).expect("a manifest")
}

#[test]
fn each_backend_is_started_with_its_own_arguments() {
    let read = manifest(
        "command = [\"{build}/mine\"]\nbuild = [\"make\", \"OUT={build}\"]\nbackend = [{ name = \"mine\" }, \
         { name = \"mine-twice\", args = [\"--twice\"], broken = \"once-per-send\" }]",
    );
    let (folder, built) = (Path::new("/src/mine"), Path::new("/tmp/built"));
    assert_eq!(read.build(folder, built), ["make", "OUT=/tmp/built"]);
    let fixtures = read.fixtures(folder, built).expect("two backends");
    assert_eq!(fixtures[0].command_line(), "/tmp/built/mine");
    assert_eq!(fixtures[1].command_line(), "/tmp/built/mine --twice");
    assert_eq!(fixtures[0].specimen, None, "it is under test itself");
    assert_eq!(fixtures[1].specimen, Some(Specimen::Broken("once-per-send".to_owned())));
}

#[test]
fn a_folder_s_name_need_not_be_text() {
    let (folder, built) = (Path::new(OsStr::from_bytes(b"/src/\xff")), Path::new(OsStr::from_bytes(b"/built\xfe")));
    let read = manifest(
        "command = [\"{build}/mine\", \"./x\", \"{a{build}\"]\nbackend = [{ name = \"mine\" }]\nenv = { A = \"{folder}:{build}:{}\" }",
    );
    let fixtures = read.fixtures(folder, built).expect("a backend");
    let words: Vec<_> = fixtures[0].command.iter().map(|word| word.as_bytes()).collect();
    assert_eq!(words, [&b"/built\xfe/mine"[..], b"/src/\xff/./x", b"{a/built\xfe"]);
    assert_eq!(fixtures[0].env["A"].as_bytes(), b"/src/\xff:/built\xfe:{}");
    assert_eq!(fixtures[0].command_line(), r"$'/built\376/mine' $'/src/\377/./x' $'{a/built\376'");
}

#[test]
fn a_package_is_what_cargo_built() {
    let read = manifest("package = \"fixture-mine\"\nbackend = [{ name = \"mine\", args = [\"thread\"] }]");
    let fixtures = read.fixtures("/src/mine".as_ref(), "/target/fixture-mine".as_ref()).expect("a backend");
    assert_eq!(fixtures[0].command_line(), "/target/fixture-mine thread");
}

#[test]
fn what_is_missing_in_a_manifest_is_said() {
    let error = Manifest::read("no/such/folder".as_ref()).unwrap_err();
    assert!(error.to_string().starts_with("cannot read no/such/folder/fixture.toml: "), "{error}");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(fixture::MANIFEST), "backend = [{ name = \"mine\" }]").expect("a file");
    let error = Manifest::read(folder.path()).unwrap_err();
    assert!(error.to_string().contains("give either `package` (built by cargo) or `command`"), "{error}");
    // A name stands in reports and in command lines, also where the program is not here to say it.
    fs::write(folder.path().join(fixture::MANIFEST), "command = [\"./x\"]\nbackend = [{ name = \"a\\u001b; b\" }]")
        .expect("a file");
    let error = Manifest::read(folder.path()).unwrap_err();
    assert!(
        error.to_string().ends_with("called `a\\u{1b}; b`: write lower-case letters, digits and hyphens"),
        "{error}"
    );
}

#[test]
fn a_folder_with_a_manifest_is_a_fixture() {
    let root = tempfile::tempdir().expect("a folder");
    for folder in ["mine", "notes"] {
        fs::create_dir(root.path().join(folder)).expect("a folder");
    }
    fs::write(root.path().join("mine").join(fixture::MANIFEST), "").expect("a file");
    assert_eq!(fixture::folders(root.path()).expect("folders"), [root.path().join("mine")]);
}

#[test]
fn two_backends_of_one_name_are_refused() {
    let mine = Fixture::new("mine", vec!["./mine".into()]);
    assert!(check_names(std::slice::from_ref(&mine)).is_ok());
    let error = check_names(&[mine.clone(), mine]).unwrap_err();
    assert_eq!(error.to_string(), "two backends are called `mine`: give one of them another name");
}

#[test]
fn what_is_described_already_is_not_started() {
    let described = Description::new("mine", "mine::Signals", "1.0.0");
    let mine = Fixture { described: Some(Box::new(described)), ..Fixture::new("mine", vec!["./no-such".into()]) };
    assert_eq!(description::of(&mine).expect("a description").library, "mine::Signals");
    assert_eq!(mine.again("sequence"), "cargo xtask run mine sequence");
}
