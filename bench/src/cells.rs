//! The cells that are measured: those that a bare run can play too, to the end.

use std::ops::Deref;

use anyhow::Result;
use sigconform::{
    catalogue::{Catalogue, Part, Scenario, Start},
    description,
    drive::{Driver, Limits},
    fixture::Fixture,
    judge,
    transcript::Ending,
};
use sigconform_fixture::{Claims, Step};

use crate::{bare, check_interrupt};

/// One backend in one scenario.
pub(crate) struct Cell<'a> {
    pub(crate) fixture: &'a Fixture,
    pub(crate) scenario: &'a Scenario,
    language: String,
    claims: Claims,
    part: Part,
    script: Vec<u8>,
}

/// Every cell that passes here and needs neither a terminal nor an odd start.
pub(crate) struct Cells<'a> {
    cells: Vec<Cell<'a>>,
    /// How many passing ones that leaves out.
    pub(crate) left_out: usize,
}

impl<'a> Deref for Cells<'a> {
    type Target = [Cell<'a>];

    fn deref(&self) -> &[Cell<'a>] {
        &self.cells
    }
}

impl<'a> Cells<'a> {
    /// Those whose program starts without an interpreter or a runtime.
    pub(crate) fn native(&self) -> Vec<&Cell<'a>> {
        self.iter().filter(|cell| matches!(cell.language.as_str(), "Rust" | "C" | "C++")).collect()
    }
}

/// Plays every cell once to see which they are.
pub(crate) fn comparable<'a>(catalogue: &'a Catalogue, fixtures: &[&'a Fixture]) -> Result<Cells<'a>> {
    let (mut cells, mut left_out) = (Vec::new(), 0);
    let mut driver = Driver::new();
    for fixture in fixtures {
        let description = description::with(&mut driver, fixture)?;
        let os = std::env::consts::OS;
        if description.why_not_on(os).is_some() {
            continue;
        }
        for scenario in &catalogue.scenarios {
            let part = scenario.part(&description.claims);
            let can = |step: &Step| description.steps.iter().any(|name| name == step.name());
            if scenario.why_not(&description.claims, os).is_some() || !part.script.steps.iter().all(can) {
                continue;
            }
            let mut script = serde_json::to_vec(&part.script)?;
            script.push(b'\n');
            let (claims, language) = (description.claims.clone(), description.language.clone());
            let cell = Cell { fixture, scenario, language, claims, part, script };
            check_interrupt()?;
            if cell.passes(&mut driver) {
                if cell.is_bare() {
                    cells.push(cell);
                } else {
                    left_out += 1;
                }
            }
        }
    }
    Ok(Cells { cells, left_out })
}

impl Cell<'_> {
    /// Drives the fixture through the script and judges: what a case costs.
    pub(crate) fn drive(&self, driver: &mut Driver) -> Result<bool> {
        let start = &self.scenario.start;
        let transcript = driver.play(self.fixture, start, &self.part.script, &Limits::default())?;
        let violations = judge::judge(&transcript, &self.part, start, &self.claims)?;
        // What sleeps for good is nobody's fault where nothing is promised, and nobody would end a bare run of it.
        let ends = !matches!(transcript.ending, Ending::Stuck(_));
        Ok(ends && violations.is_empty() && !transcript.canonical(&self.claims).is_empty())
    }

    /// What it costs at least.
    pub(crate) fn bare(&self) -> Result<()> {
        Ok(bare::play(self.fixture, &self.script)?)
    }

    fn is_bare(&self) -> bool {
        let acts = |step: &Step| match step {
            Step::AwaitOutside { action, .. } => bare::can(action),
            Step::AwaitClose {} => false,
            _ => true,
        };
        self.scenario.start == Start::default() && self.part.script.steps.iter().all(acts)
    }

    fn passes(&self, driver: &mut Driver) -> bool {
        let is_known = self.fixture.expectations.iter().any(|known| known.scenario == self.scenario.name);
        !is_known && self.drive(driver).unwrap_or(false)
    }
}
