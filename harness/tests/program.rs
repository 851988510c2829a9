//! The program `sigconform`, as an author of a fixture uses it: what it writes, what it says is wrong, how it ends.

#[path = "shared/executable.rs"]
mod executable;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

const NOT_CONFORMING: i32 = 1;
const USAGE: i32 = 2;
const ENGINE: i32 = 3;

/// A description that is right.
const RIGHT: &str =
    r#"{"protocol":1,"name":"mine","library":"l","version":"1","language":"sh","steps":["send","yield","settle"]}"#;

struct Said {
    status: Option<i32>,
    text: String,
}

/// Runs it in a folder whose name has a space.
fn sigconform(folder: &Path, args: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigconform"));
    command.args(args).current_dir(folder).env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    Said { status: status.code(), text: String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned() }
}

impl Said {
    fn expect(&self, status: i32, parts: &[&str]) {
        for part in parts {
            assert!(self.text.contains(part), "`{part}` is not in:\n{}", self.text);
        }
        assert_eq!(self.status, Some(status), "{}", self.text);
    }
}

fn folder() -> TempDir {
    tempfile::Builder::new().prefix("a folder ").tempdir().expect("a folder")
}

/// A fixture in the shell that describes itself like this, and plays like that.
fn script(folder: &Path, description: &str, play: &str) {
    let file = folder.join("fixture.sh");
    let text = format!("#!/bin/sh\nif [ \"$1\" = describe ]; then\necho '{description}'\nexit\nfi\n{play}\n");
    executable::write(&file, &text);
}

#[test]
fn what_init_writes_in_c_speaks_the_protocol() {
    let folder = folder();
    sigconform(folder.path(), &["init", "c"]).expect(0, &["wrote ./fixture.c", "sigconform check ./fixture"]);
    let built = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-o", "fixture", "fixture.c"])
        .current_dir(folder.path())
        .status();
    assert!(built.expect("a C compiler").success());
    sigconform(folder.path(), &["check", "./fixture"])
        .expect(0, &["describes itself: mine", "the fixture speaks the protocol"]);
    let args = ["run", "--scenario", "sequence", "--scenario", "burst-5", "--", "./fixture"];
    sigconform(folder.path(), &args).expect(0, &["2 pass"]);
}

#[test]
fn what_init_writes_in_python_speaks_the_protocol() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("not played: python3 is not installed");
        return;
    }
    let folder = folder();
    sigconform(folder.path(), &["init", "python", "new place"]).expect(0, &["wrote new place/fixture.py"]);
    let fixture = ["--", "python3", "new place/fixture.py"];
    let args = [&["run", "--scenario", "sequence", "--scenario", "idle-wakeup"], &fixture[..]].concat();
    sigconform(folder.path(), &args).expect(0, &["2 pass"]);
}

#[test]
fn init_writes_over_nothing() {
    let folder = folder();
    fs::write(folder.path().join("sigconform_play.h"), "mine").expect("a file");
    sigconform(folder.path(), &["init", "c"]).expect(ENGINE, &["cannot write ./sigconform_play.h"]);
    assert!(!folder.path().join("fixture.c").exists(), "half of it was written");
}

