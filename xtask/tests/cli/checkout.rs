//! `cargo xtask` works on the checkout that it stands in: one that was copied with its target directory holds a program that
//! was built in another.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{
    executable,
    said::{ENGINE, Said, command, run},
};

/// A checkout with one fixture, as small as it can be.
fn checkout() -> TempDir {
    let place = tempfile::Builder::new().prefix("a copy ").tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let file = place.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(&file, text).expect("a file");
        file
    };
    let workspace = "[workspace]\nresolver = \"3\"\nmembers = [\"xtask\"]\n\n[profile.fixture]\ninherits = \"dev\"\n";
    write("Cargo.toml", workspace);
    write("xtask/Cargo.toml", "[package]\nname = \"xtask\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    write("xtask/src/lib.rs", "");
    write("fixtures/mine/fixture.toml", "command = [\"./mine.sh\"]\nbackend = [{ name = \"copied\" }]\n");
    let described =
        r#"{"protocol":1,"name":"copied","library":"of the copy","version":"1","language":"sh","steps":["send"]}"#;
    executable::write(&place.path().join("fixtures/mine/mine.sh"), &format!("#!/bin/sh\necho '{described}'\n"));
    place
}

fn xtask_in(folder: &Path, args: &[&str]) -> Said {
    let mut command = command(args);
    // As when it is started without cargo, which says where the package is that it starts.
    command.current_dir(folder).env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_TARGET_DIR");
    run(command)
}

#[test]
fn the_fixtures_are_those_of_the_checkout_that_it_stands_in() {
    let place = checkout();
    for folder in [place.path().to_owned(), place.path().join("xtask/src")] {
        let said = xtask_in(&folder, &["list", "backends"]);
        said.assert_status(0);
        assert_eq!(said.stdout, "copied  of the copy 1 (sh)\n", "{}", said.stderr);
    }
}

#[test]
fn what_is_built_is_built_there() {
    let place = checkout();
    let manifest = place.path().join("fixtures/mine/fixture.toml");
    let text = "command = [\"./mine.sh\"]\nbuild = [\"touch\", \"{build}/built\"]\nbackend = [{ name = \"copied\" }]\n";
    fs::write(manifest, text).expect("a file");
    xtask_in(place.path(), &["list", "backends"]).assert_status(0);
    assert!(place.path().join("target/fixtures/mine/built").is_file(), "it was built elsewhere");
}

#[test]
fn where_there_is_no_checkout_that_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = xtask_in(folder.path(), &["list", "backends"]);
    said.assert_status(ENGINE);
    said.assert_stderr("error: cannot find the workspace; run this inside the repository");
    // Another project's workspace is no checkout of this one.
    fs::write(folder.path().join("Cargo.toml"), "[package]\nname = \"other\"\nversion = \"0.1.0\"\n").expect("a file");
    fs::create_dir(folder.path().join("src")).expect("a folder");
    fs::write(folder.path().join("src/lib.rs"), "").expect("a file");
    let said = xtask_in(folder.path(), &["list", "backends"]);
    said.assert_status(ENGINE);
    said.assert_stderr("is not the repository of sigconform; run this inside it");
}

/// Whatever asks at compile time where the sources are is wrong in a copy: nothing of the program may.
#[test]
fn no_source_of_the_program_keeps_where_it_was_built() {
    fn look(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                look(&path, found);
            } else if fs::read_to_string(&path).is_ok_and(|text| text.contains("env!(\"CARGO_MANIFEST_DIR\")")) {
                found.push(path);
            }
        }
    }
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the test");
    let mut found = Vec::new();
    for folder in ["src", "../snapshots/src", "../bench/src"] {
        look(&Path::new(&package).join(folder), &mut found);
    }
    assert_eq!(found, [] as [PathBuf; 0]);
}
