//! Every known failure of this repository exists and is explained in docs/findings.md.

use std::{fs, path::Path};

use sigconform::{
    catalogue::Catalogue,
    expectation,
    fixture::{self, Manifest},
};

#[test]
fn every_known_failure_of_this_repository_exists_and_is_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let findings = fs::read_to_string(root.join("docs/findings.md")).expect("docs/findings.md");
    let catalogue = Catalogue::embedded().expect("the embedded catalogue");
    let scenarios: Vec<_> = catalogue.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    let mut seen = 0;
    for folder in fixture::folders(&root.join("fixtures")).expect("the fixtures") {
        // The program is not started, so it need not be built.
        let manifest = Manifest::read(&folder).expect("a right manifest");
        for fixture in manifest.fixtures(&folder, &folder).expect("a right fixture") {
            expectation::check_scenarios(&fixture.expectations, &scenarios).expect("scenarios that exist");
            for known in &fixture.expectations {
                let title = format!("`{} / {}`", known.backend, known.scenario);
                assert!(findings.contains(&title), "docs/findings.md does not mention {title}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 7, "{seen}");
}
