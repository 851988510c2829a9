//! Transcripts told in lines, as people read them, so that a test shows what was wrong where.
//!
//! A line is one of the documented text. What the text leaves out is added: the subscriptions before the start, the end
//! of a yield before the coroutine's next line, and the settling at the end.

use std::sync::LazyLock;

use serde_json::{Value, json};
use sigconform_fixture::{
    BatchOrder, Burst, Claim, Claims, Event, HandlersRun, Happening, Information, OutsideAction, Place, Receiver,
    Sender, Signal, State, Subscription, TasksRun,
};

use crate::{
    catalogue::{Catalogue, Scenario},
    judge::{Unjudgeable, Violation, judge},
    transcript::{Ending, Transcript},
};

/// The fixture's process id.
pub(super) const PID: u32 = 7;
/// The harness's.
pub(super) const HARNESS: Sender = Sender { pid: 5, uid: 1000 };

/// Claims with values of these kinds, each from a page of its own.
pub(super) fn claims(handlers_run: HandlersRun, burst: Burst, batch_order: BatchOrder) -> Claims {
    let tasks_run = match handlers_run {
        HandlersRun::SenderThread => TasksRun::SenderThread,
        HandlersRun::Concurrently => TasksRun::Concurrently,
    };
    Claims {
        handlers_run: Claim::documented(handlers_run, "https://docs.example/handlers"),
        tasks_run: Claim::documented(tasks_run, "https://docs.example/tasks"),
        burst: Claim::documented(burst, "https://docs.example/burst"),
        batch_order: Claim::documented(batch_order, "https://docs.example/order"),
        ..Claims::default()
    }
}

/// A poll loop around a queue: everything in its place.
pub(super) fn strict() -> Claims {
    claims(HandlersRun::SenderThread, Burst::Every, BatchOrder::Sent)
}

/// Handlers on the sender's thread, signals that coalesce.
pub(super) fn coalescing() -> Claims {
    claims(HandlersRun::SenderThread, Burst::AtLeastOne, BatchOrder::Unspecified)
}

/// Handlers wherever they like.
pub(super) fn concurrent() -> Claims {
    claims(HandlersRun::Concurrently, Burst::AtLeastOne, BatchOrder::Unspecified)
}

/// A scenario of the catalogue.
pub(super) fn catalogued(name: &str) -> Scenario {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::embedded().expect("the catalogue is right"));
    CATALOGUE.scenario(name).unwrap_or_else(|| panic!("no scenario {name}")).clone()
}

/// A scenario with handlers for `SIGHUP` and `SIGUSR1`, by its steps as a data file spells them.
pub(super) fn scenario(steps: &str) -> Scenario {
    scenario_with("", steps)
}

/// The same with more fields, one a line.
pub(super) fn scenario_with(fields: &str, steps: &str) -> Scenario {
    let requirement =
        "[[requirement]]\nslug = \"x\"\ngroup = \"sequence\"\nlevel = \"must\"\nstatement = \"x\"\nsource = \"x\"";
    let text = format!(
        "title = \"x\"\nrequirements = [\"x\"]\nsubscribe = [\"SIGHUP\", \"SIGUSR1\"]\n{fields}\nsteps = [\n{steps}\n]"
    );
    let catalogue = Catalogue::parse(requirement, [("x.toml".into(), text.as_str())]);
    catalogue.expect("the scenario is right").scenarios.remove(0)
}

/// Judges a transcript that ended in order.
pub(super) fn judged(scenario: &Scenario, claims: &Claims, lines: &[&str]) -> Result<Vec<Violation>, Unjudgeable> {
    let mut teller = Teller::new(scenario);
    for line in lines {
        teller.tell(line);
    }
    teller.leave_loop();
    teller.events.extend([Happening::Settling, Happening::Resumed, Happening::Finished]);
    judge(&teller.transcript(Ending::Exited(0)), &scenario.part(claims), &scenario.start, claims)
}

/// Judges a transcript that ended after its last line.
pub(super) fn judged_ending(
    scenario: &Scenario,
    claims: &Claims,
    lines: &[&str],
    ending: Ending,
) -> Result<Vec<Violation>, Unjudgeable> {
    judged_ending_saying(scenario, claims, lines, ending, "")
}

