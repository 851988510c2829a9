//! The protocol's parser: any line is an event or an error, and an event is the same when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sigconform_fixture::Event;

fuzz_target!(|line: &[u8]| {
    if let Ok(event) = serde_json::from_slice::<Event>(line) {
        let written = serde_json::to_vec(&event).expect("an event is plain data");
        assert_eq!(serde_json::from_slice::<Event>(&written).ok(), Some(event));
    }
});
