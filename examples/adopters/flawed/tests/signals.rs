//! The gate of a crate that has a defect. It must be red, and say why.
use std::io;

use adopter_flawed::Signals;
use sigconform::contract::{
    BlockingLoop, BlockingSource, Claim, Claims, Delivery, Description, HandlersRun, Refused, Signal,
};

const PAGE: &str = "https://docs.rs/signal-hook/0.4.6/signal_hook/iterator/struct.SignalsInfo.html";

struct Flawed(Signals);

impl BlockingSource for Flawed {
    fn describe() -> Description {
        Description::new("flawed", "flawed::Signals", env!("CARGO_PKG_VERSION"))
            .claims(Claims { handlers_run: Claim::documented(HandlersRun::SenderThread, PAGE), ..Claims::default() })
    }

    fn open() -> io::Result<Self> {
        Signals::new().map(Self)
    }

    fn subscribe(&mut self, signal: Signal) -> Result<(), Refused> {
        Ok(self.0.add(signal.as_raw())?)
    }

    fn wait(&mut self) -> io::Result<Vec<Delivery>> {
        Ok(self.0.next().map(|number| Delivery::of(Signal::from_raw(number))).into_iter().collect())
    }

    fn pending(&mut self) -> io::Result<Vec<Delivery>> {
        Ok(self.0.poll().map(|number| Delivery::of(Signal::from_raw(number))).into_iter().collect())
    }
}

sigconform::gate!(BlockingLoop<Flawed>);
