//! The scenario loader: any text is a scenario, which then has a script and can be judged, or an error that names the file.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| sigconform_fuzz::properties::check_scenario(text));
