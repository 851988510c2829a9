//! What the fuzz targets check: the properties of `harness/tests/untrusted`, which CI checks too, on what proptest makes.

#[path = "../../tests/untrusted/played.rs"]
pub mod played;
#[path = "../../tests/untrusted/properties.rs"]
pub mod properties;
