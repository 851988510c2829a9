//! The floor under every backend: the signal is blocked, and the loop is a call of sigtimedwait(2) without a time. It is
//! a fixture like any other, and only for the benchmark: there is no `fixture.toml`.

#[cfg(target_os = "linux")]
mod floor {
    use std::{io, mem, ptr, time::Duration};

    use sigconform_fixture::{
        Backend, Delivery, Description, Next, Refused, Signal, SignalHandler, Subscription, block_in_place,
    };

    pub(crate) struct Floor {
        set: libc::sigset_t,
        handlers: Vec<(Signal, Box<dyn SignalHandler>)>,
    }

    impl Floor {
        /// Waits for a signal, for ever without a time, and calls its handlers.
        fn turn(&mut self, most: Option<Duration>) -> io::Result<()> {
            let most = most.map(|most| libc::timespec {
                tv_sec: libc::time_t::try_from(most.as_secs()).unwrap_or(libc::time_t::MAX),
                tv_nsec: most.subsec_nanos().into(),
            });
            let most = most.as_ref().map_or(ptr::null(), ptr::from_ref);
            // SAFETY: the set and the time, if there is one, are valid; no information is asked for.
            match unsafe { libc::sigtimedwait(&raw const self.set, ptr::null_mut(), most) } {
                -1 => match io::Error::last_os_error() {
                    error if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EINTR)) => Ok(()),
                    error => Err(error),
                },
                number => {
                    let signal = Signal::from_raw(number);
                    let its = self.handlers.iter_mut().filter(|(handled, _)| *handled == signal);
                    its.for_each(|(_, handler)| handler.call(Delivery::of(signal)));
                    Ok(())
                }
            }
        }
    }

    impl Backend for Floor {
        fn describe() -> Description {
            Description::new("sigtimedwait", "sigtimedwait(2)", env!("CARGO_PKG_VERSION"))
                .only_on(&["linux"], "a Linux call")
        }

        fn block_on<T>(player: impl AsyncFnOnce(&mut Self) -> T) -> io::Result<T> {
            // SAFETY: all-zero bytes are a valid set, and the call makes it an empty one.
            let set = unsafe {
                let mut set: libc::sigset_t = mem::zeroed();
                libc::sigemptyset(&raw mut set);
                set
            };
            Ok(block_in_place(player(&mut Self { set, handlers: Vec::new() })))
        }

        fn add_handler(&mut self, signal: Signal, handler: impl SignalHandler) -> Result<Subscription, Refused> {
            // SAFETY: the set is an initialised one.
            unsafe {
                libc::sigaddset(&raw mut self.set, signal.as_raw());
                libc::sigprocmask(libc::SIG_BLOCK, &raw const self.set, ptr::null_mut());
            }
            self.handlers.push((signal, Box::new(handler)));
            Ok(Subscription(u32::try_from(self.handlers.len()).unwrap_or(u32::MAX)))
        }

        async fn remove_handler(&mut self, _: Subscription) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn add_task(&mut self, _: impl FnMut() -> Next + Send + 'static) {}

        async fn yield_until(&mut self, done: impl Fn() -> bool) -> io::Result<()> {
            while !done() {
                self.turn(None)?;
            }
            Ok(())
        }

        async fn settle(&mut self, time: Duration) -> io::Result<()> {
            self.turn(Some(time))
        }
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    sigconform_fixture::run::<floor::Floor>()
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    let description =
        sigconform_fixture::Description::new("sigtimedwait", "sigtimedwait(2)", env!("CARGO_PKG_VERSION"));
    sigconform_fixture::describe_only(&description.only_on(&["linux"], "a Linux call"))
}
