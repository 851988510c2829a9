//! Which pending transcripts may be reviewed: what a backend gives and the judge lets through, and nothing else.

use std::{fs, path::Path, sync::OnceLock};

use sigconform::{
    catalogue::Catalogue,
    fixture::Fixture,
    results::Verdict,
    run::{self, Options, Selection},
};
use xtask::{fixtures, pending};

fn catalogue() -> Catalogue {
    Catalogue::embedded().expect("the embedded catalogue")
}

fn built() -> &'static [Fixture] {
    static BUILT: OnceLock<Vec<Fixture>> = OnceLock::new();
    BUILT.get_or_init(|| fixtures::build().expect("the fixtures"))
}

/// Why a pending transcript of this name is refused.
fn refusal(name: &str, transcript: &str) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join(format!("{name}.snap.new"));
    fs::write(&file, format!("---\nsource: snapshots/src/lib.rs\n---\n{transcript}")).expect("a file");
    let files = pending::files(folder.path()).expect("the folder");
    assert_eq!(files, [file]);
    let refused = pending::refused(&files, &catalogue(), built()).expect("it can be judged");
    refused.into_iter().next().map(|refused| refused.reason)
}

fn reviewed(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../snapshots/transcripts").join(format!("{name}.snap"));
    let text = fs::read_to_string(file).expect("the reviewed transcript");
    text.rsplit_once("\n---\n").expect("a header").1.to_owned()
}

#[test]
fn what_a_backend_lawfully_gives_may_be_reviewed() {
    assert_eq!(refusal("sequence", &reviewed("sequence")), None);
    assert_eq!(refusal("burst-5@burst=every", &reviewed("burst-5@burst=every")), None);
}

#[test]
fn a_transcript_that_nobody_gives_is_refused() {
    let forged = reviewed("sequence").replacen("signal_handler('SIGUSR1')", "signal_handler('SIGINT')", 1);
    let reason = refusal("sequence", &forged).expect("it is refused");
    assert!(reason.starts_with("no backend gives this transcript: ") && reason.contains("self-pipe"), "{reason}");
}

#[test]
fn the_transcript_of_other_claims_is_refused() {
    let reason = refusal("burst-5@burst=every", &reviewed("burst-5@burst=at-least-one")).expect("it is refused");
    assert!(reason.starts_with("no backend gives this transcript: "), "{reason}");
}

/// What a backend really gave, and the judge forbids: the law is named.
#[test]
fn a_forbidden_transcript_is_refused_by_its_law() {
    let selection = Selection {
        backends: vec!["self-pipe".parse().expect("a name")],
        scenarios: vec!["fork".parse().expect("a name")],
        ..Selection::default()
    };
    let catalogue = catalogue();
    let plan = run::plan(&catalogue, built(), &selection).expect("a plan");
    let cell = plan.run(&Options::default(), |_| {}).results.remove(0);
    assert_eq!(cell.verdict, Verdict::Xfail, "self-pipe no longer handles its child's signals in the parent");
    let reason = refusal("fork", &cell.outcomes[0].transcript).expect("it is refused");
    assert!(reason.starts_with("the judge forbids it:\n") && reason.contains("error[fork-isolated]"), "{reason}");
}

#[test]
fn what_belongs_to_nothing_is_refused() {
    let reason = refusal("no-such-scenario", "anything\n").expect("it is refused");
    assert_eq!(reason, "there is no scenario `no-such-scenario`");
    let reason = refusal("burst-5@burst=sometimes", "anything\n").expect("it is refused");
    assert!(reason.starts_with("no backend that is here makes the claims"), "{reason}");
}
