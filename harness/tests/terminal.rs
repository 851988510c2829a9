//! What a terminal shows, for every verdict and every way of going wrong: reviewed word for word.

use sigconform::{
    fault::Fault,
    judge::{Violation, law},
    report::{diagnosis, terminal},
    results::{Backend, Cell, Known, Outcome, Platform, Results, Verdict},
};

fn cell(backend: &str, scenario: &str, verdict: Verdict) -> Cell {
    Cell {
        backend: backend.to_owned(),
        scenario: scenario.to_owned(),
        requirements: vec!["handled-at-yield".to_owned(), "burst-as-claimed".to_owned()],
        verdict,
        reason: None,
        unsupported: false,
        fault: None,
        claims: vec!["handlers_run".to_owned()],
        allowed: Vec::new(),
        known: None,
        violations: Vec::new(),
        runs: 1,
        outcomes: Vec::new(),
        observed: Vec::new(),
        duration_us: 5000,
        again: String::new(),
    }
}

fn outcome(transcript: &str, count: u32, allowed: bool) -> Outcome {
    Outcome { transcript: transcript.to_owned(), count, allowed, timeline: None }
}

fn violation(law: &law::Law, line: usize, message: &str, allowed: &str) -> Violation {
    let (message, allowed) = (message.to_owned(), allowed.to_owned());
    Violation { law: law.slug.to_owned(), message, line, allowed, source: law.source.to_owned() }
}

const SEQUENCE: &str = "starting send_signals for [PID]\nsending SIGHUP\nyielding control\nsignal_handler('SIGHUP')\n";

fn pass() -> Cell {
    Cell { outcomes: vec![outcome(SEQUENCE, 1, true)], ..cell("right", "sequence", Verdict::Pass) }
}

fn fail() -> Cell {
    let transcript = SEQUENCE.replace("signal_handler('SIGHUP')", "signal_handler('SIGUSR1')");
    let message = "the handler of SIGUSR1 was called, and SIGUSR1 has not been sent";
    Cell {
        violations: vec![violation(&law::SIGNAL_FIRST, 4, message, "no call before `sending SIGUSR1`")],
        outcomes: vec![outcome(&transcript, 1, false)],
        ..cell("swaps", "sequence", Verdict::Fail)
    }
}

fn stuck() -> Cell {
    let transcript =
        SEQUENCE.replace("signal_handler('SIGHUP')", "stuck: every thread sleeps and nothing is left to wake it");
    let message =
        "the loop sleeps for good (loses sleeps in epoll_wait), and SIGHUP, sent at line 2, has not been handled";
    Cell {
        violations: vec![violation(
            &law::HANDLED_AT_YIELD,
            4,
            message,
            "signal_handler('SIGHUP') before the yield is over",
        )],
        outcomes: vec![outcome(&transcript, 1, false)],
        ..cell("loses", "sequence", Verdict::Fail)
    }
}

fn xfail() -> Cell {
    let known = Known {
        laws: vec!["handled-at-yield".to_owned()],
        reason: "the buffer is full".to_owned(),
        reference: "https://example.org/issues/1".to_owned(),
    };
    let reason = Some(format!("{} ({})", known.reason, known.reference));
    Cell { verdict: Verdict::Xfail, backend: "known".to_owned(), known: Some(known), reason, ..stuck() }
}

fn xpass() -> Cell {
    let reason = Some("listed as a failure (the buffer is full), but it passes: remove the entry".to_owned());
    Cell { verdict: Verdict::Xpass, backend: "mended".to_owned(), reason, ..pass() }
}

fn skip() -> Cell {
    let reason =
        Some("python3 is not installed: install Python 3, for example with `apt-get install python3`".to_owned());
    Cell { reason, runs: 0, ..cell("absent", "sequence", Verdict::Skip) }
}

fn error() -> Cell {
    let reason = Some("line 3: the fixture left its script: it said `resumed` where `yielding` comes next".to_owned());
    Cell { reason, fault: Some(Fault::Fixture), runs: 0, ..cell("garbled", "sequence", Verdict::Error) }
}

