//! `cargo xtask`: builds the fixtures of this repository and hands them to the harness.

// Files that others name are read through one door: clippy.toml.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod adopters;
mod ci;
mod cross;
mod package;
mod readme;
mod review;
mod tools;
mod workflows;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sigconform::{
    catalogue::Catalogue,
    cli::{self, Broken, CliError, Conform, Correct, Explain, Explore, List, Merge, Regressions, RunCell},
    exit_status,
};
use sigconform_bench::{Bench, Soak};
use xtask::fixtures;

/// Plays every scenario on every backend of this repository, and judges.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Xtask {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    conform: Conform,
}

#[derive(Debug, Subcommand)]
enum Command {
    Conform(Conform),
    Run(RunCell),
    List(List),
    Explain(Explain),
    Review(review::Review),
    Merge(Merge),
    Readme(readme::Readme),
    Broken(Broken),
    Correct(Correct),
    Explore(Explore),
    Regressions(Regressions),
    Bench(Bench),
    Soak(Soak),
    Cross(cross::Options),
    /// Package the published crates; build and test them from the packages alone
    Package,
    /// Run the adopters of examples/adopters with the packaged crates
    Adopters,
    Ci(ci::Ci),
}

fn main() -> ExitCode {
    cli::tell_panics();
    let Xtask { command, conform } = Xtask::try_parse().unwrap_or_else(|wrong| cli::refuse(&wrong));
    match run(command.unwrap_or(Command::Conform(conform))) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            cli::complain(&format_args!("{error:#}"));
            let known = error.downcast_ref::<CliError>();
            let status = known.map_or(exit_status::ENGINE, CliError::exit_status);
            // A build that fails because we were told to stop says nothing about the code.
            ExitCode::from(cli::interrupted().unwrap_or(status))
        }
    }
}

fn run(command: Command) -> anyhow::Result<u8> {
    match command {
        Command::Conform(conform) => {
            cli::stop_on_interrupt();
            // Before the build, which may take minutes.
            conform.documents.check()?;
            Ok(conform.run(&Catalogue::embedded()?, &fixtures::build()?)?)
        }
        Command::Run(cell) => {
            cli::stop_on_interrupt();
            Ok(cell.run(&Catalogue::embedded()?, &fixtures::build()?)?)
        }
        Command::List(list) => {
            cli::stop_on_interrupt();
            Ok(list.run(&Catalogue::embedded()?, &fixtures::build()?)?)
        }
        Command::Explain(explain) => {
            cli::stop_on_interrupt();
            Ok(explain.run(&Catalogue::embedded()?, &fixtures::build()?)?)
        }
        Command::Review(review) => {
            cli::stop_on_interrupt();
            review.run(&Catalogue::embedded()?)
        }
        Command::Merge(merge) => Ok(merge.run()?),
        Command::Readme(readme) => {
            cli::stop_on_interrupt();
            readme.run(&Catalogue::embedded()?)
        }
        Command::Broken(broken) => {
            cli::stop_on_interrupt();
            Ok(broken.run(&Catalogue::embedded()?, &fixtures::build()?)?)
        }
        Command::Correct(correct) => {
            cli::stop_on_interrupt();
            Ok(correct.run(&Catalogue::embedded()?, &fixtures::build()?)?)
        }
        Command::Explore(explore) => {
            cli::stop_on_interrupt();
            Ok(explore.run(&fixtures::build()?)?)
        }
        Command::Regressions(regressions) => {
            cli::stop_on_interrupt();
            xtask::regressions::run(&regressions)
        }
        Command::Bench(bench) => {
            cli::stop_on_interrupt();
            let floor = fixtures::program("sigconform-bench", "sigtimedwait")?;
            bench.run(&Catalogue::embedded()?, &fixtures::build()?, &floor).map(|()| exit_status::CONFORMING)
        }
        Command::Soak(soak) => {
            cli::stop_on_interrupt();
            let is_good = soak.run(&Catalogue::embedded()?, &fixtures::build()?)?;
            Ok(if is_good { exit_status::CONFORMING } else { exit_status::NOT_CONFORMING })
        }
        Command::Cross(options) => cross::run(&options).map(|()| exit_status::CONFORMING),
        Command::Package => package::run().map(|()| exit_status::CONFORMING),
        Command::Adopters => adopters::run().map(|()| exit_status::CONFORMING),
        Command::Ci(ci) => ci.run().map(|()| exit_status::CONFORMING),
    }
}
