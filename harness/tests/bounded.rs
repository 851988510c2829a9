//! What is told of one case has an end, however much it said: a long transcript is folded around the lines that matter, a long
//! field is cut, and what GitHub refuses as a whole when it is too long stays within its limits. The JSON keeps everything.

use std::fs;

use sigconform::{
    judge::Violation,
    report::{diagnosis, github, html, json, junit, markdown, terminal},
    results::{Backend, Cell, Known, Outcome, Results, Verdict},
};

/// Lines of the transcript; the one that breaks the law, and letters of each field.
const LINES: usize = 5000;
const WRONG: usize = 2500;
const LETTERS: usize = 20_000;

/// Most bytes that a reporter makes of one such case, besides what it makes of a small one.
const MOST: usize = 100_000;

fn long(word: &str) -> String {
    format!("{word} begins {} {word} ends", "x".repeat(LETTERS))
}

fn transcript() -> String {
    let line =
        |number: usize| if number == WRONG { format!("{}\n", long("the line")) } else { format!("line {number}\n") };
    (1..=LINES).map(line).collect()
}

fn cell(verdict: Verdict) -> Cell {
    let broken = |line| Violation {
        law: format!("law-{line}"),
        message: long("the message"),
        line,
        allowed: long("what was allowed"),
        source: long("the source"),
    };
    let fails = matches!(verdict, Verdict::Fail | Verdict::Xfail);
    let outcome = |number: usize| Outcome {
        transcript: if number < 2 { transcript() } else { String::new() } + &format!("outcome {number}\n"),
        count: 1,
        allowed: !fails || number > 0,
        timeline: None,
    };
    Cell {
        backend: long("backend"),
        scenario: long("scenario"),
        requirements: vec![long("requirement")],
        verdict,
        reason: (verdict != Verdict::Pass).then(|| long("the reason")),
        unsupported: false,
        fault: None,
        claims: vec![long("claim")],
        allowed: (0..10_000).map(|number| format!("allowed {number}")).collect(),
        known: (verdict == Verdict::Xfail).then(|| Known {
            laws: vec!["law".to_owned()],
            reason: long("known"),
            reference: long("reference"),
        }),
        violations: if fails { (0..50).map(|number| broken(WRONG + number)).collect() } else { Vec::new() },
        runs: 100,
        outcomes: (0..12).map(outcome).collect(),
        observed: Vec::new(),
        duration_us: 1,
        again: long("again"),
    }
}

fn results(cells: Vec<Cell>) -> Results {
    let text = |word: &str| Some(long(word));
    let mut backends: Vec<Backend> = Vec::new();
    for cell in &cells {
        if backends.iter().all(|backend| backend.name != cell.backend) {
            backends.push(Backend {
                name: cell.backend.clone(),
                library: text("library"),
                version: text("version"),
                language: text("language"),
                claims: Vec::new(),
                absent: text("absent"),
            });
        }
    }
    Results { backends, ..Results::of(cells) }
}

type Render = fn(&Results) -> String;

const REPORTERS: [(&str, Render); 7] = [
    ("html", |results| html::render(std::slice::from_ref(results))),
    ("junit", |results| junit::render(std::slice::from_ref(results))),
    ("markdown", |results| markdown::render(std::slice::from_ref(results))),
    ("github", |results| github::annotations(std::slice::from_ref(results), &github::Places::default())),
    ("terminal", |results| anstream::adapter::strip_str(&terminal::render_at(results, 2000)).to_string()),
    ("diagnosis", |results| results.results.iter().map(diagnosis::plain).collect()),
    ("histogram", |results| results.results.iter().map(diagnosis::histogram).collect()),
];

#[test]
fn one_case_is_told_in_an_end() {
    let empty = REPORTERS.map(|(_, render)| render(&Results::of(Vec::new())).len());
    for verdict in [Verdict::Fail, Verdict::Error, Verdict::Pass] {
        let results = results(vec![cell(verdict)]);
        for ((name, render), empty) in REPORTERS.into_iter().zip(empty) {
            let text = render(&results);
            let more = text.len().saturating_sub(empty);
            assert!(more < MOST, "{name} makes {more} bytes of one {verdict}");
            let longest = text.split(|letter: char| letter != 'x').map(str::len).max().unwrap_or_default();
            assert!(longest < 1000, "{name} passes on a field of {longest} letters, {verdict}");
        }
        let json = json::render(std::slice::from_ref(&results));
        assert_eq!(
            serde_json::from_str::<Results>(&json).expect("it is read back"),
            results,
            "the JSON has lost something"
        );
    }
}

