//! The soak: many cases beside generators of load, and then the questions that only many cases answer. Does a verdict ever
//! differ, does memory grow, is anything left?

use std::{
    collections::BTreeMap,
    fs,
    num::NonZeroUsize,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use sigconform::{
    catalogue::Catalogue,
    drive,
    fixture::Fixture,
    report::diagnosis,
    results::{Cell, Verdict},
    run::{self, Options, Selection, default_jobs},
    select::Pattern,
};

use crate::growth::kilobytes;

/// The variable that every process of the soak inherits.
const MARK: &str = "SIGCONFORM_SOAK";

/// Play very many cases and look for what they leave.
#[derive(Debug, Default, Args)]
pub struct Soak {
    /// Cases in all
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub cases: usize,
    /// Beside a busy thread on every processor
    #[arg(long)]
    pub load: bool,
    /// Only backends of this name or pattern; repeatable
    #[arg(long, value_name = "GLOB")]
    pub backend: Vec<Pattern>,
    /// Only scenarios of this name or pattern; repeatable
    #[arg(long, value_name = "GLOB")]
    pub scenario: Vec<Pattern>,
    /// Cells at once [default: two a processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

impl Soak {
    /// Plays, prints what came out, and says whether everything was as it should be. Cells with a known failure and slow
    /// scenarios are left out: what waits for a signal that never comes takes a second a case.
    ///
    /// # Errors
    /// Nothing could be played.
    pub fn run(&self, catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<bool> {
        let folder = tempfile::tempdir().context("cannot make a folder for what fixtures leave")?;
        let mut fixtures = fixtures.to_vec();
        for fixture in &mut fixtures {
            fixture.env.insert(MARK.to_owned(), folder.path().into());
            fixture.env.insert("TMPDIR".to_owned(), folder.path().into());
        }
        let selection = Selection { backends: self.backend.clone(), scenarios: self.scenario.clone(), partition: None };
        let mut plan = run::plan(catalogue, &fixtures, &selection)?;
        plan.retain(|fixture, scenario| {
            scenario.slow.is_none() && !fixture.expectations.iter().any(|known| known.scenario == scenario.name)
        });
        plan.retain_playable();
        ensure!(!plan.is_empty(), "nothing to play");
        let repeat = u32::try_from(self.cases.div_ceil(plan.len())).context("too many cases")?;
        let jobs = self.jobs.unwrap_or_else(default_jobs);
        let (before, started) = (descriptors(), Instant::now());
        let mut memory = Vec::new();
        let stop = AtomicBool::new(false);
        let results = thread::scope(|scope| {
            for _ in 0..if self.load { thread::available_parallelism().map_or(1, NonZeroUsize::get) } else { 0 } {
                scope.spawn(|| keep_busy(&stop));
            }
            let options = Options { repeat, jobs, ..Options::default() };
            let results = plan.run(&options, |_| memory.extend(kilobytes("VmRSS")));
            stop.store(true, Ordering::Relaxed);
            results
        });
        if drive::STOP.load(Ordering::Relaxed) {
            println!("interrupted: only cells that were done are counted");
        }
        let (text, is_good) = Report {
            cells: &results.results,
            took: started.elapsed(),
            memory: &memory,
            left: [
                ("descriptors", left_descriptors(&before)),
                ("processes", left_processes(folder.path())),
                ("files", left_files(folder.path())),
            ],
        }
        .text();
        println!("{text}");
        Ok(is_good)
    }
}

/// Until told to stop: computes, and now and then gives the processor away, as most programs do.
fn keep_busy(stop: &AtomicBool) {
    let mut number = 1_u64;
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..1_000_000 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        }
        std::hint::black_box(number);
        thread::yield_now();
    }
}

/// What came out.
struct Report<'a> {
    cells: &'a [Cell],
    took: Duration,
    /// Resident kilobytes, one sample for each cell that was done.
    memory: &'a [u32],
    /// What was left, by kind.
    left: [(&'static str, Vec<String>); 3],
}

impl Report<'_> {
    fn text(&self) -> (String, bool) {
        let runs: u64 = self.cells.iter().map(|cell| u64::from(cell.runs)).sum();
        let mut text = format!("{runs} cases of {} cells in {:.0} s\n\n", self.cells.len(), self.took.as_secs_f64());
        let mut is_good = true;
        let mut verdicts: BTreeMap<Verdict, (usize, u64)> = BTreeMap::new();
        let mut variety: BTreeMap<usize, usize> = BTreeMap::new();
        for cell in self.cells {
            let (cells, runs) = verdicts.entry(cell.verdict).or_default();
            *cells += 1;
            *runs += u64::from(cell.runs);
            *variety.entry(cell.outcomes.len()).or_default() += 1;
        }
        for (verdict, (cells, runs)) in verdicts {
            text += &format!("{verdict:>6}: {cells} cells, {runs} cases\n");
        }
        for (transcripts, cells) in variety {
            text += &format!("{cells} cells showed {transcripts} transcript(s) each\n");
        }
        for cell in self.cells.iter().filter(|cell| cell.verdict != Verdict::Pass) {
            is_good &= cell.verdict == Verdict::Skip;
            text += &format!("\n{}", diagnosis::plain(cell));
        }
        let (line, is_flat) = self.memory_line();
        text += &line;
        is_good &= is_flat;
        for (kind, left) in &self.left {
            text += &format!("{kind} left: {}\n", if left.is_empty() { "none".to_owned() } else { left.join(", ") });
            is_good &= left.is_empty();
        }
        (text, is_good)
    }

    /// The second half of the run against the first: what grows with the number of cases shows there.
    fn memory_line(&self) -> (String, bool) {
        const ALLOWED: f64 = 1.25;
        let most = |half: &[u32]| half.iter().copied().max();
        let (first, second) = self.memory.split_at(self.memory.len() / 2);
        let (Some(first), Some(second)) = (most(first), most(second)) else {
            return ("memory: not shown here\n".to_owned(), true);
        };
        let [first, second] = [first, second].map(|kilobytes| f64::from(kilobytes) / 1024.0);
        let line = format!("memory: at most {first:.1} MB in the first half, {second:.1} MB in the second\n");
        (line, second <= first * ALLOWED)
    }
}

fn descriptors() -> Vec<String> {
    let open = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let mut open: Vec<_> = open
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .map(|target| target.display().to_string())
        .filter(|target| !target.starts_with("/proc/"))
        .collect();
    open.sort();
    open
}

fn left_descriptors(before: &[String]) -> Vec<String> {
    descriptors().into_iter().filter(|target| !before.contains(target)).collect()
}

/// Every process that has our mark, but for ourselves.
fn left_processes(mark: &std::path::Path) -> Vec<String> {
    let mark = format!("{MARK}={}", mark.display());
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let has_mark = |entry: &fs::DirEntry| {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|variable| variable == mark.as_bytes())
    };
    let own = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let children = own.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default());
    let children: Vec<_> =
        children.flat_map(|list| list.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>()).collect();
    processes.filter(has_mark).map(|entry| entry.file_name().to_string_lossy().into_owned()).chain(children).collect()
}

