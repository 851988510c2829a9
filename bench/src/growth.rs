//! Growth: twice the work takes twice the time and no more memory, and more jobs no more time.

use std::{fs, time::Duration};

use anyhow::Result;

use crate::{
    cells::Cells,
    check_interrupt,
    measure::{millis, on_all, time},
};

/// Measures the native cells with more repeats, and with more jobs.
pub(crate) fn section(cells: &Cells<'_>) -> Result<String> {
    let native = cells.native();
    let mut text = format!(
        "## Growth\n\n{} native cells.\n\n| repeats | jobs | cases | wall time a case | peak memory of the harness |\n\
         |--:|--:|--:|--:|--:|\n",
        native.len()
    );
    let rows = [(1, 4), (2, 4), (4, 4), (8, 4), (2, 1), (2, 2), (2, 8), (2, 16)];
    for (repeats, jobs) in rows {
        check_interrupt()?;
        let work: Vec<_> = native.iter().cycle().take(native.len() * repeats).collect();
        forget_peak();
        let took = time(|| on_all(&work, jobs, |cell, driver| cell.drive(driver).map(drop)))?;
        let each: Duration = took / u32::try_from(work.len()).unwrap_or(1);
        text += &format!("| {repeats} | {jobs} | {} | {} | {} |\n", work.len(), millis(each), peak());
    }
    Ok(text)
}

/// Source: proc(5), `/proc/self/clear_refs`: 5 resets the peak of the resident set.
fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

fn peak() -> String {
    let peak = kilobytes("VmHWM").map(|kilobytes| format!("{:.1} MB", f64::from(kilobytes) / 1024.0));
    peak.unwrap_or_else(|| "not shown here".to_owned())
}

/// A line of the process's own status, where the system has one.
pub(crate) fn kilobytes(name: &str) -> Option<u32> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}
