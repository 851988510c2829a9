//! A backend that breaks the documented sequence fails the snapshot test, in words that a reader can act on: insta's
//! diff of the lines, the law, and the line of the transcript. Its transcript never becomes a proposal.

use std::path::Path;

use rstest::rstest;
use sigconform::results::Verdict;
use snapshots::{check, play, transcript_files};

/// What insta prints, without the line numbers of its margin: `-line`, `+line` and ` line`.
fn changes(report: &str) -> Vec<&str> {
    report.lines().filter_map(|line| Some(line.split_once('│')?.1)).filter(|line| !line.starts_with(' ')).collect()
}

#[rstest]
#[case::swapped("broken-swaps-signals", "signal-first", 4, &["-signal_handler('SIGHUP')", "+stuck: every thread sleeps and nothing is left to wake it"])]
#[case::doubled("broken-doubles", "once-per-send", 4, &["-signal_handler('SIGHUP')", "+signal_handler('SIGHUP') × 2"])]
#[case::dropped("broken-drops-every-third", "handled-at-yield", 10, &["-signal_handler('SIGUSR1')", "+stuck: every thread sleeps and nothing is left to wake it"])]
#[case::early("broken-in-signal-handler", "only-at-yields", 3, &["+signal_handler('SIGHUP')", "-signal_handler('SIGHUP')"])]
fn fails_with_the_lines_and_the_law(
    #[case] backend: &str,
    #[case] law: &str,
    #[case] line: usize,
    #[case] wanted: &[&str],
) {
    let before = transcript_files();
    let cell = play(backend, "sequence");
    assert_eq!(cell.verdict, Verdict::Fail);

    let report = check(&cell, Path::new(env!("CARGO_BIN_EXE_snapshot-diff"))).expect_err("a broken backend fails");
    let changes = changes(&report);
    for change in wanted {
        assert!(changes.contains(change), "`{change}` is not in insta's diff:\n{report}");
    }
    assert!(report.contains("transcripts/sequence.snap"), "the reviewed file is not named:\n{report}");
    assert!(report.contains(&format!("error[{law}]: ")), "the law is not named:\n{report}");
    assert!(report.contains(&format!("{backend} / sequence:{line}:1")), "the line is not named:\n{report}");

    assert_eq!(transcript_files(), before, "a forbidden transcript was proposed");
}

/// The diff shows the lines only. A flaw that they do not show still fails, and the report says so.
#[test]
fn a_flaw_that_no_line_shows_still_fails() {
    let cell = play("broken-on-other-thread", "sequence");
    let report = check(&cell, Path::new(env!("CARGO_BIN_EXE_snapshot-diff"))).expect_err("a broken backend fails");
    assert!(report.starts_with("the lines are those of the reviewed transcript\n"), "{report}");
    assert!(report.contains("error[claimed-thread]: "), "{report}");
}
