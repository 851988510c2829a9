//! What is missing on a machine: said with the one command that installs it, and never mixed up with a finding.

use std::{env, ffi::OsString, fs, os::unix::fs::symlink, path::Path};

use tempfile::TempDir;

use crate::{
    executable,
    said::{ENGINE, NOT_CONFORMING, command, run},
};

/// A folder that holds links to every program of `PATH`, but those whose name begins with `without`.
fn path_without(without: &str) -> (TempDir, OsString) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for programs in env::split_paths(&env::var_os("PATH").expect("PATH")) {
        for program in fs::read_dir(programs).into_iter().flatten().flatten() {
            let name = program.file_name();
            if !name.to_string_lossy().starts_with(without) {
                // The first of a name wins, as in PATH.
                let _ = symlink(program.path(), folder.path().join(name));
            }
        }
    }
    let path = folder.path().as_os_str().to_owned();
    (folder, path)
}

#[test]
fn without_python_asyncio_is_a_skip_that_says_what_to_install() {
    let (_folder, path) = path_without("python");
    let mut asyncio = command(&["conform", "--backend", "asyncio", "--scenario", "sequence"]);
    asyncio.env("PATH", path);
    let said = run(asyncio);
    said.assert_status(0);
    said.assert_stdout("skip  asyncio / sequence: python3 is not installed: install Python 3, for example with `apt-get install python3`");
    said.assert_stdout("1 skip");
}

/// A cargo that finds no subcommands of its own accord.
fn review(path: &Path, args: &[&str]) -> crate::said::Said {
    let mut review = command(&[&["review"], args].concat());
    let home = tempfile::tempdir().expect("a temporary folder");
    review.env("PATH", path).env("CARGO_HOME", home.path());
    run(review)
}

#[test]
fn without_cargo_insta_review_says_the_one_command_that_installs_it() {
    let (folder, _) = path_without("cargo-insta");
    let said = review(folder.path(), &[]);
    said.assert_status(ENGINE);
    assert_eq!(
        said.stderr,
        "error: cargo-insta is not installed; install it with: cargo install --locked cargo-insta\n"
    );
}

/// A stand-in for cargo-insta tells how it was called.
#[test]
fn with_cargo_insta_review_hands_over_to_it() {
    let (folder, _) = path_without("cargo-insta");
    let stand_in = folder.path().join("cargo-insta");
    executable::write(&stand_in, "#!/bin/sh\necho \"$PWD: $*\"\n[ \"$2\" != review ] || exit 7\n");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").display();
    let said = review(folder.path(), &["--list"]);
    said.assert_status(0);
    said.assert_stdout(&format!("{root}: insta pending-snapshots\n"));
    let said = review(folder.path(), &[]);
    said.assert_status(7);
    said.assert_stdout(&format!("{root}: insta review\n"));
}

/// A pending transcript that no backend gives is refused before cargo-insta could offer it.
#[test]
fn review_refuses_a_forged_transcript_and_offers_nothing() {
    let (folder, _) = path_without("cargo-insta");
    let stand_in = folder.path().join("cargo-insta");
    executable::write(&stand_in, "#!/bin/sh\n[ \"$2\" != review ] || echo offered\n");
    let pending = tempfile::tempdir().expect("a temporary folder");
    let forged = pending.path().join("sequence.snap.new");
    fs::write(&forged, "---\nsource: snapshots/src/lib.rs\n---\nsending SIGHUP\nsignal_handler('SIGINT')\n")
        .expect("a file");
    let option = ["--transcripts", pending.path().to_str().expect("a path of text")];
    // The fixtures are built with the user's own cargo.
    let refused = |option: &[&str]| {
        let mut review = command(&[&["review"], option].concat());
        review.env("PATH", folder.path());
        run(review)
    };
    let said = refused(&option);
    said.assert_status(NOT_CONFORMING);
    said.assert_stderr(&format!("refused: {}: no backend gives this transcript", forged.display()));
    assert_eq!(said.stdout, "", "it was offered");
    fs::remove_file(&forged).expect("the forged file");
    refused(&option).assert_stdout("offered\n");
}
