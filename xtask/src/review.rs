//! `cargo xtask review`: pending snapshots, judged first, then shown one by one by cargo-insta.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use sigconform::{catalogue::Catalogue, exit_status, text};
use xtask::{checkout::Checkout, fixtures, pending};

/// Where the reviewed transcripts lie, from the root of the workspace.
const TRANSCRIPTS: &str = "snapshots/transcripts";

/// Review pending snapshots with cargo-insta, once the judge has let their transcripts through.
#[derive(Debug, Args)]
pub struct Review {
    /// Only list them
    #[arg(long)]
    list: bool,
    /// Judge the pending transcripts of this folder; for our own tests
    #[arg(long, value_name = "FOLDER", hide = true)]
    transcripts: Option<PathBuf>,
}

impl Review {
    /// Runs the command; returns cargo-insta's exit status, or that a pending transcript is forbidden.
    pub fn run(&self, catalogue: &Catalogue) -> Result<u8> {
        let installed = duct::cmd!("cargo", "insta", "--version").stdout_null().stderr_null().unchecked().run()?;
        if !installed.status.success() {
            bail!("cargo-insta is not installed; install it with: cargo install --locked cargo-insta");
        }
        let root = &Checkout::here()?.root;
        let transcripts = self.transcripts.clone().unwrap_or_else(|| root.join(TRANSCRIPTS));
        if !self.list && !is_lawful(&transcripts, catalogue)? {
            return Ok(exit_status::NOT_CONFORMING);
        }
        let action = if self.list { "pending-snapshots" } else { "review" };
        let output = duct::cmd!("cargo", "insta", action).dir(root).unchecked().run()?;
        Ok(output.status.code().and_then(|code| code.try_into().ok()).unwrap_or(1))
    }
}

/// Judges what is pending in a folder, and says what must not be accepted.
fn is_lawful(folder: &Path, catalogue: &Catalogue) -> Result<bool> {
    let files = pending::files(folder)?;
    if files.is_empty() {
        return Ok(true);
    }
    eprintln!("playing the scenarios of {} pending transcripts again, to judge them", files.len());
    let refused = pending::refused(&files, catalogue, &fixtures::build()?)?;
    for pending::Refused { file, reason } in &refused {
        // Whoever proposes it chose the name of the file and the words in it.
        let (file, remove) = (text::path(file), text::quoted(file.as_os_str()));
        eprintln!("refused: {file}: {}\nremove it: rm {remove}\n", text::printable(reason));
    }
    Ok(refused.is_empty())
}
