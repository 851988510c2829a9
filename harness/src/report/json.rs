//! JSON: the results as they are. The schema is `docs/schema/results.schema.json` in the repository.

use crate::results::Results;

/// The document, with a line end.
///
/// # Panics
/// Never: results hold nothing that JSON cannot.
#[must_use]
pub fn render(results: &Results) -> String {
    serde_json::to_string_pretty(results).expect("results are plain data") + "\n"
}
