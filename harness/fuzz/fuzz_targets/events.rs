//! The protocol's parser: any line is an event or an error, and an event is the same when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| sigconform_fuzz::properties::check_event(line));