/// The same, of a process that wrote this to standard error.
pub(super) fn judged_ending_saying(
    scenario: &Scenario,
    claims: &Claims,
    lines: &[&str],
    ending: Ending,
    stderr: &str,
) -> Result<Vec<Violation>, Unjudgeable> {
    let mut teller = Teller::new(scenario);
    for line in lines {
        teller.tell(line);
    }
    let mut transcript = teller.transcript(ending);
    stderr.clone_into(&mut transcript.stderr);
    judge(&transcript, &scenario.part(claims), &scenario.start, claims)
}

/// Law and line of each violation.
pub(super) fn broken(judged: Result<Vec<Violation>, Unjudgeable>) -> Vec<(String, usize)> {
    let violations = judged.expect("the fixture played its script");
    violations.into_iter().map(|violation| (violation.law, violation.line)).collect()
}

struct Teller {
    events: Vec<Happening>,
    subscribed: Vec<Signal>,
    /// What ends the yield or the work that is going on.
    open: Option<Happening>,
}

impl Teller {
    fn new(scenario: &Scenario) -> Self {
        Self { events: Vec::new(), subscribed: scenario.subscribe.clone(), open: None }
    }

    fn tell(&mut self, line: &str) {
        // The events from before the start have lines only when they went wrong, so a test tells just those.
        let started = self.events.iter().any(|what| matches!(what, Happening::Started { .. }));
        if line.starts_with("starting ") && !started {
            let told = self.events.iter().filter(|what| !matches!(what, Happening::State { .. })).count();
            let rest = self.subscribed.iter().enumerate().skip(told);
            let rest: Vec<_> = rest.map(|(at, &signal)| subscribed(signal, at)).collect();
            self.events.extend(rest);
        }
        if line == "settled" {
            return self.leave_loop();
        }
        let what = self.read(line);
        if let (Happening::Subscribed { signal, .. } | Happening::Refused { signal, .. }, true) = (&what, started) {
            self.subscribed.push(*signal);
        }
        let runs_in_loop = crate::conduct::is_of_loop(&what)
            || matches!(&what, Happening::Outside { .. })
            || matches!(&what, Happening::Panicked { step, .. } if step == "yield");
        if !runs_in_loop {
            self.leave_loop();
        }
        self.open = match what {
            Happening::Yielding | Happening::Ready { .. } | Happening::Settling => Some(Happening::Resumed),
            Happening::Working => Some(Happening::Worked),
            _ => self.open.take(),
        };
        self.events.push(what);
    }

    fn leave_loop(&mut self) {
        self.events.extend(self.open.take());
    }

