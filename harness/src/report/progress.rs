//! Progress while a run goes on: a bar on a terminal, and a plain line for each backend where there is none.
//!
//! ```no_run
//! # use sigconform::{catalogue::Catalogue, description, report::progress::Progress, run::{self, Options, Selection}};
//! # let (catalogue, fixtures) = (Catalogue::embedded()?, [description::introduce(vec!["./mine".into()])?]);
//! # let plan = run::plan(&catalogue, &fixtures, &Selection::default())?;
//! let mut progress = Progress::new(plan.backends());
//! let results = plan.run(&Options::default(), |cell| progress.done(cell));
//! progress.finish();
//! # assert!(!results.results.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{
    collections::BTreeMap,
    io::{IsTerminal, Write, stderr},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    results::{Cell, Verdict},
    text,
};

/// Hears of each cell.
pub struct Progress {
    kind: Kind,
}

enum Kind {
    Bar(ProgressBar),
    Lines { left: BTreeMap<String, usize>, wrong: BTreeMap<String, usize> },
}

impl Progress {
    /// For a run of these cells, each given by its backend.
    ///
    /// # Panics
    /// Never: the template of the bar is a constant.
    pub fn new<'a>(backends: impl IntoIterator<Item = &'a str>) -> Self {
        let mut left = BTreeMap::new();
        for backend in backends {
            *left.entry(backend.to_owned()).or_default() += 1;
        }
        let kind = if stderr().is_terminal() {
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").expect("the template is valid");
            Kind::Bar(ProgressBar::new(left.values().sum::<usize>() as u64).with_style(style))
        } else {
            Kind::Lines { left, wrong: BTreeMap::new() }
        };
        Self { kind }
    }

    /// A cell is done.
    pub fn done(&mut self, cell: &Cell) {
        let (backend, scenario) = (text::name(&cell.backend), text::name(&cell.scenario));
        let is_wrong = matches!(cell.verdict, Verdict::Fail | Verdict::Xpass | Verdict::Error);
        match &mut self.kind {
            Kind::Bar(bar) => {
                if is_wrong {
                    bar.println(format!("{} {backend} / {scenario}", cell.verdict));
                }
                bar.set_message(format!("{backend} / {scenario}"));
                bar.inc(1);
            }
            Kind::Lines { left, wrong } => {
                *wrong.entry(cell.backend.clone()).or_default() += usize::from(is_wrong);
                let Some(rest) = left.get_mut(&cell.backend) else { return };
                *rest -= 1;
                if *rest == 0 {
                    let verdict = match wrong[&cell.backend] {
                        0 => "done".to_owned(),
                        n => format!("done, {n} not as it should be"),
                    };
                    let _ = writeln!(stderr(), "{backend}: {verdict}");
                }
            }
        }
    }

    /// The run is over.
    pub fn finish(self) {
        if let Kind::Bar(bar) = self.kind {
            bar.finish_and_clear();
        }
    }
}
