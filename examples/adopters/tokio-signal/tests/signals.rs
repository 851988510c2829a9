//! The gate: tokio's streams of signals on a current-thread runtime, held to POSIX and to their documentation.
use std::{
    io,
    task::{Context, Poll},
    time::Duration,
};

use adopter_tokio_signal::{SignalKind, signal};
use sigconform::contract::{
    AsyncReactor, AsyncSelector, Burst, Claim, Claims, Delivery, Description, HandlersRun, Refused, Removal,
    SecondHandler, Signal, Subscription, TasksRun, Threads,
};
use tokio::runtime::Builder;

const STREAM: &str = "https://docs.rs/tokio/latest/tokio/signal/unix/struct.Signal.html";
const FUNCTION: &str = "https://docs.rs/tokio/latest/tokio/signal/unix/fn.signal.html";
const RUNTIME: &str = "https://docs.rs/tokio/latest/tokio/runtime/index.html";

#[derive(Default)]
struct Streams(Vec<(Subscription, Signal, adopter_tokio_signal::Signal)>);

impl AsyncSelector for Streams {
    fn describe() -> Description {
        let refused = ["SIGILL", "SIGFPE", "SIGSEGV"].map(|name| name.parse().expect("a signal's name"));
        Description::new("tokio-signal", "tokio::signal::unix", "1").claims(Claims {
            handlers_run: Claim::documented(HandlersRun::SenderThread, RUNTIME),
            tasks_run: Claim::documented(TasksRun::SenderThread, RUNTIME),
            burst: Claim::documented(Burst::AtLeastOne, STREAM),
            refuses: Claim::documented(refused.to_vec(), FUNCTION),
            second_handler: Claim::documented(SecondHandler::Both, FUNCTION),
            removal: Claim::documented(Removal::StaysCaptured, STREAM),
            threads: Claim::documented(Threads::Any, FUNCTION),
            ..Claims::default()
        })
    }

    fn block_on<T>(future: impl Future<Output = T>) -> io::Result<T> {
        Ok(Builder::new_current_thread().enable_all().build()?.block_on(future))
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(task);
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> {
        tokio::time::sleep(time)
    }

    fn open() -> io::Result<Self> {
        Ok(Self::default())
    }

    fn listen(&mut self, id: Subscription, wanted: Signal) -> Result<(), Refused> {
        self.0.push((id, wanted, signal(SignalKind::from_raw(wanted.as_raw()))?));
        Ok(())
    }

    fn forget(&mut self, id: Subscription) -> io::Result<()> {
        self.0.retain(|(listener, ..)| *listener != id);
        Ok(())
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<(Vec<Subscription>, Delivery)>> {
        for (id, signal, stream) in &mut self.0 {
            if stream.poll_recv(context).is_ready() {
                return Poll::Ready(Ok((vec![*id], Delivery::of(*signal))));
            }
        }
        Poll::Pending
    }
}

sigconform::gate!(AsyncReactor<Streams>);
