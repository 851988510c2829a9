//! Every scenario on every backend, against the one reviewed transcript of the scenario.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use rstest::rstest;
use snapshots::{catalogue, check, fixtures, play, transcript_files, transcripts};

/// One list for the test and for the check that it is whole.
macro_rules! with_backends {
    ($($backend:tt)*) => {
        const BACKENDS: &[&str] = &[$($backend),*];

        #[rstest]
        fn transcript(
            #[base_dir = "../harness/catalogue/scenarios"]
            #[files("*.toml")]
            scenario: PathBuf,
            #[values($($backend),*)] backend: &str,
        ) {
            let scenario = scenario.file_stem().and_then(|stem| stem.to_str()).expect("a scenario's file has a name");
            if let Err(report) = check(&play(backend, scenario), Path::new(env!("CARGO_BIN_EXE_snapshot-diff"))) {
                panic!("{report}");
            }
        }
    };
}

with_backends! {
    "anyevent"
    "async-signal"
    "asyncio"
    "calloop"
    "compio"
    "ctrlc"
    "ctrlc-termination"
    "glib"
    "go-signal"
    "go-signal-goroutine"
    "java-signal"
    "kqueue"
    "libev"
    "libevent"
    "libuv"
    "node"
    "perl-sig"
    "polling-kqueue"
    "pselect"
    "ruby-trap"
    "sd-event"
    "sd-event-procmask"
    "self-pipe"
    "signal-hook-iterator"
    "signal-hook-mio"
    "signal-hook-pipe"
    "signal-hook-tokio"
    "signal-hook-with-origin"
    "signalfd"
    "sigwait-thread"
    "sigwaitinfo"
    "tokio-current-thread"
    "tokio-multi-thread"
    "tokio-multi-thread-spawned"
    "trio"
    "uvloop"
}

#[test]
fn no_backend_is_forgotten() {
    let found: BTreeSet<_> =
        fixtures().iter().filter(|fixture| fixture.specimen.is_none()).map(|fixture| fixture.name.as_str()).collect();
    let listed: BTreeSet<_> = BACKENDS.iter().copied().collect();
    assert_eq!(listed, found, "`with_backends!` is not what fixtures/* holds");
}

/// A snapshot is named after a scenario and the claims that it depends on, never after a backend or a system, and says
/// what the scenario is.
#[test]
fn every_transcript_is_that_of_a_scenario() {
    for name in transcript_files() {
        let Some(stem) = name.strip_suffix(".snap") else { continue };
        let (of, claims) =
            stem.split_once('@').map_or((stem, Vec::new()), |(of, rest)| (of, rest.split('@').collect()));
        let scenario = catalogue().scenario(of);
        let scenario = scenario.unwrap_or_else(|| panic!("transcripts/{name} belongs to no scenario: remove it"));
        let claims: Vec<_> = claims.iter().filter_map(|claim| Some(claim.split_once('=')?.0)).collect();
        assert_eq!(claims, scenario.varies_by, "transcripts/{name} is not named after what its scenario varies by");
        let snapshot = insta::Snapshot::from_file(&transcripts().join(&name)).expect("a snapshot file");
        let title = snapshot.metadata().description();
        assert_eq!(title, Some(scenario.title.as_str()), "transcripts/{name} has an old title: accept it again");
    }
}

/// The sequence that everything grew from, byte for byte.
#[test]
fn the_sequence_is_the_documented_one() {
    let documented = "\
starting send_signals for [PID]
sending SIGHUP
yielding control
signal_handler('SIGHUP')
sending SIGHUP
yielding control
signal_handler('SIGHUP')
sending SIGUSR1
yielding control
signal_handler('SIGUSR1')
sending SIGINT
yielding control
signal_handler('SIGINT')
";
    let file = fs::read_to_string(transcripts().join("sequence.snap")).expect("the reviewed sequence");
    let (_, reviewed) = file.rsplit_once("\n---\n").expect("a header and the transcript");
    assert_eq!(reviewed, documented);
}
