//! `regressions`: released versions with a known defect, each to be caught by the law that it names, and the first one
//! without the defect, which must pass the same scenarios. A check of our own eyes, on real libraries.

use std::fmt::Write;

use clap::{Args, value_parser};
use comfy_table::{ContentArrangement, Table, presets};

use super::{CliError, print, unless_interrupted};
use crate::{
    catalogue::Catalogue,
    exit_status,
    fixture::Fixture,
    regression::{Regression, Side},
    report::diagnosis,
    results::{Cell, Verdict},
    run::{self, Options, Selection},
    select::{self, NoMatch, Pattern},
    text,
};

/// Play released versions with a known defect, which must be caught, and their mended successors, which must pass.
#[derive(Debug, Default, Args)]
pub struct Regressions {
    /// Only these
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<Pattern>,
    /// Play each scenario this often; every run must be caught, or pass
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..))]
    pub repeat: u32,
}

/// A regression and its programs, as far as this system has them.
#[derive(Debug)]
pub struct Built {
    /// What it is about.
    pub regression: Regression,
    /// The broken and the fixed program, or why it cannot be played here.
    pub programs: Result<[Fixture; 2], String>,
}

/// What became of one regression.
struct Row<'a> {
    regression: &'a Regression,
    /// The cells of the broken and of the fixed version, or why there are none.
    cells: Result<[Vec<Cell>; 2], &'a str>,
}

impl Regressions {
    /// The regressions that are meant.
    ///
    /// # Errors
    /// [`NoMatch`] when a pattern means none.
    pub fn select<'a>(&self, all: &'a [Regression]) -> Result<Vec<&'a Regression>, NoMatch> {
        select::select("regression", all, |regression| &regression.name, &self.only)
    }

    /// Runs the command on what was built; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing could be run.
    pub fn run(&self, catalogue: &Catalogue, built: &[Built]) -> Result<u8, CliError> {
        let rows = built.iter().map(|built| self.play(catalogue, built)).collect::<Result<Vec<_>, _>>()?;
        let wrong: Vec<_> = rows.iter().filter(|row| !row.is_as_it_should_be()).collect();
        let mut text = format!("{}\n", table(&rows));
        rows.iter().filter_map(Row::skip).for_each(|line| text += &line);
        wrong.iter().for_each(|row| text += &row.explanation());
        let skipped = rows.iter().filter(|row| row.cells.is_err()).count();
        let right = rows.len() - wrong.len() - skipped;
        let _ = writeln!(
            text,
            "\n{} regressions: {right} caught and mended, {} not, {skipped} skipped",
            rows.len(),
            wrong.len()
        );
        print(&text::printable(&text))?;
        let status = match wrong.as_slice() {
            [] => exit_status::CONFORMING,
            wrong if wrong.iter().any(|row| row.all().any(|cell| cell.verdict == Verdict::Error)) => {
                exit_status::ENGINE
            }
            _ => exit_status::NOT_CONFORMING,
        };
        Ok(unless_interrupted(status))
    }

    fn play<'a>(&self, catalogue: &Catalogue, built: &'a Built) -> Result<Row<'a>, CliError> {
        let Built { regression, programs } = built;
        let [broken, fixed] = match programs {
            Ok(programs) => programs,
            Err(reason) => return Ok(Row { regression, cells: Err(reason) }),
        };
        let cells = |fixture: &Fixture| {
            let mut plan = run::plan(catalogue, std::slice::from_ref(fixture), &Selection::default())?;
            plan.retain(|_, scenario| regression.manifest.scenarios.get_ref().contains(&scenario.name));
            let options = Options { repeat: self.repeat.max(1), ..Options::default() };
            Ok::<_, CliError>(plan.run(&options, |_| {}).results)
        };
        let cells = [cells(broken)?, cells(fixed)?];
        let row = Row { regression, cells: Ok(cells) };
        eprintln!(
            "{}: {}",
            text::name(&regression.name),
            if row.is_as_it_should_be() { "done" } else { "NOT as it should be" }
        );
        Ok(row)
    }
}

impl Row<'_> {
    fn is_as_it_should_be(&self) -> bool {
        self.cells.is_err() || Side::BOTH.into_iter().all(|side| self.is_right(side))
    }

    /// Every scenario was played on this side, and is as it should be.
    fn is_right(&self, side: Side) -> bool {
        let wanted = self.regression.manifest.scenarios.get_ref().len();
        self.of(side).filter(|cell| self.is_right_in(side, cell)).count() == wanted
    }

    /// A broken version that passes sometimes is not caught, nor is one that breaks only what else the defect may break; and one
    /// that breaks any other law is not understood.
    fn is_right_in(&self, side: Side, cell: &Cell) -> bool {
        let law = self.regression.law();
        match side {
            Side::Broken => {
                let is_caught = cell.violations.iter().any(|violation| violation.law == law);
                is_caught && cell.verdict == Verdict::Xfail && cell.outcomes.iter().all(|outcome| !outcome.allowed)
            }
            Side::Fixed => cell.verdict == Verdict::Pass,
        }
    }

    fn of(&self, side: Side) -> impl Iterator<Item = &Cell> {
        self.cells.iter().flat_map(move |cells| &cells[side as usize])
    }

    fn all(&self) -> impl Iterator<Item = &Cell> {
        Side::BOTH.into_iter().flat_map(|side| self.of(side))
    }

    fn skip(&self) -> Option<String> {
        let reason = self.cells.as_ref().err()?;
        Some(format!("{}: skipped: {reason}\n", self.regression.name))
    }

    /// What is not as it should be, and what should be.
    fn explanation(&self) -> String {
        let mut text = String::new();
        for side in Side::BOTH {
            for cell in self.of(side).filter(|cell| !self.is_right_in(side, cell)) {
                text += &diagnosis::plain(cell);
                let Regression { name, manifest, .. } = self.regression;
                let (package, version, scenario) = (&manifest.package, self.regression.version(side), &cell.scenario);
                let wanted = match side {
                    Side::Broken => {
                        let also: String =
                            manifest.also.iter().map(|law| format!(" (and may break {})", law.get_ref())).collect();
                        format!("must break {}{also}, and nothing else, in every run", self.regression.law())
                    }
                    Side::Fixed => "must pass".to_owned(),
                };
                let reason = cell.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
                let _ = writeln!(
                    text,
                    "{name}: {package} {version} {wanted}, and in {scenario} is {}{reason}",
                    cell.verdict
                );
            }
        }
        text
    }
}

fn table(rows: &[Row<'_>]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled).set_header([
        "regression",
        "defective",
        "caught by",
        "in",
        "mended",
        "",
        "upstream",
    ]);
    for row in rows {
        let Regression { name, manifest, .. } = row.regression;
        let [caught, passes] = Side::BOTH.map(|side| row.is_right(side));
        let (caught, passes) = match row.cells {
            Err(_) => ("(skipped)", "(skipped)"),
            Ok(_) => (if caught { row.regression.law() } else { "ESCAPED" }, if passes { "passes" } else { "FAILS" }),
        };
        let version = |side| format!("{} {}", manifest.package, row.regression.version(side));
        table.add_row([
            name.clone(),
            version(Side::Broken),
            caught.to_owned(),
            manifest.scenarios.get_ref().join(", "),
            version(Side::Fixed),
            passes.to_owned(),
            manifest.issue.get_ref().clone(),
        ]);
    }
    table
}