/// What is left out is not what matters.
#[test]
fn the_line_that_matters_is_there_with_its_number() {
    let results = results(vec![cell(Verdict::Fail)]);
    for (name, render) in REPORTERS {
        let text = render(&results);
        let parts: &[&str] = match name {
            "histogram" => &["line 1\n", "… 4761 lines left out …", "outcome 0\n", "2 outcomes more"],
            "html" => &[
                "the line begins",
                "<ol class=\"lines\" start=\"2460\">",
                "line 2499<",
                "line 1<",
                "line 5000<",
                "lines left out",
            ],
            "github" => &[
                "the message begins",
                "at line 2500: the line begins",
                "the line ends",
                "allowed here: what was allowed begins",
                "again ends",
            ],
            _ => &[
                "the message ends",
                "2500 | the line begins",
                "2499 | line 2499",
                "the line ends",
                "   1 | line 1\n",
                "what was allowed ends",
                "and 47 more",
                "again ends",
            ],
        };
        parts.iter().for_each(|part| assert!(text.contains(part), "{name} does not say `{part}`:\n{text}"));
        assert!(
            name == "histogram" || text.contains("letters left out"),
            "{name} does not say that something is left out"
        );
        assert!(!text.contains("line 1500"), "{name} folds nothing");
    }
    let passed = diagnosis::transcript(&cell(Verdict::Pass).outcomes[0].transcript);
    assert!(
        passed.contains("line 1\n") && passed.contains("outcome 0") && passed.contains("lines left out"),
        "{passed}"
    );
    assert_eq!(diagnosis::transcript("one\ntwo\n"), "one\ntwo\n");
}

fn short(number: usize) -> Cell {
    let text = |word: &str| word.to_owned();
    let broken = Violation {
        law: text("law"),
        message: text("message"),
        line: 50,
        allowed: text("allowed"),
        source: text("source"),
    };
    Cell {
        backend: format!("backend-{}", number % 40),
        scenario: format!("scenario-{number}"),
        requirements: vec![text("requirement")],
        verdict: Verdict::Fail,
        reason: None,
        unsupported: false,
        fault: None,
        claims: Vec::new(),
        allowed: Vec::new(),
        known: None,
        violations: vec![broken],
        runs: 1,
        outcomes: vec![Outcome { transcript: "line\n".repeat(100), count: 1, allowed: false, timeline: None }],
        observed: Vec::new(),
        duration_us: 1,
        again: text("cargo test"),
    }
}

/// The numbers are GitHub's: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.
#[test]
fn a_job_s_summary_stays_within_what_github_takes() {
    const MEBIBYTE: u64 = 1 << 20;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("summary.md");
    let mut many = results((0..2000).map(short).collect());
    // Skips and a matrix that would fill it alone.
    for number in 0..2000 {
        let mut skip =
            Cell { verdict: Verdict::Skip, reason: Some(format!("{number} {}", "why ".repeat(200))), ..short(number) };
        skip.requirements = (0..6).map(|row| format!("requirement-{number}-{row}")).collect();
        many.results.push(skip);
    }
    let written = |before: usize| {
        fs::write(&file, "b".repeat(before)).expect("what another command wrote");
        github::add_to_summary(&file, std::slice::from_ref(&many)).expect("it is written");
        let text = fs::read_to_string(&file).expect("the summary");
        assert!(text.len() as u64 <= MEBIBYTE, "{} bytes", text.len());
        text[before..].to_owned()
    };
    let whole = written(0);
    assert!(whole.len() > 900_000, "it would have held more: {} bytes", whole.len());
    assert!(
        whole.contains("### fail: ")
            && whole.contains("\n- ")
            && whole.contains("Left out here, for the length: the matrix, ")
    );
    assert!(whole.contains(" diagnoses, ") && whole.contains(" skips. The log and the JSON have it all."), "{whole}");
    let half = written(600_000);
    assert!(half.len() > 300_000 && half.contains("2000 fail, 2000 skip"), "{} bytes", half.len());
    assert_eq!(written(1 << 20), "", "there is no room");
    // What fits is whole.
    fs::remove_file(&file).expect("it is removed");
    github::add_to_summary(&file, &[results((0..3).map(short).collect())]).expect("it is written");
    let text = fs::read_to_string(&file).expect("the summary");
    assert!(!text.contains("Left out") && text.matches("### fail: ").count() == 3, "{text}");
}

/// What the runner and the checks of GitHub take: `_maxIssueMessageLength` of its runner, and a title of 255 letters.
#[test]
fn an_annotation_stays_within_what_github_takes() {
    for letter in ["x", "𝔖"] {
        let mut cell = cell(Verdict::Fail);
        cell.violations.truncate(5);
        cell.violations.iter_mut().for_each(|broken| broken.message = letter.repeat(LETTERS));
        cell.outcomes.truncate(1);
        cell.outcomes[0].transcript = format!("{}\n", letter.repeat(1000)).repeat(50);
        cell.violations.iter_mut().for_each(|broken| broken.line = 25);
        let text = github::annotations(&[results(vec![cell; 12])], &github::Places::default());
        assert_eq!(text.lines().count(), 10);
        for line in text.lines().take(9) {
            let (head, message) =
                line.strip_prefix("::error ").and_then(|line| line.split_once("::")).expect("a command");
            let decoded = |text: &str| {
                let text = text.replace("%3A", ":").replace("%2C", ",");
                text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
            };
            let units = decoded(message).encode_utf16().count();
            assert!((1000..=4096).contains(&units), "{units} units");
            assert!(decoded(message).contains("\nrun it again: again begins"), "{message}");
            let title = decoded(head.strip_prefix("title=").expect("a title"));
            assert!(title.chars().count() <= 255, "{title}");
        }
    }
}
