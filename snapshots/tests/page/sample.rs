//! What the pages of these tests are made of: cells that were really played, and copies of them where many are needed.

use sigconform::{
    judge::Violation,
    report::html,
    results::{Cell, Outcome, Platform, Results, Verdict},
    run::{self, Options, Selection},
};
use snapshots::{catalogue, fixtures};

/// Plays these scenarios on these backends once.
pub fn played(backends: &[&str], scenarios: &[&str]) -> Results {
    let patterns = |names: &[&str]| names.iter().map(|name| name.parse().expect("a pattern")).collect();
    let selection = Selection { backends: patterns(backends), scenarios: patterns(scenarios), ..Selection::default() };
    run::plan(catalogue(), fixtures(), &selection).expect("a plan").run(&Options::default(), |_| {})
}

/// Something that passes, something that is not here, and something that fails.
pub fn small() -> Results {
    let scenarios =
        ["sequence", "burst-5", "batch-descending", "refusal", "terminal-interrupt", "unsubscribed-default"];
    played(&["self-pipe", "kqueue", "signalfd", "broken-doubles", "broken-drops-every-third"], &scenarios)
}

pub fn page(results: &Results) -> String {
    html::render(std::slice::from_ref(results))
}

/// Everything, copied to this many backends and scenarios. Each copy's times differ, as those of real runs do.
pub fn large(backends: usize, scenarios: usize) -> Results {
    let real = played(&["self-pipe", "tokio-current-thread", "tokio-multi-thread-spawned"], &[]);
    let mut copied = Results { backends: Vec::new(), results: Vec::new(), ..real.clone() };
    for number in 0..backends {
        let original = &real.backends[number % real.backends.len()];
        let name = format!("{}-{number:02}", original.name);
        let languages = ["C", "Go", "JavaScript", "Python", "Ruby", "Rust"];
        let mut backend = original.clone();
        backend.name.clone_from(&name);
        backend.language = Some(languages[number % languages.len()].to_owned());
        copied.backends.push(backend);
        let of_backend: Vec<_> = real.results.iter().filter(|cell| cell.backend == original.name).collect();
        assert!(!of_backend.is_empty());
        for at in 0..scenarios {
            let mut cell = of_backend[at % of_backend.len()].clone();
            cell.backend.clone_from(&name);
            if at >= of_backend.len() {
                cell.scenario += "-again";
            }
            for moment in
                cell.outcomes.iter_mut().filter_map(|outcome| outcome.timeline.as_mut()).flat_map(|t| &mut t.moments)
            {
                moment.at = moment.at.map(|at| at + at / (7 + number as u64));
            }
            copied.results.push(cell);
        }
    }
    copied
}

/// The same run on another system, where one cell failed and one was not played.
pub fn elsewhere(here: &Results) -> Results {
    let platform = Platform { os: "macos".into(), arch: "aarch64".into(), libc: "system".into(), kernel: "24".into() };
    let mut there = Results { platform, ..here.clone() };
    there.results.retain(|cell| cell.scenario != "refusal");
    let cell = there.results.iter_mut().find(|cell| (&*cell.backend, &*cell.scenario) == ("self-pipe", "sequence"));
    make_fail(cell.expect("the cell"), "sending SIGHUP\nyielding control\nstuck\n");
    there
}

fn make_fail(cell: &mut Cell, transcript: &str) {
    cell.verdict = Verdict::Fail;
    cell.violations = vec![Violation {
        law: "handled-at-yield".to_owned(),
        message: "the loop sleeps for good".to_owned(),
        line: 3,
        allowed: "signal_handler('SIGHUP')".to_owned(),
        source: "POSIX.1-2024, kill()".to_owned(),
    }];
    cell.outcomes = vec![Outcome { transcript: transcript.to_owned(), count: 1, allowed: false, timeline: None }];
}

/// What a hostile fixture prints, in every place of a page that shows a fixture's or a results file's own words.
pub fn hostile() -> (Results, String) {
    let mut results = small();
    let words = format!(
        "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 2'>\u{1b}[31mred\u{1b}[0m\u{7f}\u{9b}1m \
         \u{202e}thgir ot tfel\u{202c} \u{2066}\u{200f} </pre></article></body> ]]> {}",
        "long".repeat(25_000)
    );
    let transcript = format!("{words}\n{}", "a line\n".repeat(5000));
    for (at, cell) in results.results.iter_mut().enumerate() {
        match at % 3 {
            0 => make_fail(cell, &transcript),
            1 => (cell.verdict, cell.reason, cell.outcomes) = (Verdict::Error, Some(words.clone()), Vec::new()),
            _ => cell.outcomes.iter_mut().for_each(|outcome| outcome.transcript.clone_from(&transcript)),
        }
        for violation in &mut cell.violations {
            (violation.message, violation.allowed) = (words.clone(), words.clone());
        }
        cell.allowed = vec![words.clone()];
    }
    for backend in &mut results.backends {
        (backend.library, backend.version) = (Some(words.clone()), Some("<b onclick=alert(1)>".to_owned()));
        backend.language = Some("\"><script>window.harmed = 3</script>".to_owned());
        for claim in &mut backend.claims {
            (claim.claim, claim.value) = (words.clone(), words.clone());
            "javascript:window.harmed = 4".clone_into(&mut claim.source);
        }
    }
    let Platform { os, arch, libc, kernel } = &mut results.platform;
    [os, arch, libc, kernel].into_iter().for_each(|field| field.clone_from(&words));
    (results, words)
}
