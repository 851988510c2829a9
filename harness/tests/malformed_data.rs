//! A data file that cannot be used: the message names the file, the line, and what to write instead.

use sigconform::catalogue::Catalogue;

const REQUIREMENTS: &str = r#"
[[requirement]]
slug = "handled-at-yield"
group = "sequence"
level = "must"
statement = "A signal is handled."
source = "POSIX.1-2024, kill()"
"#;

/// What `Catalogue::parse` says of one scenario file.
fn said(text: &str) -> String {
    let parsed = Catalogue::parse(REQUIREMENTS, [("scenarios/mine.toml".into(), text)]);
    parsed.map_or_else(|error| error.to_string(), |_| "nothing".to_owned())
}

const RIGHT: &str = r#"title = "Mine"
requirements = ["handled-at-yield"]
subscribe = ["SIGHUP"]
steps = [
    { step = "send", signal = "SIGHUP" },
    { step = "yield" },
]
"#;

#[test]
fn a_right_file_is_read() {
    assert_eq!(said(RIGHT), "nothing");
}

#[test]
fn a_wrong_line_is_named_with_its_remedy() {
    let send = "{ step = \"send\", signal = \"SIGHUP\" }";
    // What is wrong inside a step may be reported at the line of the array that holds it: the parser tells no more.
    for (wrong, right, lines, remedy) in [
        ("titel = \"Mine\"", "title = \"Mine\"", 1..=1, "expected one of `title`"),
        ("{ step = \"jump\" }", "{ step = \"yield\" }", 6..=6, "expected one of `subscribe`"),
        ("{ step = \"send\", signal = \"SIGHUP\", times = 2 }", send, 4..=5, "expected `signal`"),
        ("{ step = \"send\", signal = \"SIGFOO\" }", send, 4..=5, "no signal of this system is called `SIGFOO`"),
        ("subscribe = [\"SIGHUP\"", "subscribe = [\"SIGHUP\"]", 3..=4, "expected `,`"),
    ] {
        let text = RIGHT.replacen(right, wrong, 1);
        assert_ne!(text, RIGHT, "{right}");
        let said = said(&text);
        assert!(said.starts_with("malformed data file scenarios/mine.toml: "), "{said}");
        let named = lines.into_iter().any(|line| said.contains(&format!("line {line}, column ")));
        assert!(named, "not the right line: {said}");
        assert!(said.contains(remedy), "`{remedy}`: {said}");
    }
}

#[test]
fn a_requirement_of_no_group_and_one_of_an_unknown_group_are_errors() {
    for (group, said) in [("", "missing field `group`"), ("group = \"sequences\"", "unknown variant `sequences`")] {
        let requirements = REQUIREMENTS.replace("group = \"sequence\"", group);
        let scenarios: [(std::path::PathBuf, &str); 0] = [];
        let error = Catalogue::parse(&requirements, scenarios).expect_err("a wrong group").to_string();
        assert!(error.contains("requirements.toml") && error.contains(said), "{error}");
    }
}

#[test]
fn a_missing_field_is_named() {
    let said = said(&RIGHT.replace("title = \"Mine\"\n", ""));
    assert!(said.contains("scenarios/mine.toml") && said.contains("missing field `title`"), "{said}");
}

#[test]
fn rules_that_the_syntax_cannot_show_are_said_with_their_remedy() {
    for (right, wrong, remedy) in [
        ("requirements = [\"handled-at-yield\"]", "requirements = []", "name at least one requirement"),
        (
            "requirements = [\"handled-at-yield\"]",
            "requirements = [\"mine\"]",
            "requirements.toml does not list: add it there",
        ),
        (
            "subscribe = [\"SIGHUP\"]",
            "start = { quiet = 1, within = 1 }",
            "`quiet` waits for its sleep and `within` does not: write one of them",
        ),
        (
            "subscribe = [\"SIGHUP\"]",
            "varies_by = [\"bursts\"]",
            "there is no claim `bursts`: write one of handlers_run",
        ),
    ] {
        let said = said(&RIGHT.replacen(right, wrong, 1));
        assert!(said.contains("mine") && said.contains(remedy), "`{remedy}`: {said}");
    }
    let before = &RIGHT[..RIGHT.find("steps").expect("steps")];
    for (steps, remedy) in [
        ("", "`steps` is empty"),
        ("{ step = \"await\", for = { action = \"close\" } }", "write `{ step = \"await-close\" }`"),
        (
            "{ step = \"repeat\", times = 2, steps = [{ step = \"await\", for = { action = \"close\" } }] }",
            "write `{ step = \"await-close\" }`",
        ),
        ("{ step = \"limit-descriptors\", left = 101 }", "write 0 to 100 as `left`"),
        (
            "{ step = \"repeat\", times = 2, steps = [{ step = \"limit-descriptors\", left = 4294967295 }] }",
            "`limit-descriptors` leaves too many",
        ),
        ("{ step = \"flood-from-threads\", signal = \"SIGHUP\", threads = 65, times = 1 }", "write 1 to 64 `threads`"),
        ("{ step = \"flood-from-threads\", signal = \"SIGHUP\", threads = 1, times = 0 }", "1 to 1000 `times`"),
    ] {
        let said = said(&format!("{before}steps = [{steps}]\n"));
        assert!(said.contains(remedy), "{said}");
    }
    let crowded = said(&format!("{before}start = {{ descriptors = 20001 }}\nsteps = [{{ step = \"yield\" }}]\n"));
    assert!(crowded.contains("too many `descriptors` are open at the start: write at most 20000"), "{crowded}");
}

#[test]
fn two_requirements_of_one_name_are_refused() {
    let twice = format!("{REQUIREMENTS}{REQUIREMENTS}");
    let error = Catalogue::parse(&twice, []).expect_err("a duplicate");
    assert_eq!(error.to_string(), "requirements.toml lists `handled-at-yield` twice: give one of them another slug");
}

#[test]
fn the_embedded_catalogue_is_whole() {
    let catalogue = Catalogue::embedded().expect("the catalogue is right");
    assert!(catalogue.scenario("sequence").is_some());
}
