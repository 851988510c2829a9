//! The gate: signal-hook's iterator, held to POSIX and to its own documentation.
use adopter_signal_hook::Signals;
use sigconform::contract::{Burst::AtLeastOne, HandlersRun::SenderThread, Refusal::Panic, *};
use std::io;

const PAGE: &str = "https://docs.rs/signal-hook/0.4.6/signal_hook/iterator/struct.SignalsInfo.html";
const FORBIDDEN: &str = "https://docs.rs/signal-hook/0.4.6/signal_hook/consts/constant.FORBIDDEN.html";
struct Iterator(Signals);
impl BlockingSource for Iterator {
    fn describe() -> Description {
        Description::new("signal-hook", "signal_hook::iterator", "0.4.6").claims(Claims {
            handlers_run: Claim::documented(SenderThread, PAGE),
            burst: Claim::documented(AtLeastOne, PAGE),
            refuses: Claim::documented(["SIGILL", "SIGFPE", "SIGSEGV"].map(|name| name.parse().unwrap()).to_vec(), FORBIDDEN),
            refusal: Claim::documented(Panic, FORBIDDEN),
            ..Claims::default()
        })
    }
    fn open() -> io::Result<Self> { Signals::new([0; 0]).map(Self) }
    fn subscribe(&mut self, signal: Signal) -> Result<(), Refused> { Ok(self.0.add_signal(signal.as_raw())?) }
    fn wait(&mut self) -> io::Result<Vec<Delivery>> { Ok(deliveries(self.0.wait())) }
    fn pending(&mut self) -> io::Result<Vec<Delivery>> { Ok(deliveries(self.0.pending())) }
}
fn deliveries(numbers: impl std::iter::Iterator<Item = i32>) -> Vec<Delivery> {
    numbers.map(|number| Delivery::of(Signal::from_raw(number))).collect()
}
sigconform::gate!(BlockingLoop<Iterator>; expectations in "expectations.toml");
