//! Something else than a file where a file is expected: a pipe would be waited for without end, a device read without end.
//! Whoever put it there, a fixture, a checkout or the sender of results, hears what it is.

#[path = "shared/executable.rs"]
mod executable;

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use nix::{
    sys::{
        signal::{Signal, kill},
        stat::Mode,
    },
    unistd::{Pid, mkfifo},
};
use sigconform::{
    expectation,
    fixture::{self, FixtureError, Manifest},
    merge, regression,
};

const ENGINE: i32 = 3;
const USAGE: i32 = 2;

/// Longer than anything takes here on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What it gives; a panic where it waits for somebody.
fn soon<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, hear) = mpsc::channel();
    thread::spawn(move || tell.send(work()));
    hear.recv_timeout(PATIENCE).expect("it waits without end")
}

/// The status of the program in this folder, and what it said.
fn sigconform(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigconform"));
    command.args(args).current_dir(folder).env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child: Child = child.expect("it starts");
    let pid = Pid::from_raw(child.id().cast_signed());
    let (tell, hear) = mpsc::channel();
    let waiting = thread::spawn(move || {
        let output = child.wait_with_output().expect("its end");
        let _ = tell.send(());
        output
    });
    if hear.recv_timeout(PATIENCE).is_err() {
        kill(pid, Signal::SIGKILL).expect("it is ended");
        panic!("`sigconform {}` waits without end", args.join(" "));
    }
    let output = waiting.join().expect("its output");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

fn pipe(file: &Path) {
    mkfifo(file, Mode::S_IRWXU).expect("a pipe");
}

#[test]
fn results_are_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    pipe(&folder.path().join("results.json"));
    let (status, said) = sigconform(folder.path(), &["merge", "results.json"]);
    assert_eq!(said, "error: cannot read results.json: it is a pipe, not a regular file\n");
    assert_eq!(status, Some(USAGE));
    symlink("/dev/zero", folder.path().join("endless.json")).expect("a link");
    let (_, said) = sigconform(folder.path(), &["merge", "endless.json"]);
    assert_eq!(said, "error: cannot read endless.json: it is a device, not a regular file\n");
    // Sparse: it takes no room on the disk, and would take all memory.
    let large = fs::File::create(folder.path().join("large.json")).expect("a file");
    large.set_len(1 << 40).expect("a large file");
    let error = merge::read(&folder.path().join("large.json")).expect_err("it is too large");
    assert!(error.to_string().ends_with("large.json: it is larger than 256 MiB"), "{error}");
}

/// A fixture in the shell, which describes itself.
fn script(folder: &Path) {
    let described = r#"{"protocol":1,"name":"mine","library":"l","version":"1","language":"sh","steps":["send"]}"#;
    let text = format!("#!/bin/sh\ncase \"$*\" in *describe) echo '{described}' ;; *) read -r line ;; esac\n");
    let file = folder.join("fixture.sh");
    executable::write(&file, &text);
}

#[test]
fn expectations_are_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    script(folder.path());
    let run = |args: &[&str]| sigconform(folder.path(), &[&["run", "--laws-only"], args].concat());
    pipe(&folder.path().join("named"));
    let (status, said) = run(&["--expectations", "named", "--", "./fixture.sh"]);
    assert_eq!(said, "error: cannot read named: it is a pipe, not a regular file\n");
    assert_eq!(status, Some(ENGINE));
    // The one that is looked for without being named.
    pipe(&folder.path().join(expectation::FILE));
    let (_, said) = run(&["--", "./fixture.sh"]);
    assert_eq!(said, "error: cannot read expectations.toml: it is a pipe, not a regular file\n");
    // A link that leads nowhere is a list of failures that is missed, and no empty list.
    fs::remove_file(folder.path().join(expectation::FILE)).expect("it is removed");
    symlink("nowhere", folder.path().join(expectation::FILE)).expect("a link");
    let (_, said) = run(&["--", "./fixture.sh"]);
    assert!(said.contains("cannot read expectations.toml: No such file or directory"), "{said}");
}

/// Annotations look for the script among the words of the command, and read what has such a name.
#[test]
fn a_word_of_the_command_is_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    script(folder.path());
    pipe(&folder.path().join("pipe"));
    let large = fs::File::create(folder.path().join("large")).expect("a file");
    large.set_len(1 << 40).expect("a large file");
    let args = ["run", "--laws-only", "--scenario", "sequence", "--", "sh", "-c", "exec ./fixture.sh $1"];
    for word in ["pipe", "large"] {
        let (status, said) = sigconform(folder.path(), &[&args[..], &[word]].concat());
        assert!(said.contains("skip  mine / sequence: "), "{said}");
        assert_eq!(status, Some(0), "{said}");
    }
}

#[test]
fn a_program_is_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    pipe(&folder.path().join("program"));
    let (status, said) = sigconform(folder.path(), &["check", "./program"]);
    assert!(said.contains("it is a pipe, not a regular file"), "{status:?}: {said}");
}

#[test]
fn manifests_are_files() {
    let root = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("mine");
    fs::create_dir(&folder).expect("a folder");
    for name in [fixture::MANIFEST, regression::MANIFEST] {
        pipe(&folder.join(name));
    }
    let said = |error: FixtureError| error.to_string();
    let here = root.path().to_owned();
    let (found, fixtures, regressions) = soon(move || {
        let found = fixture::folders(&here).expect("the folders");
        let refused = found.iter().map(|folder| Manifest::read(folder).expect_err("a pipe"));
        let fixtures: Vec<_> = refused.map(said).collect();
        (found, fixtures, said(regression::read_all(&here, &[]).expect_err("a pipe")))
    });
    // A fixture that is left out in silence would be missed by nobody.
    assert_eq!(found, std::slice::from_ref(&folder));
    let expected =
        |name: &str| format!("cannot read {}: it is a pipe, not a regular file", folder.join(name).display());
    assert_eq!(fixtures, [expected(fixture::MANIFEST)]);
    assert_eq!(regressions, expected(regression::MANIFEST));
}
