//! The scenario loader: any text is a scenario, which then has a script, or an error that names the file.

#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use sigconform::catalogue::Catalogue;
use sigconform_fixture::Claims;

const REQUIREMENT: &str = "[[requirement]]\nslug = \"r\"\ngroup = \"sequence\"\nlevel = \"must\"\nstatement = \"s\"\nsource = \"s\"\n";

fuzz_target!(|text: &str| {
    match Catalogue::parse(REQUIREMENT, [(PathBuf::from("fuzzed.toml"), text)]) {
        Ok(catalogue) => {
            for scenario in &catalogue.scenarios {
                let _ = scenario.part(&Claims::default());
            }
        }
        Err(error) => assert!(error.to_string().contains("fuzzed"), "{error}"),
    }
});
