//! Each scenario as a test of its own, for `cargo test` and for nextest. Every case is played in a process of its own, so
//! any number of them may run at once.

use std::{env, path::PathBuf, process::ExitCode, slice, sync::PoisonError};

use clap::{CommandFactory, FromArgMatches, Parser, value_parser};
use libtest_mimic::{Arguments, Trial};

use super::{
    explored::{Exploring, Played},
    outcome::outcome,
    wrong_use,
};
use crate::{
    catalogue::Catalogue,
    cli::{self, Documents},
    expectation,
    fixture::Fixture,
    report::github::{Place, Places},
    results::{Cell, Results},
    run::{self, Options, Plan, Selection},
};

/// What libtest takes, and the documents of a run.
#[derive(Debug, Parser)]
#[command(disable_version_flag = true)]
struct Flags {
    #[command(flatten)]
    libtest: Arguments,
    #[command(flatten)]
    documents: Documents,
    /// Play each scenario this often; every run must conform
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..))]
    repeat: u32,
    #[command(flatten)]
    explored: Exploring,
}

/// Runs the tests that the command line asks for.
pub(super) fn run(fixtures: Vec<Fixture>, gate: Place, folder: &str) -> ExitCode {
    let mut flags = match Flags::command()
        .try_get_matches_from(env::args_os())
        .and_then(|matches| Flags::from_arg_matches(&matches))
    {
        Ok(flags) => flags,
        Err(wrong) => cli::refuse(&wrong),
    };
    let threads = env::var("RUST_TEST_THREADS").ok().and_then(|threads| threads.parse().ok());
    flags.libtest.test_threads = flags.libtest.test_threads.or(threads);
    // Tests outlive every function but `main`, so what they share lives as long as the process.
    let fixtures: &'static [Fixture] = Box::leak(fixtures.into_boxed_slice());
    let plan = match plan(fixtures, &flags.libtest) {
        Ok(plan) => plan,
        Err(problem) => return wrong_use(&problem),
    };
    if !flags.libtest.list {
        cli::tell_panics();
        cli::stop_on_interrupt();
        if let Err(error) = flags.documents.check() {
            cli::complain(&error);
            return ExitCode::from(error.exit_status());
        }
    }
    let played: Played = Box::leak(Box::default());
    let trials = match flags.explored.trials(fixtures, flags.repeat, played) {
        Ok(explored) => explored.unwrap_or_else(|| scenarios(plan, flags.repeat, played)),
        Err(problem) => return wrong_use(&problem.to_string()),
    };
    let conclusion = libtest_mimic::run(&flags.libtest, trials);
    let mut cells = std::mem::take(&mut *played.lock().unwrap_or_else(PoisonError::into_inner));
    // A checkout may have been copied with what was built in it; cargo says where it runs the tests.
    let at_run_time = env::var_os("CARGO_MANIFEST_DIR");
    let places =
        Places { fixtures, gate: Some(gate), folder: at_run_time.map_or_else(|| folder.into(), PathBuf::from) };
    if !flags.libtest.list
        && let Err(error) = documents(&flags.documents, &mut cells, &places)
    {
        cli::complain(&error);
        return ExitCode::from(error.exit_status());
    }
    cli::interrupted().map_or_else(|| conclusion.exit_code(), ExitCode::from)
}

/// Each scenario as a test.
fn scenarios(plan: &'static Plan<'static>, repeat: u32, played: Played) -> Vec<Trial> {
    let options = Options { repeat, ..Options::default() };
    let trials = plan.cells().zip(0..).map(|((fixture, scenario, skip), at)| {
        let name = format!("{}::{}", fixture.name, scenario.name);
        let play = move || {
            let cell = plan.play(at, &options);
            let outcome = outcome(&cell);
            played.lock().unwrap_or_else(PoisonError::into_inner).push(cell);
            outcome
        };
        Trial::ignorable_test(name, play).with_ignored_flag(skip.is_some())
    });
    trials.collect()
}

/// The catalogue for these backends, or what is wrong with their expectations. A runner that starts this program anew for each
/// test asks for one exact name, and nothing else is read or planned then.
fn plan(fixtures: &'static [Fixture], asked: &Arguments) -> Result<&'static Plan<'static>, String> {
    let names: Vec<_> = Catalogue::embedded_names().collect();
    expectation::check_scenarios(fixtures.iter().flat_map(|fixture| &fixture.expectations), &names)
        .map_err(|error| error.to_string())?;
    let only = asked.filter.as_deref().filter(|_| asked.exact).and_then(|name| name.split_once("::"));
    let catalogue = Catalogue::embedded_where(|name| only.is_none_or(|(_, scenario)| scenario == name));
    let catalogue: &'static Catalogue = Box::leak(Box::new(catalogue.map_err(|error| error.to_string())?));
    let plan = run::plan(catalogue, fixtures, &Selection::default()).map_err(|error| error.to_string())?;
    Ok(Box::leak(Box::new(plan)))
}

/// Writes what the flags ask for, about the cells that were played.
fn documents(wanted: &Documents, cells: &mut Vec<Cell>, places: &Places<'_>) -> Result<(), cli::CliError> {
    if cells.is_empty() {
        return Ok(());
    }
    cells.sort_by(|a, b| (&a.backend, &a.scenario).cmp(&(&b.backend, &b.scenario)));
    let results = Results::of(std::mem::take(cells));
    wanted.write(slice::from_ref(&results), places)
}
