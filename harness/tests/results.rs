//! What is counted, summed up and said of results, as data in and text out: no fixture is played.

use serde_json::json;
use sigconform::{
    catalogue::{Catalogue, Group},
    contract::{Claim, Claims, Description, Threads},
    exit_status,
    fault::Fault,
    report::{self, Matrix, diagnosis, github, html, json, junit, markdown, overview, terminal},
    results::{Backend, Cell, Document, Merged, Platform, Results, Verdict, platform_names},
};

fn cell(scenario: &str, verdict: Verdict) -> Cell {
    let cell = json!({"backend": "mine", "scenario": scenario, "requirements": ["fork-isolated"], "verdict": verdict,
        "violations": [], "runs": 1, "outcomes": [], "duration_us": 1});
    serde_json::from_value(cell).expect("a cell")
}

/// One cell of this verdict.
fn one(verdict: Verdict) -> Results {
    Results::of(vec![cell("fork", verdict)])
}

fn failed() -> Cell {
    serde_json::from_str(include_str!("../src/example/failed.json")).expect("a cell")
}

#[test]
fn the_exit_status_is_the_gravest_verdicts() {
    for (verdict, status) in [
        (Verdict::Pass, exit_status::CONFORMING),
        (Verdict::Skip, exit_status::CONFORMING),
        (Verdict::Xfail, exit_status::CONFORMING),
        (Verdict::Xpass, exit_status::NOT_CONFORMING),
        (Verdict::Fail, exit_status::NOT_CONFORMING),
        (Verdict::Error, exit_status::ENGINE),
    ] {
        assert_eq!(one(verdict).exit_status(), status, "{verdict}");
    }
}

#[test]
fn the_counts_and_the_next_step_are_said_in_a_line() {
    assert_eq!(report::summary(&one(Verdict::Pass)), "1 pass");
    assert_eq!(report::summary(&Results::of(Vec::new())), "nothing to do");
    assert_eq!(report::next_step(&one(Verdict::Pass)), "nothing: what was played conforms");
    assert_eq!(report::again(&failed()), "cargo test --test signals");
    assert_eq!(report::next_step(&Results::of(vec![failed()])), "play it again: cargo test --test signals");
}

/// Nobody is told to mend a fixture that is not at fault.
#[test]
fn who_has_to_act_on_an_error_is_told() {
    for (fault, remedy) in [
        (Some(Fault::Fixture), "mend the fixture"),
        (Some(Fault::Surroundings), "see to what the error names"),
        (Some(Fault::Engine), "report this defect of sigconform with the error's text"),
        (None, "see why nothing can be said of the library"),
    ] {
        let errors = Results::of(vec![Cell { fault, ..cell("fork", Verdict::Error) }, cell("burst-2", Verdict::Fail)]);
        assert_eq!(report::next_step(&errors), format!("{remedy}, then play it again: cargo xtask run mine fork"));
    }
}

/// One run broke a law, and another could not be judged.
#[test]
fn an_error_hides_no_broken_law() {
    let reason = Some("killed by SIGKILL".to_owned());
    let error = Cell { verdict: Verdict::Error, reason, ..failed() };
    let law = failed().violations[0].law.clone();
    let text = diagnosis::plain(&error);
    assert!(text.contains("killed by SIGKILL") && text.contains(&format!("error[{law}]")), "{text}");
    let xml = junit::render(&[Results::of(vec![error])]);
    assert!(xml.contains("errors=\"1\"") && xml.contains(&law), "{xml}");
}

#[test]
fn a_skip_is_told_with_its_reason() {
    let why = "not applicable: its claim `fork` is unsupported";
    let skipped = Results::of(vec![Cell { reason: Some(why.to_owned()), ..cell("fork", Verdict::Skip) }]);
    assert_eq!(report::skips(&skipped), [("mine / fork".to_owned(), why)]);
    let xml = junit::render(&[skipped]);
    assert!(xml.contains("<skipped message=\"skip: not applicable") && xml.contains("failures=\"0\""), "{xml}");
}

