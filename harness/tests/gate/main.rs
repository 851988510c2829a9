//! The gate, as a crate's own test file sees it. This program is a gate of the kind that its environment names, and
//! without one the tests: each starts this program again, and looks at what it says and how it ends.

mod cases;
mod late;
mod mine;

use std::{
    env,
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Command, ExitCode, Output},
};

use libtest_mimic::{Arguments, Failed, Trial};

/// Names the gate that this program is to be.
const CASE: &str = "SIGCONFORM_TEST_CASE";

fn main() -> ExitCode {
    match env::var(CASE) {
        Ok(case) => cases::gate(&case).main(),
        Err(_) => libtest_mimic::run(&Arguments::from_args(), tests()).exit_code(),
    }
}

/// What one test does.
type Check = fn() -> Result<(), Failed>;

fn tests() -> Vec<Trial> {
    let all: [(&str, Check); 17] = [
        ("each_scenario_is_a_test", each_scenario_is_a_test),
        ("filters_select_as_libtest_does", filters_select_as_libtest_does),
        ("what_does_not_apply_is_ignored_and_says_why", what_does_not_apply_is_ignored_and_says_why),
        ("any_number_of_threads_gives_the_same", any_number_of_threads_gives_the_same),
        ("a_defect_is_told_with_law_line_and_source", a_defect_is_told_with_law_line_and_source),
        ("a_known_failure_is_no_failure", a_known_failure_is_no_failure),
        ("a_known_failure_that_passes_is_one", a_known_failure_that_passes_is_one),
        ("wrong_use_is_one_error", wrong_use_is_one_error),
        ("a_closer_that_waits_for_the_loop_is_waited_for", a_closer_that_waits_for_the_loop_is_waited_for),
        ("a_second_handler_is_the_librarys_to_take_or_refuse", a_second_handler_is_the_librarys_to_take_or_refuse),
        ("what_a_yield_raises_is_the_librarys", what_a_yield_raises_is_the_librarys),
        ("documents_are_written", documents_are_written),
        ("github_is_told_at_the_line", github_is_told_at_the_line),
        ("the_command_that_plays_it_again_does", the_command_that_plays_it_again_does),
        ("scripts_made_at_random_are_a_test", scripts_made_at_random_are_a_test),
        ("what_they_find_is_played_again_from_its_file", what_they_find_is_played_again_from_its_file),
        ("a_fixture_s_words_need_not_be_text", a_fixture_s_words_need_not_be_text),
    ];
    all.into_iter().map(|(name, test)| Trial::test(name, test)).collect()
}

/// This program as that gate, with nothing of GitHub or cargo about it.
fn gate(case: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(args).env(CASE, case);
    for name in ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "RUST_TEST_THREADS"] {
        command.env_remove(name);
    }
    command
}

