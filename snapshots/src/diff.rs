//! `snapshot-diff SCENARIO NAME < TRANSCRIPT`: insta's comparison with the reviewed transcript, and nothing else.
//!
//! insta decides once a process whether it may write proposals. A transcript that the judge forbids must never become
//! one, whatever the environment of the test says, so it is compared in this process, which the caller starts with
//! `INSTA_UPDATE=no`.

use std::io::{self, Read};

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(scenario), Some(name)) = (args.next(), args.next()) else {
        return Err(io::Error::other("usage: snapshot-diff SCENARIO NAME < TRANSCRIPT"));
    };
    let mut transcript = String::new();
    io::stdin().read_to_string(&mut transcript)?;
    snapshots::assert_reviewed(&scenario, &name, &transcript);
    Ok(())
}
