//! Programs that a test writes and then starts.
//!
//! A file that somebody has open to write to cannot be executed: `ETXTBSY`. Test programs run their tests at once, and each
//! process that one of them starts has, until its own `exec`, whatever another had open at that moment. So a file that is to be
//! executed is written by a process of its own, from which nobody else has it.
//!
//! Source: execve(2), `ETXTBSY`; fork(2), on descriptors.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// Writes a program with this text.
///
/// # Panics
/// When it cannot.
pub fn write(program: &Path, text: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", "cat >\"$0\" && chmod 755 \"$0\""]).arg(program).stdin(Stdio::piped());
    let mut shell = shell.spawn().expect("a shell");
    shell.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    assert!(shell.wait().expect("its end").success(), "{} is not written", program.display());
}
