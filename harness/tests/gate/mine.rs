//! A source of signals for the gates under test: blocked signals and `sigwait()`. It can be made to have a defect.

use std::{io, mem, ptr};

use sigconform::contract::{
    BlockingSource, Burst, Claim, Claims, Delivery, Description, HandlersRun, Refused, SecondHandler, Signal, Threads,
};

const PAGE: &str = "https://pubs.opengroup.org/onlinepubs/9799919799/functions/sigwait.html";

/// How a wait of it fails.
#[derive(PartialEq)]
pub enum Fails {
    Never,
    ByAnError,
    ByAPanic,
}

/// What kind of it: its name, whether it claims anything, and names the page of each claim, whether it forgets signals that
/// come together, what it claims of a second handler, and whether it keeps that, what it claims of threads,
/// and how its waits fail.
pub trait Kind {
    const NAME: &'static str;
    const CLAIMS: bool = true;
    const CITES: bool = true;
    const FORGETS: bool = false;
    const SECOND_HANDLER: SecondHandler = SecondHandler::Unspecified;
    const KEEPS_IT: bool = true;
    const THREADS: Threads = Threads::Unspecified;
    const FAILS: Fails = Fails::Never;
}

pub struct Mine<K> {
    subscribed: Vec<i32>,
    kind: std::marker::PhantomData<K>,
}

impl<K: Kind> BlockingSource for Mine<K> {
    fn describe() -> Description {
        let description = Description::new(K::NAME, "sigwait(3)", "1");
        if !K::CLAIMS {
            return description;
        }
        let handlers_run = Claim::documented(HandlersRun::SenderThread, PAGE);
        if !K::CITES {
            let burst = Claim { value: Burst::Every, ..Claim::default() };
            return description.claims(Claims { handlers_run, burst, ..Claims::default() });
        }
        let second_handler = match K::SECOND_HANDLER {
            SecondHandler::Unspecified => Claim::default(),
            claimed => Claim::documented(claimed, PAGE),
        };
        let threads = match K::THREADS {
            Threads::Unspecified => Claim::default(),
            claimed => Claim::documented(claimed, PAGE),
        };
        description.claims(Claims { handlers_run, second_handler, threads, ..Claims::default() })
    }

    fn open() -> io::Result<Self> {
        Ok(Self { subscribed: Vec::new(), kind: std::marker::PhantomData })
    }

    fn subscribe(&mut self, signal: Signal) -> Result<(), Refused> {
        let signal = signal.as_raw();
        if signal == libc::SIGKILL || signal == libc::SIGSTOP {
            return Err(Refused("it cannot be waited for".to_owned()));
        }
        let is_second = match K::SECOND_HANDLER {
            SecondHandler::OnePerProcess => !self.subscribed.is_empty(),
            SecondHandler::Refused => self.subscribed.contains(&signal),
            _ => false,
        };
        if K::KEEPS_IT && is_second {
            return Err(Refused("there is a handler already".to_owned()));
        }
        // SAFETY: the set is initialised before it is used.
        unsafe {
            let mut set = mem::zeroed();
            libc::sigemptyset(&raw mut set);
            if libc::sigaddset(&raw mut set, signal) == -1 {
                return Err(io::Error::last_os_error().into());
            }
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut());
        }
        self.subscribed.push(signal);
        Ok(())
    }

    fn wait(&mut self) -> io::Result<Vec<Delivery>> {
        match K::FAILS {
            Fails::Never => {}
            Fails::ByAnError => return Err(io::Error::other("the wait failed")),
            Fails::ByAPanic => panic!("the wait failed"),
        }
        let mut signal = 0;
        // SAFETY: the set is initialised before it is used.
        unsafe {
            let mut set = mem::zeroed();
            libc::sigemptyset(&raw mut set);
            self.subscribed.iter().for_each(|&signal| {
                libc::sigaddset(&raw mut set, signal);
            });
            libc::sigwait(&raw const set, &raw mut signal);
        }
        if K::FORGETS {
            self.forget()?;
        }
        Ok(vec![Delivery::of(Signal::from_raw(signal))])
    }

    fn pending(&mut self) -> io::Result<Vec<Delivery>> {
        if self.is_pending() { self.wait() } else { Ok(Vec::new()) }
    }
}

impl<K: Kind> Mine<K> {
    fn is_pending(&self) -> bool {
        // SAFETY: the set is initialised before it is read.
        unsafe {
            let mut set = mem::zeroed();
            libc::sigpending(&raw mut set);
            self.subscribed.iter().any(|&signal| libc::sigismember(&raw const set, signal) == 1)
        }
    }

    /// The defect.
    fn forget(&self) -> io::Result<()> {
        let honest: Mine<crate::cases::Right> =
            Mine { subscribed: self.subscribed.clone(), kind: std::marker::PhantomData };
        let mut honest = honest;
        while honest.is_pending() {
            honest.wait()?;
        }
        Ok(())
    }
}