struct Said {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

fn run(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Said { status: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

fn said(case: &str, args: &[&str]) -> Said {
    run(&mut gate(case, args))
}

fn expect(said: &Said, status: i32, parts: &[&str]) -> Result<(), Failed> {
    let Said { status: ended, stdout, stderr } = said;
    for part in parts {
        if !stdout.contains(part) && !stderr.contains(part) {
            return Err(format!("`{part}` is not in:\n{stdout}\n{stderr}").into());
        }
    }
    if *ended == Some(status) { Ok(()) } else { Err(format!("it ended with {ended:?}:\n{stdout}\n{stderr}").into()) }
}

fn each_scenario_is_a_test() -> Result<(), Failed> {
    let listed = said("right", &["--list", "--format", "terse"]);
    let lines: Vec<_> = listed.stdout.lines().collect();
    let scenarios = sigconform::catalogue::Catalogue::embedded()?.scenarios;
    if lines.len() != scenarios.len() {
        return Err(format!("{} tests for {} scenarios", lines.len(), scenarios.len()).into());
    }
    expect(&listed, 0, &["mine::sequence: test\n", "mine::burst-5: test\n"])
}

fn filters_select_as_libtest_does() -> Result<(), Failed> {
    expect(
        &said("right", &["--exact", "mine::sequence"]),
        0,
        &["test mine::sequence ... ok", "1 passed; 0 failed; 0 ignored"],
    )?;
    expect(&said("right", &["burst-", "--skip", "000"]), 0, &["mine::burst-300", "0 failed"])?;
    expect(&said("right", &["no-such-scenario"]), 0, &["0 passed; 0 failed"])?;
    expect(&said("right", &["--no-such-option"]), 2, &["--no-such-option"])
}

fn what_does_not_apply_is_ignored_and_says_why() -> Result<(), Failed> {
    let name = "mine::refused-handler";
    expect(&said("right", &["--exact", name]), 0, &["0 passed; 0 failed; 1 ignored"])?;
    expect(&said("right", &["--list", "--ignored", "--format", "terse"]), 0, &["mine::refused-handler: test\n"])?;
    let why = "not applicable: its claim `second_handler` is unspecified, and this is about refused";
    expect(&said("right", &["--ignored", "--exact", name]), 0, &[why])
}

fn any_number_of_threads_gives_the_same() -> Result<(), Failed> {
    let filter = ["storm-"];
    for threads in ["1", "2", "40"] {
        let one = run(gate("right", &filter).env("RUST_TEST_THREADS", threads));
        let other = said("right", &[&filter[..], &["--test-threads", threads]].concat());
        for said in [one, other] {
            expect(&said, 0, &["mine::storm-278", "0 failed"])?;
        }
    }
    Ok(())
}

fn a_defect_is_told_with_law_line_and_source() -> Result<(), Failed> {
    let parts = [
        "test flawed::batch-descending ... FAILED",
        "error[handled-at-yield]: ",
        "flawed / batch-descending:",
        "| sending SIGUSR2",
        "^^^",
        "allowed here: ",
        "source: POSIX.1-2024",
        "cargo test --package sigconform --test gate -- --exact flawed::batch-descending",
    ];
    expect(&said("flawed", &["batch-descending"]), 101, &parts)
}

fn a_known_failure_is_no_failure() -> Result<(), Failed> {
    for case in ["known", "known-beside"] {
        let parts = ["0 failed; 1 ignored", "known failure: it forgets what comes together (no report found)"];
        expect(&said(case, &["batch-descending"]), 0, &parts)?;
    }
    Ok(())
}

fn a_known_failure_that_passes_is_one() -> Result<(), Failed> {
    let parts = ["FAILED", "listed as a failure (it forgets what comes together), but it passes: remove the entry"];
    expect(&said("mended", &["batch-descending"]), 101, &parts)
}

fn wrong_use_is_one_error() -> Result<(), Failed> {
    for (case, problem) in [
        ("no-claims", "`mine` claims nothing: add to its description what its documentation promises"),
        ("no-source", "`mine` claims `burst` without a source: give each the https:// address of the page"),
        ("one-name", "two backends are called `mine`: give one of them another name"),
        ("bad-name", "a backend calls itself `My Backend`: write lower-case letters, digits and hyphens"),
        ("stale", "mine / no-such: there is no such scenario: correct or remove the entry"),
        ("no-law", "there is no law `no-such`: write the slug that the diagnosis shows"),
        ("whose", "this gate has several backends: say which one fails with `.of(\"mine\")` or `.of(\"flawed\")`"),
        ("beside-wrong", "expectations.toml: the expectation for mine / batch-descending: it has no reason"),
    ] {
        for args in [&["--list"][..], &["sequence"]] {
            let said = said(case, args);
            expect(&said, 2, &[problem])?;
            let lines = said.stderr.lines().count();
            if lines != 1 || !said.stdout.is_empty() {
                return Err(format!("{case}: not one line:\n{}\n{}", said.stdout, said.stderr).into());
            }
        }
    }
    Ok(())
}

fn a_closer_that_waits_for_the_loop_is_waited_for() -> Result<(), Failed> {
    expect(&said("late-closer", &["--exact", "mine::close-wakes-waiter"]), 0, &["1 passed"])
}

/// Whether another signal or the same one: a library with one handler for a process refuses both, and one that refuses a
/// second handler of a signal does.
fn a_second_handler_is_the_librarys_to_take_or_refuse() -> Result<(), Failed> {
    expect(&said("one-handler", &["interrupt-refused-handler"]), 0, &["1 passed"])?;
    expect(&said("one-a-signal", &["--exact", "mine::refused-handler"]), 0, &["1 passed"])?;
    // One that takes it, and says that it does not, is told apart.
    let said = said("takes-two", &["--exact", "mine::refused-handler"]);
    expect(&said, 101, &["second-handler-as-claimed", "a second handler for SIGUSR1 was accepted"])
}

/// Whether it panics or returns an error: how the program ends afterwards is no error of the engine.
fn what_a_yield_raises_is_the_librarys() -> Result<(), Failed> {
    for case in ["fails-by-an-error", "fails-by-a-panic"] {
        let parts = ["error[never-panics]", "in yield: the wait failed", "FAILED"];
        expect(&said(case, &["--exact", "mine::sequence"]), 101, &parts)?;
    }
    Ok(())
}

fn scripts_made_at_random_are_a_test() -> Result<(), Failed> {
    let list = said("masked", &["--explore", "20", "--list"]);
    expect(&list, 0, &["mine::explore: test"])?;
    // Which seed shows what follows from every step that there is: one of a few does. What is known is no success.
    let right = ["test mine::explore ... ok", "1 passed"];
    let known = ["test mine::explore ... ignored (known failure: a child program inherits the mask", "1 ignored"];
    let explored = (1..=12).map(|seed: u32| said("masked", &["--explore", "30", "--seed", &seed.to_string()]));
    let (mut is_right, mut is_known) = (Err("no seed is right".into()), Err("no seed shows what is known".into()));
    for said in explored {
        is_right = is_right.or_else(|_: Failed| expect(&said, 0, &right));
        is_known = is_known.or_else(|_: Failed| expect(&said, 0, &known));
        if is_right.is_ok() && is_known.is_ok() {
            break;
        }
    }
    is_right.and(is_known)?;
    expect(&said("masked", &["--explore", "100", "--repeat", "2"]), 2, &["--repeat"])?;
    expect(&said("masked", &["--seed", "1"]), 2, &["--explore"])
}

fn what_they_find_is_played_again_from_its_file() -> Result<(), Failed> {
    let folder = env::temp_dir().join(format!("sigconform-explored-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let in_folder = |args: &[&str]| run(gate("flawed", args).current_dir(&folder));
    let found = in_folder(&["--explore", "200", "--seed", "1"]);
    let (_, rest) = found.stdout.split_once("error[").ok_or("no broken law")?;
    let (law, _) = rest.split_once(']').ok_or("no end of a law")?;
    let (law, file) = (format!("error[{law}]"), format!("--> explored/explored-{law}"));
    expect(&found, 101, &["seed 1: flawed: ", "of 20 plays", &file])?;
    let again = "cargo test --package sigconform --test gate -- ";
    let args = found.stdout.lines().find_map(|line| line.split_once(again)).ok_or("no command")?.1;
    let args: Vec<_> = args.split(' ').collect();
    expect(&in_folder(&args), 101, &["test flawed::explored-", "1 failed", &law, &args.join(" ")])?;
    fs::remove_dir_all(&folder)?;
    expect(&in_folder_of_none(&args), 2, &["cannot read explored/explored-"])
}

fn in_folder_of_none(args: &[&str]) -> Said {
    run(gate("flawed", args).current_dir(env::temp_dir()))
}

/// What a gate starts is a fixture like any other: here its program and its arguments have names that are no text.
fn a_fixture_s_words_need_not_be_text() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let program = folder.path().join(OsStr::from_bytes(b"fixture \xff"));
    // By another process: what a neighbour starts while we had it open to write to would keep it from being executed.
    expect(&run(Command::new("cp").arg(env::current_exe()?).arg(&program)), 0, &[])?;
    let results = folder.path().join("results.json");
    // One of the scenarios has the program start itself with the same words.
    let options =
        ["run", "--scenario", "sequence", "--scenario", "child-exit", "--expectations", "none.toml", "--json"];
    fs::write(folder.path().join("none.toml"), "")?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigconform"));
    command.args(options).arg(&results).arg("--").arg(&program).args([b"\xfe-", &b"a b"[..]].map(OsStr::from_bytes));
    command.env(CASE, "right").env("SIGCONFORM_GATE_BACKEND", "mine").current_dir(folder.path());
    command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    expect(&run(&mut command), 0, &["2 pass"])?;
    // A shell takes what is to be typed to play it again.
    let again = sigconform::merge::read(&results)?[0].results[0].again.clone();
    let words = again.split_once(" -- ").ok_or("no words")?.1;
    let said = Command::new("bash").args(["-c", &format!("printf '%s\\n' {words}")]).output()?.stdout;
    let expected = [program.as_os_str().as_bytes(), b"\n\xfe-\na b\n"].concat();
    assert_eq!(said, expected, "{again}");
    Ok(())
}

fn documents_are_written() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (json, junit, markdown) = (file("results.json"), file("junit.xml"), file("matrix.md"));
    let args =
        ["--json", &json, "--junit", &junit, "--markdown", &markdown, "--repeat", "3", "--exact", "mine::sequence"];
    expect(&said("right", &args), 0, &["1 passed"])?;
    let results = sigconform::merge::read(json.as_ref())?;
    assert_eq!((results.len(), results[0].results.len(), results[0].results[0].runs), (1, 1, 3));
    assert!(fs::read_to_string(junit)?.contains(r#"<testcase name="sequence" classname="mine""#));
    assert!(fs::read_to_string(markdown)?.contains("| handled-at-yield | ✓ pass |"));
    // What cannot be written is said before anything is played.
    let nowhere = file("no/results.json");
    let refused = said("right", &["--json", &nowhere, "--exact", "mine::sequence"]);
    expect(&refused, 3, &[&format!("error: cannot write {nowhere}: No such file or directory")])?;
    assert_eq!(refused.stdout, "", "it was played");
    Ok(())
}

fn github_is_told_at_the_line() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let summary = folder.path().join("summary.md");
    let job = |case: &str, args: &[&str]| {
        let mut command = gate(case, args);
        let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_WORKSPACE", workspace);
        run(&mut command)
    };
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).file_name().expect("a folder").display();
    let tests = format!("{package}/tests/gate");
    // A failure stands at the gate, a wrong entry at its own line.
    let gate = format!("::error file={tests}/cases.rs,line={},title=fail%3A flawed / batch-descending", cases::GATE);
    expect(&job("flawed", &["batch-descending"]), 101, &[&gate, "handled-at-yield: ", "%0A  source: "])?;
    let entry = format!("::error file={tests}/cases.rs,line={},title=xpass%3A mine", cases::KNOWN);
    expect(&job("mended", &["batch-descending"]), 101, &[&entry])?;
    let beside = job("mended-beside", &["batch-descending"]);
    expect(&beside, 101, &[&format!("::error file={tests}/expectations.toml,line=3,title=xpass%3A mine")])?;
    let summary = fs::read_to_string(&summary)?;
    assert!(summary.contains("### fail: flawed / batch-descending") && summary.contains("**xpass**"), "{summary}");
    let never = job("flawed", &["batch-descending", "--github", "never"]);
    assert!(!never.stdout.contains("::error"), "{}", never.stdout);
    Ok(())
}

fn the_command_that_plays_it_again_does() -> Result<(), Failed> {
    let said = said("flawed", &["batch-descending"]);
    let command = said.stdout.lines().find_map(|line| line.split_once("cargo test ")).ok_or("no command")?.1;
    let args = command.split_once(" -- ").ok_or("no arguments")?.1.split(' ').collect::<Vec<_>>();
    expect(&self::said("flawed", &args), 101, &["1 failed", "error[handled-at-yield]"])
}
