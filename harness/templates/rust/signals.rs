//! The gate: each scenario of sigconform is a test of this crate's signal handling. `cargo test --test signals` runs them.
//!
//! signal-hook's iterator stands here as an example: put your own type in its place.

use std::io;

use sigconform::contract::{
    BlockingLoop, BlockingSource, Burst, Claim, Claims, Delivery, Description, HandlersRun, Refusal, Refused, Signal,
};
use signal_hook::{
    consts::{SIGFPE, SIGILL, SIGSEGV},
    iterator::Signals,
};

// The page that promises something. Each claim has its own; what no page says is left out.
const PAGE: &str = "https://docs.rs/signal-hook/0.4.6/signal_hook/iterator/struct.SignalsInfo.html";
const FORBIDDEN: &str = "https://docs.rs/signal-hook/0.4.6/signal_hook/consts/constant.FORBIDDEN.html";

struct Mine(Signals);

// A call that blocks until a signal has come. A descriptor to poll is a `Source`, an event loop of its own a `Backend`.
impl BlockingSource for Mine {
    fn describe() -> Description {
        // A name for reports, what is under test, and its version: yours is env!("CARGO_PKG_VERSION").
        Description::new("mine", "signal_hook::iterator", "0.4.6").claims(Claims {
            handlers_run: Claim::documented(HandlersRun::SenderThread, PAGE),
            burst: Claim::documented(Burst::AtLeastOne, PAGE),
            refuses: Claim::documented([SIGILL, SIGFPE, SIGSEGV].map(Signal::from_raw).to_vec(), FORBIDDEN),
            refusal: Claim::documented(Refusal::Panic, FORBIDDEN),
            ..Claims::default()
        })
    }

    fn open() -> io::Result<Self> {
        Ok(Self(Signals::new([0; 0])?))
    }

    // An error becomes a refusal, in the library's own words.
    fn subscribe(&mut self, signal: Signal) -> Result<(), Refused> {
        Ok(self.0.add_signal(signal.as_raw())?)
    }

    // Sleeps until a signal has come. Nothing else may end the wait: no timer, no other descriptor.
    fn wait(&mut self) -> io::Result<Vec<Delivery>> {
        Ok(self.0.wait().map(|number| Delivery::of(Signal::from_raw(number))).collect())
    }

    // Looks without waiting.
    fn pending(&mut self) -> io::Result<Vec<Delivery>> {
        Ok(self.0.pending().map(|number| Delivery::of(Signal::from_raw(number))).collect())
    }
}

sigconform::gate!(BlockingLoop<Mine>);

// A failure that is known and explained is listed, and the gate is green until it is mended:
//
//     use sigconform::gate::known;
//     sigconform::gate!(BlockingLoop<Mine>; known("fork", &["fork-isolated"], "why", "https://... the report of it"));