#[test]
fn check_says_in_plain_words_what_is_wrong() {
    let folder = folder();
    let with = |from: &str, to: &str| {
        let changed = RIGHT.replacen(from, to, 1);
        assert_ne!(changed, RIGHT, "{from}");
        changed
    };
    for (description, play, said) in [
        ("hello".to_owned(), "", "`describe` must print one JSON object and nothing else"),
        (with("\"protocol\":1,", ""), "", "add `\"protocol\": 1`"),
        (with(":1,", ":0,"), "", "it speaks protocol 0, and this program speaks 1"),
        (with("\"mine\"", "\"My Loop\""), "", "its name is `My Loop`: write lower-case letters, digits and hyphens"),
        (with("\"steps\"", "\"setps\""), "", "unknown field `setps`"),
        (
            with("\"steps\"", r#""before":["older-thread"],"steps""#),
            "",
            "`before` lists `older-thread`, and it is one of older_thread, loop_on_second_thread, handlers",
        ),
        (
            with("\"steps\"", r#""claims":{"burst":{"value":"every"}},"steps""#),
            "",
            "`claims.burst`: missing field `source`",
        ),
        (
            with("\"steps\"", r#""claims":{"burst":{"value":"every","source":"undocumented"}},"steps""#),
            "",
            "it claims `burst` without a source: give each the https:// address",
        ),
        (with("\"settle\"", "\"setle\""), "", "`steps` lists `setle`, and there is no such step; did you mean settle"),
        (RIGHT.to_owned(), "exit 3", "exited with status 3"),
        (RIGHT.to_owned(), "read line; echo hello", "output line 1 is not an event of the protocol"),
        (RIGHT.to_owned(), "read line", "exited before the script was played"),
        (
            RIGHT.to_owned(),
            "read line\necho '{\"event\":\"started\",\"pid\":6}'\necho '{\"event\":\"yielding\",\"writer\":7}'",
            "it is of process 7: only the one that `started` names writes events",
        ),
        (
            RIGHT.to_owned(),
            "read line\necho '{\"event\":\"started\",\"pid\":1}'\necho '{\"event\":\"finished\"}'",
            "the fixture left its script",
        ),
    ] {
        script(folder.path(), &description, play);
        sigconform(folder.path(), &["check", "./fixture.sh"])
            .expect(NOT_CONFORMING, &["WRONG", said, "docs/protocol.md"]);
    }
    sigconform(folder.path(), &["check", "./absent"]).expect(NOT_CONFORMING, &["WRONG", "cannot start `./absent`"]);
}

#[test]
fn run_refuses_wrong_use_in_one_line() {
    let folder = folder();
    let run = |args: &[&str]| sigconform(folder.path(), &[&["run"], args, &["--", "./fixture.sh"]].concat());
    let one_line = |said: Said, status, part: &str| {
        said.expect(status, &[part]);
        assert_eq!(said.text.lines().count(), 1, "{}", said.text);
    };
    script(folder.path(), RIGHT, "exit 3");
    one_line(run(&[]), ENGINE, "`mine` claims nothing: add to its description what the documentation promises");
    run(&["--laws-only", "--scenario", "sequence"]).expect(ENGINE, &["exited with status 3"]);
    let claiming = |source: &str| {
        let claims = format!(r#""claims":{{"burst":{{"value":"every","source":"{source}"}}}},"steps""#);
        script(folder.path(), &RIGHT.replacen("\"steps\"", &claims, 1), "exit 3");
    };
    claiming("undocumented");
    one_line(run(&[]), ENGINE, "`mine` claims `burst` without a source: give each the https:// address of the page");
    claiming("javascript:alert(1)");
    let said =
        "`claims.burst.source`: a claim's source is an https:// address or `undocumented`, not `javascript:alert(1)`";
    one_line(run(&[]), ENGINE, said);
    script(folder.path(), RIGHT, "exit 3");
    one_line(run(&["--laws-only", "--scenario", "sequense"]), USAGE, "did you mean sequence");
    let known = |scenario: &str| {
        let text = format!(
            "[[expectation]]\nbackend = \"mine\"\nscenario = \"{scenario}\"\nlaws = [\"survives\"]\nreason = \"r\"\n\
             reference = \"no report found\"\n"
        );
        fs::write(folder.path().join("expectations.toml"), text).expect("a file");
    };
    known("no-such");
    one_line(run(&["--laws-only"]), ENGINE, "mine / no-such: there is no such scenario: correct or remove the entry");
    script(folder.path(), &RIGHT.replacen(":1,", ":0,", 1), "");
    one_line(run(&[]), ENGINE, "speaks protocol 0, this harness speaks 1: build it against the same version");
    sigconform(folder.path(), &["run"]).expect(USAGE, &["FIXTURE"]);
}

/// The shell calls its handler once for five sends, which a claim of `every` forbids, and no law.
#[test]
fn the_laws_alone_judge_no_claim() {
    let folder = folder();
    let cited = r#""claims":{"burst":{"value":"every","source":"https://docs.example/burst"}},"steps""#;
    let uncited = r#""claims":{"burst":{"value":"every","source":"undocumented"}},"steps""#;
    let play = "read line\nwhile read -r event; do echo \"$event\"; done <<'END'\n\
        {\"event\":\"subscribed\",\"signal\":\"SIGUSR1\",\"subscription\":1}\n{\"event\":\"started\",\"pid\":1}\n\
        {\"event\":\"flooding\",\"signal\":\"SIGUSR1\",\"times\":5}\n{\"event\":\"yielding\"}\n\
        {\"event\":\"handler\",\"signal\":\"SIGUSR1\",\"subscription\":1,\"place\":\"sender-thread\"}\n\
        {\"event\":\"resumed\"}\n{\"event\":\"settling\"}\n{\"event\":\"resumed\"}\n{\"event\":\"finished\"}\nEND";
    let steps = RIGHT.replacen("\"settle\"", "\"settle\",\"flood\"", 1);
    let run = |args: &[&str]| {
        sigconform(folder.path(), &[&["run", "--scenario", "burst-5"], args, &["--", "./fixture.sh"]].concat())
    };
    script(folder.path(), &steps.replacen("\"steps\"", cited, 1), play);
    run(&[]).expect(NOT_CONFORMING, &["burst-as-claimed"]);
    run(&["--laws-only"]).expect(0, &["1 pass"]);
    script(folder.path(), &steps.replacen("\"steps\"", uncited, 1), play);
    run(&["--laws-only"]).expect(0, &["1 pass"]);
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_listed_and_not_done_before_the_loop_is_the_fixtures_fault() {
    let folder = folder();
    let play = "read line\nwhile read -r event; do echo \"$event\"; done <<'END'\n\
        {\"event\":\"subscribed\",\"signal\":\"SIGUSR1\",\"subscription\":1}\n{\"event\":\"started\",\"pid\":1}\n\
        {\"event\":\"ready\",\"action\":{\"action\":\"kill\",\"signal\":\"SIGUSR1\"}}\nEND\nread line";
    let steps = RIGHT.replacen("\"settle\"", "\"settle\",\"await-outside\"", 1);
    let run = || {
        let args = ["run", "--laws-only", "--scenario", "older-thread", "--", "./fixture.sh"];
        sigconform(folder.path(), &args)
    };
    script(folder.path(), &steps, play);
    run().expect(0, &["1 skip", "its fixture does not do what `before` asks for: `older_thread`"]);
    script(folder.path(), &steps.replacen("\"steps\"", r#""before":["older_thread"],"steps""#, 1), play);
    let told = "`before` asks for `older_thread`, and the process has 1 of at least 2 threads";
    run().expect(ENGINE, &["1 error", told]);
}

#[test]
fn a_scenario_is_explained_with_its_documented_transcript() {
    let folder = folder();
    let parts = ["the documented transcript, with burst=every:", "    signal_handler('SIGUSR1')"];
    sigconform(folder.path(), &["explain", "burst-5"]).expect(0, &parts);
    sigconform(folder.path(), &["list", "scenarios"]).expect(0, &["burst-5"]);
}
