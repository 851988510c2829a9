//! How the judge says numbers and threads.

use crate::transcript::ThreadState;

pub(super) fn describe(threads: &[ThreadState]) -> String {
    if threads.is_empty() {
        return "no thread is shown".to_owned();
    }
    threads.iter().map(|thread| format!("{} {}", thread.name, thread.doing)).collect::<Vec<_>>().join("; ")
}

pub(super) fn times(count: u64) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        n => format!("{n} times"),
    }
}
