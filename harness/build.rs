//! The catalogue and the documented transcripts are embedded, so a new data file must rebuild the crate.

fn main() {
    println!("cargo::rerun-if-changed=catalogue");
    println!("cargo::rerun-if-changed=transcripts");
}