    fn read(&self, line: &str) -> Happening {
        let (line, place) = match line.strip_suffix(" on another thread") {
            Some(line) => (line, Place::OtherThread),
            None => (line, Place::SenderThread),
        };
        let kill = |name: &str| OutsideAction::Kill { signal: signal(name) };
        let words: Vec<_> = line.split(' ').collect();
        match words.as_slice() {
            ["sending", name] => Happening::Sending { signal: signal(name), to: Receiver::Process },
            ["sending", name, "to", "its", "own", "thread"] => {
                Happening::Sending { signal: signal(name), to: Receiver::SenderThread }
            }
            ["yielding", "control"] => Happening::Yielding,
            ["settling"] => Happening::Settling,
            ["holding", names @ ..] => Happening::Holding { signals: names.iter().map(|name| signal(name)).collect() },
            ["releasing"] => Happening::Releasing,
            ["working"] => Happening::Working,
            ["tick", number] => Happening::Tick { number: number.parse().expect("a number"), place },
            ["waiting", "for", name] => Happening::Ready { action: kill(name) },
            ["traced", ..] => {
                let trace = line.strip_prefix("traced ").and_then(|trace| serde_json::from_str(trace).ok());
                Happening::Traced { trace: trace.unwrap_or_else(|| panic!("no trace: {line}")) }
            }
            [name, "from", "outside"] => Happening::Outside { action: kill(name), by: Some(HARNESS), and: None },
            ["subscribed", name] => subscribed(signal(name), self.subscribed.len()),
            ["refused", name, error @ ..] => Happening::Refused { signal: signal(name), error: error.join(" ") },
            [step @ ("opening" | "opened" | "closing" | "reopened" | "finished")] => of_the_loop(step),
            ["panicked"] => {
                Happening::Panicked { step: "subscribe".to_owned(), signal: None, message: "no".to_owned() }
            }
            ["panicked", "in", step] => {
                Happening::Panicked { step: (*step).to_owned(), signal: None, message: "no".to_owned() }
            }
            ["cannot", "play", step] => {
                Happening::Unsupported { step: (*step).to_owned(), reason: "no such thing here".to_owned() }
            }
            ["flooding", name, times] => {
                Happening::Flooding { signal: signal(name), times: times.parse().expect("a number") }
            }
            ["queueing", name, "with", value] => {
                Happening::Queueing { signal: signal(name), value: value.parse().expect("a number") }
            }
            [name, "was", "not", "sent"] => {
                Happening::SendFailed { signal: signal(name), error: "the queue is full".to_owned() }
            }
            ["unsubscribed", name] => {
                let signal = signal(name);
                Happening::Unsubscribed { subscription: self.last_of(signal), signal, error: None }
            }
            ["could", "not", "unsubscribe", name] => {
                let signal = signal(name);
                let error = Some("it is busy".to_owned());
                Happening::Unsubscribed { subscription: self.last_of(signal), signal, error }
            }
            ["signal_handler", "sends", name] => Happening::HandlerSending { signal: signal(name) },
            ["started", "an", "idle", "thread"] => Happening::ThreadSpawned,
            ["the", "idle", "thread", "blocks", "nothing"] => Happening::ThreadMask { blocked: Vec::new() },
            ["the", "idle", "thread", "blocks", name] => Happening::ThreadMask { blocked: vec![signal(name)] },
            ["another", "thread", "reads"] => Happening::ReadingElsewhere,
            ["its", "read", "failed", ..] => Happening::ReadEnded { interrupted: true },
            ["its", "read", "was", "not", "interrupted"] => Happening::ReadEnded { interrupted: false },
            ["signal_handler", "closes", ..] => Happening::HandlerClosing,
            ["waiting", "for", "the", "close"] => Happening::Ready { action: OutsideAction::Close },
            ["another", "thread", "closes", ..] => {
                Happening::Outside { action: OutsideAction::Close, by: None, and: None }
            }
            ["signal_handler", "returns"] => Happening::HandlerReturned { subscription: Subscription(1) },
            ["starting", times, "children"] => {
                let times = times.parse().expect("a number");
                Happening::StartingChildren { times, then: sigconform_fixture::ChildThen::default() }
            }
            ["reaped", children] => Happening::Reaped { children: children.parse().expect("a number") },
            ["installed", "a", "later", "handler", "of", name] => Happening::LaterHandler { signal: signal(name) },
            ["starting", "a", "timer"] => Happening::StartingTimer,
            ["seen" | "slept", ..] => seen(&words),
            ["forking", name] => Happening::Forking { signal: signal(name) },
            ["forking", name, "on"] => Happening::ForkingLoop { signal: signal(name) },
            ["fork", "killed", "by", name] => Happening::ForkEnded { killed_by: Some(signal(name)), failed: false },
            ["fork", "failed"] => Happening::ForkEnded { killed_by: None, failed: true },
            ["child", "lived", "through", name] => Happening::ChildKilled { signal: signal(name), killed_by: None },
            ["child", "killed", "by", name] => {
                Happening::ChildKilled { signal: signal(name), killed_by: Some(signal(name)) }
            }
            ["second", "loop", "for", name] => Happening::SecondLoop { signal: signal(name) },
            ["second", "loop", "handles", name] => Happening::SecondHandler { signal: signal(name) },
            ["second", "loop", "joined"] => Happening::JoiningSecondLoop,
            ["second", "loop", "ended"] => Happening::SecondLoopEnded,
            ["fork", "ended"] => Happening::ForkEnded { killed_by: None, failed: false },
            ["opened", "a", "pipe"] => Happening::PipeOpened,
            ["child", fields @ ..] => Happening::ChildState { state: state(fields) },
            ["state", fields @ ..] => Happening::State { state: state(fields) },
            ["starting", ..] => Happening::Started { pid: PID },
            [call, told @ ..] => {
                let told = looked(&words).or_else(|| self.acted(&words)).or_else(|| self.call(call, told, place));
                told.unwrap_or_else(|| panic!("no line of a transcript: {line}"))
            }
            [] => panic!("a line without words"),
        }
    }

