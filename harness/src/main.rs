//! The program `sigconform`: the harness for whoever has a fixture and no `cargo xtask`.

// Files that others name are read through one door: clippy.toml.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sigconform::{
    catalogue::Catalogue,
    cli::{self, Check, CliError, Explain, ExploreAny, Init, List, Merge, RunAny},
};

/// Does a library hand Unix signals to its event loop as its documentation says?
#[derive(Debug, Parser)]
#[command(name = "sigconform", version, max_term_width = 100)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(RunAny),
    Explore(ExploreAny),
    Init(Init),
    Check(Check),
    Merge(Merge),
    List(List),
    Explain(Explain),
}

fn main() -> ExitCode {
    cli::tell_panics();
    let Program { command } = Program::try_parse().unwrap_or_else(|wrong| cli::refuse(&wrong));
    cli::stop_on_interrupt();
    match run(command) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            cli::complain(&error);
            ExitCode::from(cli::interrupted().unwrap_or_else(|| error.exit_status()))
        }
    }
}

fn run(command: Command) -> Result<u8, CliError> {
    match command {
        Command::Run(run) => run.run(&Catalogue::embedded()?),
        Command::Explore(explore) => explore.run(),
        Command::Init(init) => init.run(),
        Command::Check(check) => check.run(&Catalogue::embedded()?),
        Command::Merge(merge) => merge.run(),
        Command::List(list) => list.run(&Catalogue::embedded()?, &[]),
        Command::Explain(explain) => explain.run(&Catalogue::embedded()?, &[]),
    }
}
