//! What the program says, on standard error and on standard output, of files and fixtures that mean harm.

use std::{
    ffi::OsStr,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::{executable, readers, results};

/// A terminal would act upon this, a reader's eye, and a CI service, on a line of its own too.
const HARM: &str = "\u{1b}[2J\u{202e}\r\n::error::forged\n##[error]forged";

/// Runs the program; its status, and what it said: nothing in it is acted upon.
fn sigconform(folder: &Path, args: &[impl AsRef<OsStr>]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigconform"));
    command.args(args).current_dir(folder).env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    let output = command.stdin(Stdio::null()).output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    for said in [&stdout, &stderr] {
        readers::log(said).unwrap_or_else(|harm| panic!("{harm}\n{said:?}"));
        assert!(!said.lines().any(|line| line.starts_with("forged")), "a forged line: {said:?}");
    }
    (output.status.code(), stdout + &stderr)
}

/// One line, which says this.
fn one_error((status, said): (Option<i32>, String), wanted: i32, parts: &[&str]) {
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "{said}");
    parts.iter().for_each(|part| assert!(said.contains(part), "`{part}` is not in: {said}"));
    assert_eq!(status, Some(wanted), "{said}");
}

/// A file of results, changed.
fn write(file: &Path, change: impl Fn(&mut serde_json::Value)) {
    let mut value = serde_json::to_value(results::small()).expect("plain data");
    change(&mut value);
    fs::write(file, value.to_string()).expect("a file");
}

#[test]
fn results_that_mean_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let [one, two] = ["one.json", "two.json"].map(|name| folder.path().join(name));
    let merge = |files: &[&str]| sigconform(folder.path(), &[&["merge"], files].concat());
    // They are read, and told: each of their strings means harm.
    let results = results::all(HARM);
    fs::write(&one, serde_json::to_string(&results).expect("plain data")).expect("a file");
    let (_, said) = merge(&["one.json"]);
    assert!(said.contains("\\u{1b}[2J") && said.contains("next: "), "{said}");
    write(&one, |value| {
        for key in ["backend", "scenario"] {
            value["results"][0][key] = HARM.into();
        }
        value["platform"]["os"] = HARM.into();
    });
    fs::copy(&one, &two).expect("a copy");
    one_error(merge(&["one.json", "two.json"]), 2, &["is in one.json and in two.json", "\\u{1b}[2J"]);
    write(&one, |value| value[HARM] = 1.into());
    one_error(merge(&["one.json"]), 2, &["unknown field", "\\u{1b}[2J"]);
    write(&one, |value| value["results"][0]["verdict"] = HARM.into());
    one_error(merge(&["one.json"]), 2, &["unknown variant"]);
    write(&one, |value| value["partition"] = serde_json::json!({"part": HARM, "cells": 1, "plan": ""}));
    one_error(merge(&["one.json"]), 2, &["is no partition"]);
    // More parts than anything could count.
    let parts = format!("hash:1/{}", u64::MAX);
    write(&one, |value| value["partition"] = serde_json::json!({"part": parts, "cells": 1, "plan": ""}));
    one_error(
        merge(&["one.json"]),
        2,
        &["hash:2/18446744073709551615, ", "hash:11/18446744073709551615, 18446744073709551604 more of "],
    );
    one_error(merge(&[HARM]), 2, &["cannot read \\u{1b}[2J"]);
}

#[test]
fn an_address_that_is_none_is_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("one.json");
    for (source, is_read) in [
        ("https://example.org/page", true),
        ("http://example.org/page", true),
        ("javascript:alert(1)//https://example.org", false),
        ("data:text/html,x", false),
        (" https://example.org", false),
        ("https://", false),
        ("undocumented", false),
    ] {
        write(&file, |value| value["backends"][0]["claims"][0]["source"] = source.into());
        let (status, said) = sigconform(folder.path(), &["merge", "one.json"]);
        assert_eq!(status == Some(0), is_read, "{source}: {said}");
        let refusal = format!("a claim's source is an https:// or http:// address, not `{source}`");
        assert_eq!(!said.contains(&refusal), is_read, "{source}: {said}");
    }
}

