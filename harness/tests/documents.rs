//! The documents of a run: where they can be written is known before anything is played, what a person waits for comes first,
//! and one that cannot be written costs nothing else.

#[path = "shared/executable.rs"]
mod executable;

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink},
    path::Path,
    process::{Command, Output, Stdio},
};

use nix::{
    sys::{
        signal::{Signal, kill},
        stat::Mode,
    },
    unistd::{Pid, mkfifo},
};
use tempfile::TempDir;

const USAGE: i32 = 2;
const ENGINE: i32 = 3;
const TERMINATED: i32 = 143;

/// A folder with a fixture in the shell: it leaves a mark when it is started, and no scenario is made of its steps alone.
fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a folder");
    script(place.path(), r#""send""#, "");
    place
}

/// The fixture, with these steps, which does this instead of playing.
fn script(place: &Path, steps: &str, play: &str) {
    let described =
        format!(r#"{{"protocol":1,"name":"mine","library":"l","version":"1","language":"sh","steps":[{steps}]}}"#);
    let file = place.join("fixture.sh");
    let text = format!("#!/bin/sh\n: >started\n[ $1 = run ] || exec echo '{described}'\n{play}\n");
    executable::write(&file, &text);
}

fn command(place: &Path, options: &str) -> Command {
    let program = env!("CARGO_BIN_EXE_sigconform");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("umask 027; exec \"$0\" run --laws-only {options} -- ./fixture.sh"), program]);
    command.current_dir(place).env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY").stdin(Stdio::null());
    command
}

