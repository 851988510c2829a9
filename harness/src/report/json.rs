//! JSON: the results as they are. The schema is `docs/schema/results.schema.json` in the repository.
//!
//! ```
//! use sigconform::{report::json, results::Results};
//!
//! # let cell = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/passed.json"));
//! let results = Results::of(vec![serde_json::from_str(cell)?]);
//! let read: Results = serde_json::from_str(&json::render(std::slice::from_ref(&results)))?;
//! assert_eq!(read, results);
//! # Ok::<(), serde_json::Error>(())
//! ```

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