fn crash() -> Cell {
    let reason = "the fixture was killed by SIGSEGV before it had finished; standard error: \u{1b}[31mboom".to_owned();
    Cell { reason: Some(reason), fault: Some(Fault::Fixture), runs: 0, ..cell("crashes", "sequence", Verdict::Error) }
}

fn histogram() -> Cell {
    let twice = SEQUENCE.replace("signal_handler('SIGHUP')", "signal_handler('SIGHUP') × 2");
    let message = "the handler of SIGHUP was called twice, and SIGHUP was sent once";
    Cell {
        runs: 1000,
        violations: vec![violation(&law::ONCE_PER_SEND, 4, message, "one call")],
        outcomes: vec![outcome(SEQUENCE, 997, true), outcome(&twice, 3, false)],
        ..cell("flaky", "sequence", Verdict::Fail)
    }
}

fn results(mut cells: Vec<Cell>) -> Results {
    let text = |text: &str| text.to_owned();
    let platform = Platform { os: text("linux"), arch: text("x86_64"), libc: text("gnu"), kernel: text("6.1") };
    cells.sort_by(|a, b| (&a.backend, &a.scenario).cmp(&(&b.backend, &b.scenario)));
    let about = |cell: &Cell| match cell.verdict {
        Verdict::Skip => Backend::absent(&cell.backend, "not installed"),
        _ => Backend { library: Some(text("a library")), ..Backend::absent(&cell.backend, "") },
    };
    let backends =
        cells.iter().map(|cell| Backend { absent: about(cell).absent.filter(|why| !why.is_empty()), ..about(cell) });
    Results { platform, backends: backends.collect(), ..Results::of(cells) }
}

/// The report of these cells, without colours.
fn shown(cells: Vec<Cell>, width: usize) -> String {
    anstream::adapter::strip_str(&terminal::render_at(&results(cells), width)).to_string()
}

macro_rules! reviewed {
    ($name:ident, $shown:expr) => {
        #[test]
        fn $name() {
            let mut settings = insta::Settings::clone_current();
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(stringify!($name), $shown));
        }
    };
}

reviewed!(report_of_a_pass, shown(vec![pass()], 100));
reviewed!(report_of_a_fail, shown(vec![pass(), fail()], 100));
reviewed!(report_of_a_stuck_loop, shown(vec![stuck()], 100));
reviewed!(report_of_an_xfail, shown(vec![pass(), xfail()], 100));
reviewed!(report_of_an_xpass, shown(vec![pass(), xpass()], 100));
reviewed!(report_of_a_skip, shown(vec![pass(), skip()], 100));
reviewed!(report_of_an_error, shown(vec![pass(), error()], 100));
reviewed!(report_of_a_crash, shown(vec![crash()], 100));
reviewed!(report_of_a_histogram, shown(vec![histogram()], 100));
reviewed!(report_in_the_width_of_chapters, {
    let rights = (1..10).map(|number| Cell { backend: format!("right-{number}"), ..pass() });
    shown(rights.chain([xfail(), fail(), skip()]).collect(), 100)
});
reviewed!(report_on_a_narrow_terminal, shown(vec![pass(), fail(), stuck(), xfail(), skip(), error()], 60));
reviewed!(diagnosis_without_a_terminal, diagnosis::plain(&fail()));

/// Colours are there for who shows them, and never stand alone: without them the same words are left.
#[test]
fn colours_only_help() {
    let coloured = terminal::render_at(&results(vec![fail()]), 100);
    assert!(coloured.contains("\u{1b}["), "{coloured:?}");
    let plain = shown(vec![fail()], 100);
    assert!(!plain.contains('\u{1b}') && plain.contains("error[signal-first]"), "{plain}");
}

/// Whatever a fixture said, no terminal acts upon it.
#[test]
fn no_escape_of_a_fixture_gets_through() {
    let said = shown(vec![crash()], 100);
    assert!(said.contains("\\u{1b}[31mboom"), "{said}");
}