#[test]
fn the_graver_of_two_verdicts_stands_in_the_matrix() {
    for cells in [[Verdict::Pass, Verdict::Fail], [Verdict::Fail, Verdict::Pass]] {
        let results = Results::of(cells.map(|verdict| cell("fork", verdict)).into());
        assert_eq!(Matrix::new(&results).rows, [("fork-isolated", vec![Some(Verdict::Fail)])]);
        assert!(markdown::matrix(&results).starts_with("| requirement | mine |\n|---|:-:|\n"));
    }
}

/// No plain sign of success stands where something was skipped because the documentation says that it is unsupported.
#[test]
fn what_is_documented_as_unsupported_has_a_sign_of_its_own() {
    let unsupported = |scenario: &str| Cell { unsupported: true, ..cell(scenario, Verdict::Skip) };
    let of = |requirement: &str, cell: Cell| Cell { requirements: vec![requirement.to_owned()], ..cell };
    let described = Backend::described("mine", &Description::new("mine", "mine::Signals", "1.0.0"));
    let cells = vec![
        of("fork-isolated", cell("fork", Verdict::Pass)),
        of("fork-child-gets-its-own", unsupported("fork-child")),
        of("fork-child-gets-its-own", cell("another", Verdict::Skip)),
        of("handled-at-yield", unsupported("sequence")),
        of("handled-at-yield", cell("burst-5", Verdict::Pass)),
    ];
    let results = Results { backends: vec![described], ..Results::of(cells) };
    let matrix = Matrix::new(&results);
    let is_unsupported = |requirement| matrix.is_unsupported(requirement, "mine");
    assert!(is_unsupported("fork-child-gets-its-own"));
    assert!(!is_unsupported("fork-isolated") && !is_unsupported("handled-at-yield") && !is_unsupported("unknown"));
    let rows = overview::overview(&results, &Catalogue::embedded().expect("the catalogue"));
    let fork = Group::ALL.iter().position(|group| *group == Group::Fork).expect("a chapter");
    let standing = rows[0].standings[fork];
    assert_eq!((standing.is_whole(), standing.unsupported), (true, 1));
    assert_eq!(rows[0].standings.iter().map(|standing| standing.unsupported).sum::<usize>(), 1);
    assert!(markdown::matrix(&results).contains("| fork-child-gets-its-own | ⊘ unsupported |"));
    let page = html::render(std::slice::from_ref(&results));
    assert!(page.contains("<span class=\"of pass\">1/1 ⊘</span>"), "the chapter");
    assert!(page.contains("<a class=skip href=#mine/fork-child>⊘</a>"), "the requirement");
    let text = terminal::render_at(&results, 200);
    assert!(
        text.lines().any(|line| line.contains("fork-child-gets-its-own") && line.contains("unsupported")),
        "{text}"
    );
}

/// What a run showed stands apart from what is promised, and only where nothing is; it may be somebody else's text.
#[test]
fn what_was_observed_is_told_where_nothing_is_claimed() {
    let threads = Claim::documented(Threads::Any, "https://docs.example/threads");
    let description =
        Description::new("mine", "mine::Signals", "1.0.0").claims(Claims { threads, ..Claims::default() });
    let observed = json!([{"claim": "burst", "value": "<i>5</i> of 5", "runs": 1},
        {"claim": "threads", "value": "seen all the same", "runs": 1}]);
    let observed = serde_json::from_value(observed).expect("observations");
    let mut results = Results::of(vec![Cell { observed, ..cell("burst-5", Verdict::Pass) }]);
    results.backends = vec![Backend::described("mine", &description)];
    let page = html::render(&[results]);
    let (_, table) = page.split_once("What was observed where nothing is promised").expect("a table");
    let (table, _) = table.split_once("</table>").expect("its end");
    assert!(table.contains("&lt;i&gt;5&lt;/i&gt; of 5") && table.contains("href=\"#mine/burst-5\""), "{table}");
    assert!(!page.contains("seen all the same") && page.contains("https://docs.example/threads"));
    assert!(!html::render(&[one(Verdict::Pass)]).contains("What was observed"));
}

#[test]
fn what_passes_is_neither_annotated_nor_diagnosed() {
    let passed = [one(Verdict::Pass)];
    assert_eq!(github::annotations(&passed, &github::Places::default()), "");
    let text = markdown::render(&passed);
    assert!(text.contains("\n1 pass\n") && !text.contains("###"), "{text}");
    assert!(!html::render(&passed).contains("src=\"http"), "the page loads nothing");
}