struct Said {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

fn said(mut command: Command) -> Said {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Said { status: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// Without the line of progress.
fn errors(said: &Said) -> String {
    said.stderr.lines().filter(|line| !line.starts_with("mine: done")).map(|line| format!("{line}\n")).collect()
}

fn is_results(text: &str) -> bool {
    serde_json::from_str::<sigconform::results::Results>(text).is_ok_and(|results| !results.results.is_empty())
}

#[test]
fn nothing_is_played_for_documents_that_cannot_be_written() {
    let place = place();
    fs::create_dir(place.path().join("folder")).expect("a folder");
    let run = said(command(place.path(), "--json no/results.json --html folder --junit junit.xml"));
    assert_eq!(
        errors(&run),
        "error: cannot write no/results.json: No such file or directory (os error 2): the folder no\n\
         error: cannot write folder: is a directory\n"
    );
    assert_eq!((run.status, run.stdout.as_str()), (Some(ENGINE), ""));
    let left: Vec<_> =
        fs::read_dir(place.path()).expect("the folder").map(|file| file.expect("a file").file_name()).collect();
    assert_eq!(left.len(), 2, "the fixture was started, or something else is left: {left:?}");
}

#[test]
fn two_documents_are_two_files() {
    let place = place();
    symlink("a", place.path().join("b")).expect("a link");
    let run = said(command(place.path(), "--json a --html ./b"));
    assert_eq!(errors(&run), "error: --json and --html are both ./b: give each document a file of its own\n");
    assert_eq!(run.status, Some(USAGE));
    assert_eq!(said(command(place.path(), "--json /dev/null --html /dev/null")).status, Some(0));
}

#[test]
fn one_that_cannot_be_written_costs_neither_the_report_nor_the_others() {
    let place = place();
    fs::create_dir(place.path().join("gone")).expect("a folder");
    script(place.path(), r#""send", "yield", "settle""#, "rm -rf gone");
    let options =
        "--scenario sequence --json gone/results.json --junit junit.xml --markdown gone/matrix.md --html page.html";
    let run = said(command(place.path(), options));
    let failed =
        |name: &str| format!("error: cannot write {name}: No such file or directory (os error 2): the folder gone\n");
    assert_eq!(errors(&run), failed("gone/results.json") + &failed("gone/matrix.md"));
    assert_eq!(run.status, Some(ENGINE));
    assert!(run.stdout.contains("\nnext: "), "{}", run.stdout);
    for name in ["junit.xml", "page.html"] {
        assert!(place.path().join(name).is_file(), "{name} is missing");
    }
}

/// Nobody can read the report, and the documents are there all the same.
#[cfg(not(target_os = "macos"))]
#[test]
fn a_report_that_cannot_be_printed_costs_no_document() {
    let place = place();
    let full = File::options().write(true).open("/dev/full").expect("a full device");
    let mut run = command(place.path(), "--json results.json");
    let run = said({
        run.stdout(full);
        run
    });
    assert!(errors(&run).starts_with("error: cannot write standard output: No space left"), "{}", run.stderr);
    assert!(is_results(&fs::read_to_string(place.path().join("results.json")).expect("results")));
}

#[test]
fn permissions_are_the_umask_s_and_links_are_followed() {
    let place = place();
    let file = |name: &str| place.path().join(name);
    let mode = |name: &str| fs::metadata(file(name)).expect("a document").permissions().mode() & 0o777;
    fs::create_dir(file("elsewhere")).expect("a folder");
    fs::write(file("elsewhere/old.html"), "old").expect("a file");
    fs::set_permissions(file("elsewhere/old.html"), fs::Permissions::from_mode(0o604)).expect("its permissions");
    symlink("elsewhere/old.html", file("link.html")).expect("a link");
    symlink("second", file("first")).expect("a link");
    symlink("elsewhere/new.xml", file("second")).expect("a link");
    let run = said(command(place.path(), "--json results.json --html link.html --junit first"));
    assert_eq!((errors(&run).as_str(), run.status), ("", Some(0)));
    assert_eq!(mode("results.json"), 0o640, "not as the umask has it");
    assert_eq!(mode("elsewhere/new.xml"), 0o640, "not as the umask has it");
    assert_eq!(mode("elsewhere/old.html"), 0o604, "it had others");
    for link in ["link.html", "first", "second"] {
        assert!(file(link).is_symlink(), "{link} was replaced");
    }
    let text = |name: &str| fs::read_to_string(file(name)).expect("a document");
    assert!(
        text("elsewhere/old.html").starts_with("<!DOCTYPE html>") && text("elsewhere/new.xml").contains("<testsuite")
    );
    symlink("circle", file("circle")).expect("a link");
    let run = said(command(place.path(), "--json circle"));
    assert!(errors(&run).contains("cannot write circle: Too many levels of symbolic links"), "{}", run.stderr);
}

/// Where standard output is a file, a document that goes there too stands behind the report, and both are whole.
#[test]
fn standard_output_is_added_to() {
    let place = place();
    let out = place.path().join("out");
    // As /dev/stdout is, of which every machine has only one to lose.
    symlink("/dev/fd/1", place.path().join("stdout")).expect("a link");
    let mut run = command(place.path(), "--json stdout");
    run.stdout(File::create(&out).expect("a file")).stderr(Stdio::null());
    assert_eq!(run.status().expect("it starts").code(), Some(0));
    let text = fs::read_to_string(&out).expect("what it printed");
    let (report, json) = text.split_at(text.find("\n{").expect("a document") + 1);
    assert!(report.contains("\nnext: ") && is_results(json), "{text}");
    assert!(place.path().join("stdout").is_symlink(), "the link was replaced");
}

#[test]
fn a_pipe_is_written_to_and_never_waited_for() {
    let place = place();
    let pipe = place.path().join("pipe");
    mkfifo(&pipe, Mode::S_IRWXU).expect("a pipe");
    let run = said(command(place.path(), "--json pipe --html page.html"));
    assert_eq!(errors(&run), "error: cannot write pipe: nobody reads this pipe\n");
    assert_eq!(run.status, Some(ENGINE));
    assert!(place.path().join("page.html").is_file());

    let reader = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&pipe).expect("the reading end");
    let mut run =
        command(place.path(), "--json pipe").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    nix::fcntl::fcntl(&reader, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::empty())).expect("it may wait now");
    // Before the writer comes there is an end of the file, as after it; all of it is there once the writer has ended.
    let mut text = String::new();
    while !is_results(&text) {
        let ended = run.try_wait().expect("a child").is_some();
        (&reader).read_to_string(&mut text).expect("text");
        assert!(!ended || is_results(&text), "half of it: {text}");
    }
    assert!(run.wait().expect("its end").success());
}

/// Somebody has the pipe open and does not read: an interrupt ends that. SIGINT itself may be ignored, as in a shell's background.
#[test]
fn an_interrupt_ends_the_wait_for_a_reader() {
    let place = place();
    let pipe = place.path().join("pipe");
    mkfifo(&pipe, Mode::S_IRWXU).expect("a pipe");
    let _idle = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&pipe).expect("the reading end");
    let mut command = command(place.path(), "--html pipe --json results.json");
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(run.stdout.take().expect("its output")).lines();
    assert!(lines.any(|line| line.expect("text").starts_with("next: ")), "no report");
    kill(Pid::from_raw(run.id().cast_signed()), Signal::SIGTERM).expect("a signal");
    let output = run.wait_with_output().expect("its end");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(TERMINATED), "{stderr}");
    assert!(stderr.contains("error: cannot write pipe: interrupted, and nobody reads it"), "{stderr}");
    assert!(place.path().join("results.json").is_file(), "the other one is lost");
}

#[test]
fn a_job_has_its_summary_besides_every_document() {
    let place = place();
    let summary = place.path().join("summary.md");
    fs::write(&summary, "before\n").expect("a file");
    let job = |options: &str| {
        let mut run = command(place.path(), options);
        run.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary);
        assert_eq!(said(run).status, Some(0));
        fs::read_to_string(&summary).expect("the summary")
    };
    let text = job("--markdown matrix.md");
    assert!(text.starts_with("before\n## sigconform on "), "{text}");
    assert!(fs::read_to_string(place.path().join("matrix.md")).expect("the matrix").starts_with("## sigconform on "));
    // By its own name it is the summary, once.
    fs::write(&summary, "before\n").expect("a file");
    let text = job("--markdown ./summary.md");
    assert!(text.starts_with("before\n") && text.matches("## sigconform on ").count() == 1, "{text}");
}