    /// A call of the handler of its own signal, of one that was added for another, or of a certain one.
    fn call(&self, call: &str, words: &[&str], place: Place) -> Option<Happening> {
        let signal_called = called(call);
        let number = |word: &str| Subscription(word.parse().expect("the number of a subscription"));
        let (subscription, fields) = match words {
            [] => (self.last_of(signal_called), &[][..]),
            ["told", fields @ ..] => (self.last_of(signal_called), fields),
            ["by", "the", "handler", "of", name] => (self.last_of(signal(name)), &[][..]),
            ["by", subscription] => (number(subscription), &[][..]),
            ["by", subscription, "told", fields @ ..] => (number(subscription), fields),
            _ => return None,
        };
        Some(Self::handler(signal_called, subscription, place, fields))
    }

    /// What a handler does to the handlers of its loop.
    fn acted(&self, words: &[&str]) -> Option<Happening> {
        let number = |word: &str| Subscription(word.parse().expect("a number"));
        let added = |word: &str, name: &str, error| Happening::HandlerAdded {
            signal: signal(name),
            subscription: number(word),
            error,
        };
        let busy = || Some("it is busy".to_owned());
        Some(match words {
            ["signal_handler", "begins", "to", "add", name] => Happening::HandlerAdding { signal: signal(name) },
            ["signal_handler", "adds", number, "of", name] => added(number, name, None),
            ["signal_handler", "could", "not", "add", number, "of", name] => added(number, name, busy()),
            ["signal_handler", "begins", "to", "remove", name] => {
                Happening::HandlerRemoving { subscription: self.last_of(signal(name)) }
            }
            ["signal_handler", "removes", "that", "of", name] => self.removed(signal(name), None),
            ["signal_handler", "could", "not", "remove", "that", "of", name] => self.removed(signal(name), busy()),
            _ => return None,
        })
    }

    fn removed(&self, signal: Signal, error: Option<String>) -> Happening {
        Happening::HandlerRemoved { subscription: self.last_of(signal), signal, error }
    }

    /// The newest subscription of a signal.
    fn last_of(&self, signal: Signal) -> Subscription {
        numbered(self.subscribed.iter().rposition(|&subscribed| subscribed == signal).expect("a subscribed signal"))
    }

    fn handler(signal: Signal, subscription: Subscription, place: Place, told: &[&str]) -> Happening {
        let info: Information = serde_json::from_value(fields(told)).expect("what a handler may be told");
        Happening::Handler { signal, subscription, place, info }
    }

    fn transcript(self, ending: Ending) -> Transcript {
        let events = self.events.into_iter().map(|what| Event { t: 0, what }).collect();
        Transcript { events, ending, stderr: String::new() }
    }
}

/// What the program has found of its own.
fn looked(words: &[&str]) -> Option<Happening> {
    Some(match words {
        ["its", "pipe", "is", how] => Happening::OwnPipe { kept: *how == "kept" },
        ["no", "descriptor", "is", "left"] => Happening::DescriptorsLimited { left: Some(0) },
        ["as", "many", "descriptors", "as", "ever"] => Happening::DescriptorsLimited { left: None },
        ["woken", "by", name] => Happening::Woken { signal: signal(name), in_handler: true },
        ["not", "woken", "by", name] => Happening::Woken { signal: signal(name), in_handler: false },
        ["errno", "is", how, "at", name] => Happening::Errno { signal: signal(name), kept: *how == "kept" },
        _ => return None,
    })
}

/// What is done with the loop as a whole.
fn of_the_loop(step: &str) -> Happening {
    match step {
        "opening" => Happening::Opening,
        "opened" => Happening::Opened,
        "closing" => Happening::Closing,
        "reopened" => Happening::Reopened,
        _ => Happening::Finished,
    }
}