fn left_files(folder: &std::path::Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| file.path().display().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(verdict: Verdict) -> Cell {
        Cell {
            backend: "b".to_owned(),
            scenario: "s".to_owned(),
            requirements: Vec::new(),
            verdict,
            reason: None,
            unsupported: false,
            fault: None,
            claims: Vec::new(),
            allowed: Vec::new(),
            known: None,
            violations: Vec::new(),
            runs: 7,
            outcomes: Vec::new(),
            observed: Vec::new(),
            duration_us: 1,
            again: String::new(),
        }
    }

    fn is_good(cells: &[Cell], memory: &[u32], left: &[String]) -> bool {
        let left = [("descriptors", left.to_vec()), ("processes", vec![]), ("files", vec![])];
        Report { cells, took: Duration::ZERO, memory, left }.text().1
    }

    #[test]
    fn only_a_clean_soak_is_good() {
        let passes = [cell(Verdict::Pass)];
        assert!(is_good(&passes, &[100, 100, 100, 110], &[]));
        assert!(!is_good(&passes, &[100, 100, 130, 100], &[]), "memory that grows");
        assert!(!is_good(&passes, &[100, 100], &["pipe:[1]".to_owned()]), "a descriptor that is left");
        assert!(!is_good(&[cell(Verdict::Fail)], &[100, 100], &[]), "a cell that fails");
        assert!(!is_good(&[cell(Verdict::Error)], &[100, 100], &[]), "a cell that could not be played");
    }

    #[test]
    fn what_is_left_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(left_files(folder.path()), [] as [String; 0]);
        fs::write(folder.path().join("core"), "").expect("a file");
        assert_eq!(left_files(folder.path()).len(), 1);
        let before = descriptors();
        let pipe = std::io::pipe().expect("a pipe");
        assert_eq!(left_descriptors(&before).len(), if before.is_empty() { 0 } else { 2 });
        drop(pipe);
    }
}
