//! What holds of whatever others write. The fuzz targets in `harness/fuzz` check these, and so do the tests beside this
//! file, on what proptest can think of in a second.

use std::{path::PathBuf, sync::LazyLock};

use sigconform::{
    catalogue::{Catalogue, Scenario},
    contract::{Claims, Event},
    judge::{Unjudgeable, Violation, judge, law},
    results::Timeline,
    transcript::is_harmless,
};

use super::played::{Played, play};

pub static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::embedded().expect("the embedded catalogue"));

const REQUIREMENT: &str =
    "[[requirement]]\nslug = \"r\"\ngroup = \"sequence\"\nlevel = \"must\"\nstatement = \"s\"\nsource = \"s\"\n";

/// What is an event is one still when it is written and read again.
pub fn check_event(line: &[u8]) {
    if let Ok(event) = serde_json::from_slice::<Event>(line) {
        let written = serde_json::to_vec(&event).expect("an event is plain data");
        assert_eq!(serde_json::from_slice::<Event>(&written).ok(), Some(event));
    }
}

/// What is a scenario has a script and can be judged, and what is none has an error that names the file.
pub fn check_scenario(text: &str) {
    match Catalogue::parse(REQUIREMENT, [(PathBuf::from("fuzzed.toml"), text)]) {
        Ok(catalogue) => {
            for scenario in &catalogue.scenarios {
                let _ = scenario.part(&Claims::default());
                let _ = check_judged(scenario, text.as_bytes());
            }
        }
        Err(error) => assert!(error.to_string().contains("fuzzed"), "{error}"),
    }
}

/// Whatever a fixture writes, and whatever its backend claims, the judge comes to an end and points into the transcript.
pub fn check_judged(scenario: &Scenario, choices: &[u8]) -> Result<Vec<Violation>, Unjudgeable> {
    let Played { claims, part, transcript } = play(scenario, choices);
    for event in &transcript.events {
        check_event(&serde_json::to_vec(event).expect("an event is plain data"));
    }
    let (lines, judged) = (transcript.lines().len(), judge(&transcript, &part, &scenario.start, &claims));
    match &judged {
        Ok(violations) => {
            for Violation { law, message, line, allowed, source } in violations {
                assert!(law::find(law).is_some(), "{law}");
                assert!(*line <= lines, "{law}: line {line} of {lines}");
                assert!(message.chars().all(is_harmless), "{law}: {message:?}");
                assert!(!allowed.is_empty() && !source.is_empty(), "{law}: {message}");
            }
        }
        Err(Unjudgeable::OffScript { line, .. }) => assert!(*line <= lines, "line {line} of {lines}"),
        Err(_) => {}
    }
    // What is made of it afterwards.
    let _ = (transcript.canonical(&claims), Timeline::of(&transcript));
    judged
}
