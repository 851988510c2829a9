//! The judge: any events, of any scenario of the catalogue, under any claims. It comes to an end, and points into the
//! transcript.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sigconform_fuzz::properties::{CATALOGUE, check_judged};

fuzz_target!(|choices: (usize, &[u8])| {
    let (scenario, choices) = choices;
    let _ = check_judged(&CATALOGUE.scenarios[scenario % CATALOGUE.scenarios.len()], choices);
});
