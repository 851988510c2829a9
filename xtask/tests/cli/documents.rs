//! The JSON results: what is written is what was printed, conforms to the schema, and does not depend on the jobs.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use crate::said::{NOT_CONFORMING, Said, xtask};

/// Scenarios whose transcripts are the same in every run, whatever the backend.
const STEADY: [&str; 5] = ["sequence", "interleaving", "refusal", "run-to-completion", "idle-wakeup"];

/// Runs `conform` with these options and the steady scenarios; what it said, and the document that it wrote.
fn conform(options: &[&str]) -> (Said, Value) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("results.json");
    let mut args = vec!["conform", "--json", file.to_str().expect("a path of text")];
    args.extend(STEADY.iter().flat_map(|name| ["--scenario", name]));
    args.extend(options);
    let said = xtask(&args);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}\n{}\n{}", said.stdout, said.stderr));
    (said, serde_json::from_str(&text).expect("JSON"))
}

fn cells(document: &Value) -> &Vec<Value> {
    document["results"].as_array().expect("an array of cells")
}

#[test]
fn the_json_results_conform_to_the_schema_and_say_what_was_printed() {
    let backends = ["--backend", "self-pipe", "--backend", "kqueue", "--backend", "broken-doubles"];
    let (said, document) = conform(&backends);
    said.assert_status(NOT_CONFORMING);

    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema/results.schema.json");
    let schema = serde_json::from_str(&fs::read_to_string(schema).expect("the schema")).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a valid schema");
    let problems: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    let mut wrong = document.clone();
    wrong["results"][0]["verdict"] = json!("fine");
    assert!(!validator.is_valid(&wrong), "the schema accepts anything");

    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["platform"]["os"], std::env::consts::OS);
    let asked: BTreeSet<_> =
        ["self-pipe", "kqueue", "broken-doubles"].iter().flat_map(|b| STEADY.iter().map(move |s| (*b, *s))).collect();
    let found: BTreeSet<_> = cells(&document)
        .iter()
        .map(|cell| (cell["backend"].as_str().unwrap(), cell["scenario"].as_str().unwrap()))
        .collect();
    assert_eq!(found, asked);
    // The last line of the report but one counts what the document holds, the last says what to do about it.
    let [last, next] = said.stdout.lines().collect::<Vec<_>>()[..].last_chunk().copied().unwrap_or_default();
    assert!(next.starts_with("next: play it again") && next.contains("cargo xtask run broken-doubles "), "{next}");
    for verdict in ["pass", "fail", "skip"] {
        let count = cells(&document).iter().filter(|cell| cell["verdict"] == verdict).count();
        assert!(count > 0, "no {verdict}: {last}");
        assert!(last.split(", ").any(|part| part == format!("{count} {verdict}")), "{count} {verdict}: {last}");
    }
}

/// What a run found, without what the clock said.
fn findings(document: &Value) -> Vec<Value> {
    let mut cells = cells(document).clone();
    for cell in &mut cells {
        let cell = cell.as_object_mut().expect("a cell");
        assert!(cell.remove("duration_us").is_some());
        for outcome in cell["outcomes"].as_array_mut().expect("outcomes") {
            outcome.as_object_mut().expect("an outcome").remove("timeline");
        }
    }
    cells
}

#[test]
fn results_are_the_same_however_many_jobs_run() {
    let backends = ["asyncio", "kqueue", "self-pipe", "signalfd", "tokio-current-thread", "tokio-multi-thread-spawned"];
    let broken = ["broken-doubles", "broken-in-signal-handler", "broken-wrong-handler"];
    let all: Vec<_> = backends.iter().chain(&broken).flat_map(|name| ["--backend", name]).collect();
    let (alone, one) = conform(&[&all[..], &["--jobs", "1"]].concat());
    let (crowded, eight) = conform(&[&all[..], &["--jobs", "8"]].concat());
    assert_eq!(alone.status, crowded.status);
    let (one, eight) = (findings(&one), findings(&eight));
    assert!(one.iter().any(|cell| cell["verdict"] == "fail") && one.iter().any(|cell| cell["verdict"] == "pass"));
    assert_eq!(one.len(), eight.len());
    for (one, eight) in one.iter().zip(&eight) {
        assert_eq!(one, eight);
    }
}
