//! JUnit XML: a suite a backend and platform, a test case a scenario, as CI systems read it.
//!
//! ```
//! use sigconform::{report::junit, results::Results};
//!
//! # let cell = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/failed.json"));
//! let results = Results::of(vec![serde_json::from_str(cell)?]);
//! let xml = junit::render(&[results]);
//! assert!(xml.contains("<testcase name=\"sequence\" classname=\"mine\""), "{xml}");
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{diagnosis::plain, shown};
use crate::results::{Cell, Results, Verdict, platform_names};

/// The document.
///
/// # Panics
/// Never: the text is written to memory, and characters that XML cannot hold are left out.
#[must_use]
pub fn render(platforms: &[Results]) -> String {
    let platforms = &*shown::results(platforms);
    let mut report = Report::new("sigconform");
    for (results, platform) in platforms.iter().zip(platform_names(platforms)) {
        for cells in results.results.chunk_by(|a, b| a.backend == b.backend) {
            let backend = &cells[0].backend;
            // A suite's name must not depend on which other platforms there are, where there is only one.
            let name = if platforms.len() == 1 { backend.clone() } else { format!("{backend} on {platform}") };
            let mut suite = TestSuite::new(name.as_str());
            suite.add_test_cases(cells.iter().map(|cell| case(cell, &name)));
            report.add_test_suite(suite);
        }
    }
    report.to_string().expect("XML in memory can always be written")
}

fn case(cell: &Cell, suite: &str) -> TestCase {
    let reason = cell.reason.clone().unwrap_or_default();
    let status = match cell.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Skip | Verdict::Xfail => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("{}: {reason}", cell.verdict));
            status
        }
        Verdict::Fail | Verdict::Xpass => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let first = cell.violations.first().map_or(reason, |broken| format!("{}: {}", broken.law, broken.message));
            status.set_message(first).set_description(plain(cell));
            status
        }
        Verdict::Error => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(reason).set_description(plain(cell));
            status
        }
    };
    let mut case = TestCase::new(cell.scenario.as_str(), status);
    case.set_classname(suite).set_time(Duration::from_micros(cell.duration_us));
    case
}
