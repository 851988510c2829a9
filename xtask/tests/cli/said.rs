//! Running the program, and what it said.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// The statuses that scripts rely on, spelled here once more: a change of one must not go unseen.
pub const NOT_CONFORMING: i32 = 1;
pub const USAGE: i32 = 2;
pub const ENGINE: i32 = 3;

pub struct Said {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The program, started in the workspace without a terminal.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(args).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace"));
    command.env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command
}

pub fn run(mut command: Command) -> Said {
    let output = command.output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Said { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub fn xtask(args: &[&str]) -> Said {
    run(command(args))
}

impl Said {
    pub fn assert_status(&self, wanted: i32) {
        assert_eq!(self.status, Some(wanted), "{}\n{}", self.stdout, self.stderr);
    }

    pub fn assert_stdout(&self, wanted: &str) {
        assert!(self.stdout.contains(wanted), "`{wanted}` is not in:\n{}", self.stdout);
    }

    pub fn assert_stderr(&self, wanted: &str) {
        assert!(self.stderr.contains(wanted), "`{wanted}` is not in:\n{}", self.stderr);
    }
}
