//! The script of the GitHub Action: its inputs are words for the program and nothing else, whatever they are.

#[path = "../../harness/tests/shared/executable.rs"]
mod executable;

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

const USAGE: i32 = 2;

/// A runner, with an adopter's checkout and a stand-in for the program, and for cargo, that keeps what it is called with.
struct Runner {
    folder: TempDir,
}

/// What an action said and did.
struct Said {
    status: Option<i32>,
    stdout: String,
    /// The arguments of the program, if it was called.
    args: Option<Vec<String>>,
}

fn script() -> PathBuf {
    // At run time: a checkout may have been copied with what was built in it.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the test");
    Path::new(&package).parent().expect("the workspace").join("ci/action.sh").canonicalize().expect("the script")
}

impl Runner {
    fn new() -> Self {
        let runner = Self { folder: tempfile::Builder::new().prefix("a runner ").tempdir().expect("a folder") };
        let programs = [runner.path("temp/sigconform/bin"), runner.path("programs"), runner.path("checkout")];
        programs.iter().for_each(|folder| fs::create_dir_all(folder).expect("a folder"));
        let keep = r#"printf '%s\0' "$@" >"$RUNNER_TEMP/args"; printf '%s\n' "$PWD" "${RUSTFLAGS-unset}" >"$RUNNER_TEMP/where""#;
        for program in [programs[0].join("sigconform"), programs[1].join("cargo")] {
            executable::write(&program, &format!("#!/bin/sh\n{keep}\n"));
        }
        runner
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn action(&self, what: &str, inputs: &[(&str, &str)]) -> Said {
        let mut path = self.path("programs").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").expect("PATH"));
        let _ = fs::remove_file(self.path("temp/args"));
        let mut command = Command::new("bash");
        command.arg(script()).arg(what).current_dir(self.path("checkout"));
        command.env("RUNNER_TEMP", self.path("temp")).env("GITHUB_OUTPUT", self.path("output")).env("PATH", path);
        command.envs(inputs.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value))));
        let Output { status, stdout, stderr } = command.output().expect("bash starts");
        assert_eq!(String::from_utf8_lossy(&stderr), "", "on standard error");
        let args = fs::read(self.path("temp/args")).ok().map(|args| {
            let text = String::from_utf8(args).expect("text");
            text.split_terminator('\0').map(str::to_owned).collect()
        });
        Said { status: status.code(), stdout: String::from_utf8(stdout).expect("text"), args }
    }

    /// The words behind `--`, and the options that are not about the results.
    fn run(&self, inputs: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let said = self.action("run", inputs);
        assert_eq!((said.status, said.stdout.as_str()), (Some(0), ""));
        let args = said.args.expect("the program was called");
        let end = args.iter().position(|arg| arg == "--").expect("the end of the options");
        assert_eq!(args[0], "run");
        for document in ["--json=", "--junit=", "--html="] {
            let results = self.path("temp/sigconform/results");
            assert!(
                args[1..end].iter().any(|arg| arg.starts_with(&format!("{document}{}/", results.display()))),
                "{args:?}"
            );
        }
        let options = args[5..end].to_vec();
        (options, args[end + 1..].to_vec())
    }
}

