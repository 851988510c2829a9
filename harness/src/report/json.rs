//! JSON: the results as they are. The schema is `docs/schema/results.schema.json` in the repository.

use crate::results::{Document, Merged, Results, SCHEMA_VERSION};

/// The document, with a line end: of one platform its results, of several a list of them.
///
/// # Panics
/// Never: results hold nothing that JSON cannot.
#[must_use]
pub fn render(platforms: &[Results]) -> String {
    let document = match platforms {
        [only] => Document::One(only.clone()),
        several => Document::Several(Merged { schema_version: SCHEMA_VERSION, platforms: several.to_vec() }),
    };
    serde_json::to_string_pretty(&document).expect("results are plain data") + "\n"
}