/// A fixture in the shell that answers `describe` like this.
fn script(folder: &Path, answer: &str) {
    let file = folder.join("fixture.sh");
    fs::write(folder.join("answer"), answer).expect("a file");
    let text = "#!/bin/sh\ncat answer\nprintf '\\033[2J\\n::error::forged\\n' >&2\n[ $1 = describe ]\n";
    executable::write(&file, text);
}

#[test]
fn fixtures_that_mean_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let quoted = serde_json::to_string(HARM).expect("JSON");
    let described = |name: &str, more: &str| {
        format!(
            r#"{{"protocol":1,"name":{name},"library":{quoted},"version":{quoted},"language":{quoted},"steps":["send","yield","settle"]{more}}}"#
        )
    };
    let claims = format!(r#","claims":{{"burst":{{"value":"every","source":{quoted}}}}}"#);
    let field = format!(",{quoted}:1");
    for answer in [
        HARM.to_owned(),
        described(&quoted, ""),
        described("\"mine\"", &field),
        described("\"mine\"", &claims),
        described("\"mine\"", r#","claims":{"burst":{"value":"every","source":"javascript:alert(1)"}}"#),
    ] {
        script(folder.path(), &answer);
        one_error(
            sigconform(folder.path(), &["run", "--laws-only", "--", "./fixture.sh"]),
            3,
            &["`./fixture.sh describe`"],
        );
        let (_, said) = sigconform(folder.path(), &["check", "./fixture.sh"]);
        assert!(said.contains("WRONG"), "{said}");
    }
    script(folder.path(), &described("\"mine\"", ""));
    let (status, said) =
        sigconform(folder.path(), &["run", "--laws-only", "--scenario", "sequence", "--", "./fixture.sh"]);
    assert!(status == Some(3) && said.contains("mine / sequence: "), "{said}");
    sigconform(folder.path(), &["check", "./fixture.sh"]);
    one_error(sigconform(folder.path(), &["run", "--", HARM]), 3, &["cannot start"]);
    // A reason not to be played is its own too.
    let nowhere = format!(r#","platforms":{{"only":["nowhere"],"reason":{quoted}}}"#);
    script(folder.path(), &described("\"mine\"", &nowhere));
    let (_, said) = sigconform(folder.path(), &["explore", "--laws-only", "--cases", "1", "--", "./fixture.sh"]);
    assert!(said.contains("mine: skipped: \\u{1b}[2J"), "{said}");
}

#[test]
fn data_files_and_command_lines_that_mean_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    script(
        folder.path(),
        r#"{"protocol":1,"name":"mine","library":"l","version":"1","language":"sh","steps":["send"]}"#,
    );
    for text in [
        HARM.to_owned(),
        format!("# {HARM}\n[[expectation]]\nbackend = 1\n"),
        "[[expectation]]\nbackend = \"\\u001b[2J\\n::error::forged\"\nscenario = \"s\"\nlaws = []\nreason = \"\"\nreference = \"\"\n".to_owned(),
    ] {
        fs::write(folder.path().join("expectations.toml"), text).expect("a file");
        let (status, said) = sigconform(folder.path(), &["run", "--laws-only", "--", "./fixture.sh"]);
        assert!(status == Some(3) && said.starts_with("error: malformed data file expectations.toml"), "{said}");
    }
    for args in [
        ["run", "--partition", HARM, "--", "x"],
        ["run", "--scenario", HARM, "--", "./fixture.sh"],
        ["run", HARM, "--", "x", "y"],
    ] {
        fs::remove_file(folder.path().join("expectations.toml")).ok();
        let (status, said) = sigconform(folder.path(), &args);
        assert!(matches!(status, Some(2 | 3)) && said.starts_with("error: "), "{said}");
    }
}
