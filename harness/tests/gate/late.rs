//! A loop whose closer waits for it, and goes on for a while afterwards: a loop that is opened meanwhile refuses everything.

use std::{
    io,
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use sigconform::contract::{
    BlockingSource, Closer, Delivery, Description, Refused, Selector, Signal, Subscription, Wait,
};

use crate::{cases::Right, mine::Mine};

/// Sent by the closer to the own process, where it is blocked: the loop fetches it like a signal of its own.
const CLOSE: i32 = libc::SIGUSR2;

/// Whether the loop has seen that it is closed, and whoever waits for that.
static CLOSED: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
/// A closer runs.
static CLOSING: AtomicBool = AtomicBool::new(false);

pub struct Late {
    source: Mine<Right>,
    listeners: Vec<(Subscription, Signal)>,
}

impl Selector for Late {
    fn describe() -> Description {
        <Mine<Right> as BlockingSource>::describe()
    }

    fn open() -> io::Result<Self> {
        let mut source = Mine::open()?;
        source.subscribe(Signal::from_raw(CLOSE)).map_err(io::Error::other)?;
        Ok(Self { source, listeners: Vec::new() })
    }

    fn listen(&mut self, id: Subscription, signal: Signal) -> Result<(), Refused> {
        if CLOSING.load(Ordering::SeqCst) {
            return Err(Refused("the thread that closed the loop before still runs".to_owned()));
        }
        self.source.subscribe(signal)?;
        self.listeners.push((id, signal));
        Ok(())
    }

    fn forget(&mut self, _: Subscription) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn closer(&self) -> Option<Closer> {
        Some(Box::new(|| {
            CLOSING.store(true, Ordering::SeqCst);
            // SAFETY: takes integers; the process is our own.
            unsafe { libc::kill(libc::getpid(), CLOSE) };
            let (closed, changed) = &CLOSED;
            let closed = closed.lock().unwrap_or_else(PoisonError::into_inner);
            drop(changed.wait_while(closed, |closed| !*closed));
            // Long enough to be seen by whoever does not wait for it; nothing waits for this time.
            thread::sleep(Duration::from_millis(50));
            CLOSING.store(false, Ordering::SeqCst);
        }))
    }

    fn select(&mut self, wait: Wait) -> io::Result<Vec<(Subscription, Delivery)>> {
        let deliveries = match wait {
            Wait::Forever => self.source.wait()?,
            Wait::AtMost(time) => {
                thread::sleep(time);
                self.source.pending()?
            }
        };
        if deliveries.iter().any(|delivery| delivery.signal.as_raw() == CLOSE) {
            *CLOSED.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            CLOSED.1.notify_all();
        }
        let mut announced = Vec::new();
        for delivery in deliveries {
            let listening = self.listeners.iter().filter(|(_, signal)| *signal == delivery.signal);
            announced.extend(listening.map(|&(id, _)| (id, delivery.clone())));
        }
        Ok(announced)
    }
}