fn signal(name: &str) -> Signal {
    name.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// `SIGHUP` of `signal_handler('SIGHUP')`.
fn called(call: &str) -> Signal {
    let name = call.strip_prefix("signal_handler('").and_then(|rest| rest.strip_suffix("')"));
    signal(name.unwrap_or_else(|| panic!("no line of a transcript: {call}")))
}

/// `name=value` words as an object: numbers as such, signals as lists.
fn fields(words: &[&str]) -> Value {
    let field = |word: &&str| {
        let (name, value) = word.split_once('=').expect("name=value");
        let value = match value.parse::<i64>() {
            Ok(number) => json!(number),
            Err(_) if value.starts_with("SIG") => json!(value.split(',').collect::<Vec<_>>()),
            Err(_) => json!(value),
        };
        (name.to_owned(), value)
    };
    Value::Object(words.iter().map(field).collect())
}

/// A state by what is not empty in it; `inherited=2`, `private=2` and `earlier=1` (calls for `SIGHUP`; `earlier-SIGTERM=1` for
/// another) for what is nested; `flags=1`, `handler=2` and `masked=SIGHUP` are of each caught signal. `unknown=threads` leaves a field out.
fn state(words: &[&str]) -> Box<State> {
    let mut fields = fields(words);
    let map = fields.as_object_mut().expect("an object");
    let mut number = |name, otherwise| map.remove(name).unwrap_or(json!(otherwise));
    let descriptors = json!({ "inherited": number("inherited", 0), "private": number("private", 1) });
    let (threads, heap) = (number("threads", 1), number("heap", 100_000));
    map.extend([("threads".to_owned(), threads), ("heap".to_owned(), heap)]);
    map.insert("descriptors".to_owned(), descriptors);
    for list in ["blocked", "pending", "caught", "ignored", "restarting", "on_alternate_stack"] {
        map.entry(list).or_insert_with(|| json!([]));
    }
    let mut beside =
        json!({ "open": [], "timers": 0, "environment": "1", "directory": "/", "thread": "main", "thread_id": 1 });
    for (name, value) in beside.as_object_mut().into_iter().flatten().filter(|(name, _)| *name != "open") {
        *value = map.remove(name).unwrap_or(value.take());
    }
    // Two pipes.
    for (number, name) in [(2, "standard_error"), (7, "another_descriptor")] {
        let flags = map.remove(name).unwrap_or(json!("private"));
        let (private, nonblocking) = (flags == "private", flags == "nonblocking");
        let pipe =
            json!({ "number": number, "kind": "pipe", "file": "1", "private": private, "nonblocking": nonblocking });
        beside["open"].as_array_mut().expect("a list").extend((flags != "closed").then_some(pipe));
    }
    beside["alternate_stack"] = json!([map.remove("stack").unwrap_or(json!(0)), 8192]);
    map.insert("surroundings".to_owned(), beside);
    let mut of_each = |name, otherwise| map.remove(name).unwrap_or(otherwise);
    let (flags, handler, masked) =
        (of_each("flags", json!(0)), of_each("handler", json!(1)), of_each("masked", json!([])));
    let caught: Vec<_> = map["caught"].as_array().into_iter().flatten().cloned().collect();
    let action = |signal| json!({ "signal": signal, "handler": handler, "flags": flags, "masked": masked });
    map.insert("actions".to_owned(), caught.into_iter().map(action).collect());
    if let Some(unknown) = map.remove("unknown") {
        let name = unknown.as_str().expect("a field");
        if map.remove(name).is_none() {
            map["surroundings"].as_object_mut().expect("fields").remove(name);
        }
    }
    for signal in ["SIGHUP", "SIGTERM", "SIGUSR2"] {
        let calls = map.remove(&format!("earlier-{signal}")).or_else(|| map.remove("earlier"));
        if let Some(calls) = calls {
            map.insert("earlier_calls".to_owned(), json!([{ "signal": signal, "calls": calls }]));
        }
    }
    serde_json::from_value(fields).expect("a state")
}

/// What the harness has seen of the process.
fn seen(words: &[&str]) -> Happening {
    let number = |word: &str| word.parse().expect("a number");
    match words {
        ["seen", threads, "threads"] => Happening::Seen { threads: threads.parse().expect("a number") },
        ["slept", "after", used] => Happening::Slept { millis: 1, wakes: 0, used: number(used) },
        ["slept", wakes] => Happening::Slept { millis: 350, wakes: number(wakes), used: 90 },
        _ => panic!("{words:?}"),
    }
}

fn subscribed(signal: Signal, at: usize) -> Happening {
    Happening::Subscribed { signal, subscription: numbered(at) }
}

fn numbered(at: usize) -> Subscription {
    Subscription(u32::try_from(at + 1).expect("few subscriptions"))
}
