//! What the fuzz targets check: the properties of `harness/tests/untrusted`, which CI checks too, on what proptest makes.

#[path = "../../tests/untrusted/played.rs"]
mod played;
#[path = "../../tests/untrusted/properties.rs"]
mod properties;

pub use properties::{CATALOGUE, check_event, check_judged, check_scenario};
