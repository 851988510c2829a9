//! A panic amid a case: only Linux shows whether anything of the case is left.

use std::{ffi::OsStr, fs, num::NonZeroUsize};

use sigconform_fixture::Description;

use crate::{
    catalogue::Catalogue,
    drive::PANICS,
    fault::Fault,
    fixture::Fixture,
    results::Verdict,
    run::{Options, Selection, plan},
};

/// It panics while a fixture plays, which has a daemon of its own.
#[test]
fn the_next_cell_is_played_and_nothing_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let pids = folder.path().join("pids");
    let told = concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/thrice.jsonl");
    let playing = [
        ("a-panic", format!("setsid sleep 1000 & echo $$ $! > \"$1\"; echo {PANICS}; exec sleep 1000")),
        ("then-another", "cat \"$2\"".to_owned()),
    ];
    let paths = [pids.as_os_str(), told.as_ref()];
    let fixtures = playing.map(|(name, play)| {
        let described = serde_json::to_string(&Description::new(name, "sh", "1")).expect("plain data");
        let script = format!("if test \"$3\" = describe; then echo '{described}'; else read script; {play}; fi");
        let command = ["/bin/sh", "-c", &script, name].map(AsRef::as_ref);
        Fixture::new(name, command.into_iter().chain(paths).map(OsStr::to_owned).collect())
    });
    let catalogue = Catalogue::embedded().expect("the embedded catalogue");
    let selection = Selection { scenarios: vec!["burst-2".parse().expect("a pattern")], ..Selection::default() };
    let plan = plan(&catalogue, &fixtures, &selection).expect("the scenario is there");
    let cells = plan.run(&Options { jobs: NonZeroUsize::MIN, ..Options::default() }, |_| {}).results;
    let reason = cells[0].reason.clone().unwrap_or_default();
    assert_eq!((cells[0].verdict, cells[0].fault), (Verdict::Error, Some(Fault::Engine)), "{reason}");
    assert!(reason.starts_with("the engine panicked"), "{reason}");
    assert_eq!(cells[1].verdict, Verdict::Fail, "{:?}", cells[1].reason);
    assert_eq!(cells[1].violations[0].law, "once-per-send");
    let pids = fs::read_to_string(&pids).expect("it was played");
    let living = |pid: &&str| fs::exists(format!("/proc/{pid}")).is_ok_and(|is_there| is_there);
    assert_eq!(pids.split_whitespace().count(), 2, "{pids}");
    assert_eq!(pids.split_whitespace().find(living), None);
}