#[test]
fn what_exceeds_a_limit_is_said() {
    let text = markdown::within(&[Results::of(vec![failed()])], 400);
    assert!(text.contains("Left out here, for the length: 1 diagnoses."), "{text}");
}

#[test]
fn a_failure_of_no_known_place_is_annotated_all_the_same() {
    let text = github::annotations(&[Results::of(vec![failed()])], &github::Places::default());
    assert!(text.starts_with("::error title=fail"), "{text}");
}

#[test]
fn colours_are_for_terminals() {
    assert!(diagnosis::styled(&failed(), 80).contains("\x1b["));
    let plain = diagnosis::plain(&failed());
    assert!(plain.contains("allowed here: no call") && !plain.contains('\x1b'), "{plain}");
}

#[test]
fn a_histogram_tells_how_often() {
    let outcomes = json!([{"transcript": "signal_handler('SIGUSR1')\n", "count": 97, "allowed": true},
        {"transcript": "stuck\n", "count": 3, "allowed": false}]);
    let outcomes = serde_json::from_value(outcomes).expect("outcomes");
    let text = diagnosis::histogram(&Cell { outcomes, runs: 100, ..cell("burst-300", Verdict::Fail) });
    assert!(text.starts_with("100 runs, 2 outcomes:\n") && text.contains("sometimes (3 of 100), forbidden:"), "{text}");
}

#[test]
fn a_chapter_counts_what_was_tried() {
    let mut standing = overview::Standing::default();
    [Verdict::Pass, Verdict::Fail, Verdict::Skip].into_iter().for_each(|verdict| standing.add(verdict, false));
    assert_eq!((standing.kept, standing.tried, standing.gravest), (1, 2, Some(Verdict::Fail)));

    let described = Backend::described("mine", &Description::new("mine", "mine::Signals", "1.0.0"));
    let results = Results { backends: vec![described], ..one(Verdict::Pass) };
    let rows = overview::overview(&results, &Catalogue::embedded().expect("the catalogue"));
    assert_eq!(rows[0].standings.len(), Group::ALL.len());
    assert_eq!(rows[0].standings.iter().map(|standing| standing.kept).sum::<usize>(), 1);
}

#[test]
fn a_backend_tells_what_it_promises_or_why_it_is_absent() {
    let threads = Claim::documented(Threads::Any, "https://docs.example/threads");
    let description =
        Description::new("mine", "mine::Signals", "1.0.0").claims(Claims { threads, ..Claims::default() });
    let claimed = &Backend::described("mine", &description).claims;
    assert_eq!((claimed.len(), claimed[0].claim.as_str(), claimed[0].value.as_str()), (1, "threads", "any"));
    let absent = Backend::absent("mine", "node is not installed: apt-get install nodejs");
    assert!(absent.absent.is_some() && absent.library.is_none());
}

#[test]
fn one_platform_stands_alone_and_several_in_a_list() {
    let one = one(Verdict::Pass);
    let alone = serde_json::to_string_pretty(&Document::One(one.clone())).expect("a document");
    assert_eq!(alone.trim(), json::render(std::slice::from_ref(&one)).trim());
    assert_eq!(serde_json::from_str::<Results>(&alone).expect("results"), one);
    let merged: Merged = serde_json::from_str(&json::render(&[one.clone(), one.clone()])).expect("a list");
    assert_eq!(merged.platforms, [one.clone(), one]);
}

#[test]
fn platforms_are_told_apart_by_as_little_as_possible() {
    let on = |libc: &str| Results {
        platform: Platform {
            os: "linux".to_owned(),
            arch: "x86_64".to_owned(),
            libc: libc.to_owned(),
            kernel: "6".to_owned(),
        },
        ..Results::of(Vec::new())
    };
    assert_eq!(platform_names(&[on("gnu")]), ["linux x86_64"]);
    assert_eq!(platform_names(&[on("gnu"), on("musl")]), ["linux x86_64 gnu", "linux x86_64 musl"]);
}
