//! The gates, right and wrong, that the tests start.

use sigconform::{
    contract::{BlockingLoop, Reactor, SecondHandler, Threads},
    gate::{Gate, Known, Target, known},
};

use crate::{
    late::Late,
    mine::{Fails, Kind, Mine},
};

pub struct Right;
impl Kind for Right {
    const NAME: &'static str = "mine";
}

struct Flawed;
impl Kind for Flawed {
    const NAME: &'static str = "flawed";
    const FORGETS: bool = true;
}

struct WithoutClaims;
impl Kind for WithoutClaims {
    const NAME: &'static str = "mine";
    const CLAIMS: bool = false;
}

/// As sigwait(3) needs it: every thread blocks what is waited for.
struct Masked;
impl Kind for Masked {
    const NAME: &'static str = "mine";
    const THREADS: Threads = Threads::Masked;
}

struct OneHandler;
impl Kind for OneHandler {
    const NAME: &'static str = "mine";
    const SECOND_HANDLER: SecondHandler = SecondHandler::OnePerProcess;
}

struct OneASignal;
impl Kind for OneASignal {
    const NAME: &'static str = "mine";
    const SECOND_HANDLER: SecondHandler = SecondHandler::Refused;
}

struct TakesTwo;
impl Kind for TakesTwo {
    const NAME: &'static str = "mine";
    const SECOND_HANDLER: SecondHandler = SecondHandler::Refused;
    const KEEPS_IT: bool = false;
}

struct FailsByAnError;
impl Kind for FailsByAnError {
    const NAME: &'static str = "mine";
    const FAILS: Fails = Fails::ByAnError;
}

struct FailsByAPanic;
impl Kind for FailsByAPanic {
    const NAME: &'static str = "mine";
    const FAILS: Fails = Fails::ByAPanic;
}

struct WithoutSource;
impl Kind for WithoutSource {
    const NAME: &'static str = "mine";
    const CITES: bool = false;
}

struct BadName;
impl Kind for BadName {
    const NAME: &'static str = "My Backend";
}

/// Where the gates stand, and where the entries do.
pub const GATE: u32 = line!() + 3;
fn new() -> Gate {
    let (package, folder, name) = (env!("CARGO_PKG_NAME"), env!("CARGO_MANIFEST_DIR"), "gate");
    Gate::new(Target { package, folder, name, file: file!(), line: line!() })
}

pub const KNOWN: u32 = line!() + 2;
fn entry() -> Known {
    known("batch-descending", &["handled-at-yield"], "it forgets what comes together", "no report found")
}

const BESIDE: &str = r#"# The file that would stand beside it.

[[expectation]]
backend = "mine"
scenario = "batch-descending"
laws = ["handled-at-yield"]
reason = "it forgets what comes together"
reference = "no report found"
"#;

pub fn gate(case: &str) -> Gate {
    let right = || new().backend::<BlockingLoop<Mine<Right>>>();
    let flawed = || new().backend::<BlockingLoop<Mine<Flawed>>>();
    let both = || right().backend::<BlockingLoop<Mine<Flawed>>>();
    let beside = |text: String| ("expectations.toml", &*text.leak());
    match case {
        "right" => right(),
        "flawed" => flawed(),
        "masked" => new().backend::<BlockingLoop<Mine<Masked>>>().known(known(
            "explore",
            &["clean-child"],
            "a child program inherits the mask",
            "no report found",
        )),
        "known" => both().known(entry().of("flawed")),
        "known-beside" => {
            let (file, text) = beside(BESIDE.replace("\"mine\"", "\"flawed\""));
            flawed().expectations(file, text)
        }
        "mended" => right().known(entry()),
        "mended-beside" => right().expectations("expectations.toml", BESIDE),
        "no-claims" => new().backend::<BlockingLoop<Mine<WithoutClaims>>>(),
        "late-closer" => new().backend::<Reactor<Late>>(),
        "one-handler" => new().backend::<BlockingLoop<Mine<OneHandler>>>(),
        "one-a-signal" => new().backend::<BlockingLoop<Mine<OneASignal>>>(),
        "takes-two" => new().backend::<BlockingLoop<Mine<TakesTwo>>>(),
        "fails-by-an-error" => new().backend::<BlockingLoop<Mine<FailsByAnError>>>(),
        "fails-by-a-panic" => new().backend::<BlockingLoop<Mine<FailsByAPanic>>>(),
        "no-source" => new().backend::<BlockingLoop<Mine<WithoutSource>>>(),
        "one-name" => right().backend::<BlockingLoop<Mine<Right>>>(),
        "bad-name" => new().backend::<BlockingLoop<Mine<BadName>>>(),
        "stale" => right().known(known("no-such", &["handled-at-yield"], "why", "no report found")),
        "no-law" => right().known(known("sequence", &["no-such"], "why", "no report found")),
        "whose" => both().known(entry()),
        "beside-wrong" => {
            let (file, text) = beside(BESIDE.replace("it forgets what comes together", " "));
            right().expectations(file, text)
        }
        other => panic!("there is no case {other}"),
    }
}
