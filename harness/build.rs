//! The catalogue is embedded, so a new data file must rebuild the crate.

fn main() {
    println!("cargo::rerun-if-changed=catalogue");
}