#[test]
fn a_command_line_is_words_and_nothing_in_it_is_run() {
    let runner = Runner::new();
    for (fixture, words) in [
        ("./fixture", &["./fixture"][..]),
        (r#"  ./my\ fixture 'a  b' "c  d" e"f g"h '' "#, &["./my fixture", "a  b", "c  d", "ef gh", ""]),
        ("python3\n./fixture.py\n--fast", &["python3", "./fixture.py", "--fast"]),
        ("-fixture -- --help -n %s \\\\0 _ *", &["-fixture", "--", "--help", "-n", "%s", "\\0", "_", "*"]),
        (
            "x $(touch harmed) `touch harmed` ;touch harmed; >harmed ${HOME} ~ && touch harmed",
            &[
                "x", "$(touch", "harmed)", "`touch", "harmed`", ";touch", "harmed;", ">harmed", "${HOME}", "~", "&&",
                "touch", "harmed",
            ],
        ),
        ("x);touch harmed;words=(y", &["x);touch", "harmed;words=(y"]),
        ("x \"$(touch harmed)\" '`touch harmed`'", &["x", "$(touch harmed)", "`touch harmed`"]),
    ] {
        fs::write(runner.path("checkout/file"), "").expect("a file that a pattern would find");
        let (options, said) = runner.run(&[("FIXTURE", fixture)]);
        assert_eq!((said, options.len()), (words.iter().map(|&word| word.to_owned()).collect(), 0), "{fixture}");
        assert!(!runner.path("checkout/harmed").exists(), "it was run: {fixture}");
    }
}

#[test]
fn every_other_input_is_one_value_of_one_option() {
    let runner = Runner::new();
    let harm = "-x\n::error::forged $(touch harmed)";
    let (options, words) = runner.run(&[
        ("FIXTURE", "./fixture"),
        ("SCENARIOS", "burst-* -x\n\tfork $(touch harmed)"),
        ("PARTITION", harm),
        ("EXPECTATIONS", harm),
        ("PLATFORMS", "macos\nlinux\tfreebsd"),
    ]);
    let scenarios = ["burst-*", "-x", "fork", "$(touch", "harmed)"].map(|word| format!("--scenario={word}"));
    let others = [format!("--partition={harm}"), format!("--expectations={harm}")];
    assert_eq!(options, [&scenarios[..], &others].concat());
    assert_eq!(words, ["./fixture"]);
    assert!(!runner.path("checkout/harmed").exists(), "it was run");
}

#[test]
fn a_folder_to_merge_is_no_option() {
    let runner = Runner::new();
    // `find -delete` would do so.
    let files = ["-delete/a b/results.json", "-delete/c\n::error::forged/results.json"];
    for file in files {
        fs::create_dir_all(runner.path("checkout").join(file).parent().expect("a folder")).expect("a folder");
        fs::write(runner.path("checkout").join(file), "{}").expect("a file");
    }
    let said = runner.action("run", &[("MERGE", "-delete")]);
    assert_eq!((said.status, said.stdout.as_str()), (Some(0), ""));
    let args = said.args.expect("the program was called");
    assert_eq!(args[0], "merge");
    let end = args.iter().position(|arg| arg == "--").expect("the end of the options");
    assert_eq!(args[end + 1..], files.map(|file| format!("./{file}")));
    assert!(files.iter().all(|file| runner.path("checkout").join(file).exists()), "they were deleted");
    for (folder, problem) in
        [("no\n::error::forged", "there is no folder ./no%0A::error::forged to merge"), (".git", "there is no folder")]
    {
        refused(&runner.action("run", &[("MERGE", folder)]), problem);
    }
    fs::create_dir(runner.path("checkout/empty")).expect("a folder");
    refused(&runner.action("run", &[("MERGE", "empty")]), "no results.json below ./empty");
}

/// One line, which is one command of ours, and nothing was played.
fn refused(said: &Said, problem: &str) {
    assert_eq!((said.status, said.stdout.lines().count()), (Some(USAGE), 1), "{}", said.stdout);
    let message = said.stdout.strip_prefix("::error title=sigconform::").expect("an error");
    assert!(message.contains(problem) && said.args.is_none(), "`{problem}` is not in: {message}");
}

#[test]
fn what_cannot_be_meant_is_refused_in_one_line() {
    let runner = Runner::new();
    for (inputs, problem) in [
        (&[("FIXTURE", " \n")][..], "give the input fixture, or merge"),
        (&[("FIXTURE", "x 'y\n::error::forged")], "has no end on its line: x 'y%0A::error::forged"),
        (&[("FIXTURE", "x \"100%\r")], "x \"100%25%0D"),
        (&[("FIXTURE", "x"), ("PLATFORMS", "linux macso")], "there is no platform `macso`"),
        (&[("FIXTURE", "x"), ("PLATFORMS", "linux ::stop-commands::x")], "there is no platform `::stop-commands::x`"),
    ] {
        refused(&runner.action("run", inputs), problem);
    }
    let elsewhere = runner.action("run", &[("FIXTURE", "x"), ("PLATFORMS", "windows\nwindows")]);
    assert_eq!(elsewhere.status, Some(0));
    assert!(elsewhere.stdout.ends_with("the platforms are windows%0Awindows\n") && elsewhere.args.is_none());
    assert!(elsewhere.stdout.starts_with("::notice title=sigconform::nothing to do on "), "{}", elsewhere.stdout);
}

/// What an adopter's checkout and job say of compilers is about the adopter's code.
#[test]
fn the_program_is_built_as_this_repository_says() {
    let runner = Runner::new();
    fs::write(runner.path("checkout/rust-toolchain.toml"), "[toolchain]\nchannel = \"1.0.0\"\n").expect("a file");
    let said = runner.action("install", &[("RUSTFLAGS", "-D warnings"), ("CARGO_TARGET_DIR", "elsewhere")]);
    assert_eq!((said.status, said.stdout.as_str()), (Some(0), ""));
    let place = runner.path("temp/sigconform");
    let expected = ["install", "--quiet", "--locked", "--path", "harness", "--root"].map(str::to_owned);
    let folders = [place.display().to_string(), "--target-dir".to_owned(), place.join("build").display().to_string()];
    assert_eq!(said.args.expect("cargo was called"), [&expected[..], &folders].concat());
    let place = fs::read_to_string(runner.path("temp/where")).expect("where it was called");
    let workspace = script().ancestors().nth(2).expect("the workspace").display().to_string();
    assert_eq!(place, format!("{workspace}\nunset\n"));
}
