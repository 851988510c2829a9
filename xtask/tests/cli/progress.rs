//! Progress: plain lines in a log, a bar on a terminal.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::OwnedFd,
    process::Stdio,
    thread,
};

use nix::pty::{Winsize, openpty};

use crate::said::{command, xtask};

const ARGS: [&str; 7] = ["conform", "--backend", "self-pipe", "--scenario", "sequence", "--scenario", "refusal"];

#[test]
fn without_a_terminal_there_are_plain_lines() {
    let said = xtask(&ARGS);
    said.assert_status(0);
    assert_eq!(said.stderr, "self-pipe: done\n");
    assert!(!said.stdout.contains('\u{1b}'), "{:?}", said.stdout);
}

#[test]
fn without_a_terminal_a_line_counts_what_is_wrong() {
    let said = xtask(&["conform", "--backend", "broken-doubles", "--scenario", "sequence"]);
    assert_eq!(said.stderr, "broken-doubles: done, 1 not as it should be\n");
}

#[test]
fn on_a_terminal_there_is_a_bar_that_is_gone_in_the_end() {
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(&size, None).expect("a pseudo-terminal");
    let mut xtask = command(&ARGS);
    xtask.env("TERM", "xterm").env_remove("NO_COLOR").stdout(Stdio::null()).stderr(pty.slave);
    let mut child = xtask.spawn().expect("the program starts");
    // Our own copies of the slave would keep the terminal open.
    drop(xtask);
    let shown = thread::spawn(move || read_all(pty.master));
    assert!(child.wait().expect("the program ends").success());
    let shown = shown.join().expect("what was shown");
    assert!(shown.contains("self-pipe / "), "no cell was named: {shown:?}");
    assert!(shown.contains('█') || shown.contains('░'), "no bar: {shown:?}");
    assert!(!shown.contains("self-pipe: done"), "lines beside the bar: {shown:?}");
    assert!(
        shown.trim_end_matches('\r').ends_with("\u{1b}[2K") || shown.ends_with("\u{1b}[K"),
        "the bar stays: {shown:?}"
    );
}

/// Until the terminal is closed: the end of a file on some systems, an error on Linux.
fn read_all(master: OwnedFd) -> String {
    let (mut master, mut shown, mut buffer) = (File::from(master), Vec::new(), [0; 4096]);
    loop {
        match master.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => shown.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&shown).into_owned()
}
