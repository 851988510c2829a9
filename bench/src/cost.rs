//! A case against the bare run of the same fixture with the same script: one at a time, and the whole matrix.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Result, ensure};
use sigconform::{drive::Driver, run::default_jobs};

use crate::{
    cells::{Cell, Cells},
    check_interrupt,
    measure::{median, millis, on_all, ratio, time},
};

/// Measures both, in turn.
pub(crate) fn section(cells: &Cells<'_>, rounds: u32) -> Result<String> {
    let mut text = format!(
        "## A case against a bare run\n\n{} cells that pass, one at a time, {rounds} times each; {} more that pass need a \
         terminal or an odd start.\n\n| backend | cells | bare | case | case : bare (median of cells) | (all cells) |\n\
         |---|--:|--:|--:|--:|--:|\n",
        cells.len(),
        cells.left_out
    );
    let mut driver = Driver::new();
    let mut backends: BTreeMap<&str, Vec<[Duration; 2]>> = BTreeMap::new();
    for cell in cells.iter() {
        check_interrupt()?;
        let pairs = (0..rounds).map(|_| pair(cell, &mut driver)).collect::<Result<Vec<_>>>()?;
        let (bare, case): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        backends.entry(&cell.fixture.name).or_default().push([median(&bare), median(&case)]);
    }
    let all: Vec<_> = backends.values().flatten().copied().collect();
    for (name, times) in backends.iter().map(|(name, times)| (*name, times)).chain([("all", &all)]) {
        let ratios: Vec<_> = times.iter().map(|&[bare, case]| (case, bare)).collect();
        let [bare, case] = [0, 1].map(|which| times.iter().map(|time| time[which]).sum::<Duration>());
        let one = |sum: Duration| millis(sum / u32::try_from(times.len()).unwrap_or(1));
        text += &format!(
            "| {name} | {} | {} | {} | {:.2} | {:.2} |\n",
            times.len(),
            one(bare),
            one(case),
            ratio(&ratios),
            case.as_secs_f64() / bare.as_secs_f64()
        );
    }
    let jobs = default_jobs().get();
    let mut pairs = Vec::new();
    for _ in 0..rounds {
        check_interrupt()?;
        let bare = time(|| on_all(cells, jobs, |cell, _| cell.bare()))?;
        let driven = time(|| on_all(cells, jobs, driven))?;
        pairs.push((driven, bare));
    }
    let (driven, bare): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    text += &format!(
        "\nThe same cells, {jobs} at a time: {} driven and judged, {} bare; ratio {:.2}.\n",
        millis(median(&driven)),
        millis(median(&bare)),
        ratio(&pairs)
    );
    Ok(text)
}

fn pair(cell: &Cell<'_>, driver: &mut Driver) -> Result<(Duration, Duration)> {
    let bare = time(|| cell.bare())?;
    Ok((bare, time(|| driven(cell, driver))?))
}

fn driven(cell: &Cell<'_>, driver: &mut Driver) -> Result<()> {
    ensure!(cell.drive(driver)?, "{} / {} did not conform this time", cell.fixture.name, cell.scenario.name);
    Ok(())
}
