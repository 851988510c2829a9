//! What a fixture may write, made of a fuzzer's bytes: half of it follows the script, the rest is any event with any
//! field. The protocol's own schemas say what an event is, so a new one is thought of as soon as it exists.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::LazyLock,
    time::Duration,
};

use arbitrary::Unstructured;
use schemars::schema_for;
use serde_json::{Map, Value, json};
use sigconform::{
    catalogue::{Part, Scenario},
    contract::{Claims, Condition, Event, Script, Signal, Step, Subscription},
    transcript::{Ending, Stuck, ThreadState, Transcript},
};

/// The events of the coroutine for each step. A field that has the name of one of the step's has its value.
const EVENTS: &[(&str, &[&str])] = &[
    ("await-close", &["ready", "outside", "resumed"]),
    ("await-outside", &["ready", "outside", "resumed"]),
    ("break-pipe", &["breaking-pipe"]),
    ("check-errno", &["sending", "errno"]),
    ("check-pipe", &["own-pipe"]),
    ("check-waker", &["sending", "woken"]),
    ("children", &["starting-children"]),
    ("continue-children", &["continuing-children"]),
    ("end-read", &["read-ended"]),
    ("flood", &["flooding"]),
    ("flood-from-threads", &["flooding-from-threads"]),
    ("fork", &["forking", "fork-ended"]),
    ("fork-loop", &["forking-loop", "fork-ended"]),
    ("hold", &["holding"]),
    ("join-second-loop", &["joining-second-loop", "second-loop-ended"]),
    ("later-handler", &["later-handler"]),
    ("limit-descriptors", &["descriptors-limited"]),
    ("open-pipe", &["pipe-opened"]),
    ("queue", &["queueing"]),
    ("read-elsewhere", &["reading-elsewhere"]),
    ("read-in-background", &["reading-in-background"]),
    ("relay", &["subscribed"]),
    ("release", &["releasing"]),
    ("reopen", &["closing", "reopened"]),
    ("report", &["state"]),
    ("report-thread", &["thread-mask"]),
    ("second-loop", &["second-loop"]),
    ("send", &["sending"]),
    ("settle", &["settling", "resumed"]),
    ("spawn-killed", &["child-killed"]),
    ("spawn-report", &["child-state"]),
    ("spawn-thread", &["thread-spawned"]),
    ("subscribe", &["subscribed"]),
    ("subscribe-adder", &["subscribed"]),
    ("subscribe-closer", &["subscribed"]),
    ("subscribe-coroutine", &["refused"]),
    ("subscribe-remover", &["subscribed"]),
    ("tick", &[]),
    ("timer", &["starting-timer"]),
    ("unsubscribe", &["unsubscribed"]),
    ("work", &["working", "worked"]),
    ("yield", &["yielding", "resumed"]),
];

/// Events that come at any time.
const BESIDE: [&str; 12] = [
    "handler",
    "handler",
    "tick",
    "reaped",
    "handler-sending",
    "handler-returned",
    "handler-adding",
    "handler-added",
    "handler-removing",
    "handler-removed",
    "second-handler",
    "send-failed",
];

/// Signals that a script may not know, and numbers that are none.
const SIGNALS: &[&str] = &[
    "SIGHUP",
    "SIGKILL",
    "SIGSTOP",
    "SIGCHLD",
    "SIGSEGV",
    "SIGABRT",
    "SIGPIPE",
    "SIGTERM",
    "SIGRTMIN+0",
    "SIGRTMIN+30",
    "0",
    "-1",
    "SIGNAL_MAX+1",
    "2147483647",
    "-2147483648",
];

/// Words that mean something somewhere, and some that mean nothing.
const WORDS: &[&str] = &[
    "",
    " ",
    "no",
    "yield",
    "subscribe",
    "close",
    "SI_USER",
    "SI_TKILL",
    "SI_QUEUE",
    "CLD_EXITED",
    "EAGAIN",
    "pipe",
    "IO Safety violation",
    "\u{1b}[2J",
    "a\nb",
    "\u{202e}",
    "signal_handler('SIGHUP')",
];

static EVENT: LazyLock<Schema> = LazyLock::new(|| Schema(schema_for!(Event).to_value()));
static CLAIMS: LazyLock<Schema> = LazyLock::new(|| Schema(schema_for!(Claims).to_value()));
static KINDS: LazyLock<BTreeMap<&str, &Value>> = LazyLock::new(|| {
    let kinds = EVENT.0["oneOf"].as_array().expect("a schema for each event");
    kinds.iter().map(|kind| (name_of(&kind["properties"]["event"]["const"]), kind)).collect()
});

struct Schema(Value);

/// The name of every event that there is.
pub fn event_names() -> impl Iterator<Item = &'static str> {
    KINDS.keys().copied()
}

/// A backend's claims and what its fixture wrote when it was asked to play the scenario.
pub struct Played {
    pub claims: Claims,
    pub part: Part,
    pub transcript: Transcript,
}

/// Makes a fixture of `choices` and has it play `scenario`.
pub fn play(scenario: &Scenario, choices: &[u8]) -> Played {
    let mut maker = Maker { choices: Unstructured::new(choices), signals: Vec::new(), subscriptions: Vec::new() };
    let goes_on = maker.flip();
    let claims = serde_json::from_value(maker.value(&CLAIMS, &CLAIMS.0)).expect("what the schema allows are claims");
    let part = scenario.part(&claims);
    maker.signals = signals_of(&part.script);
    let mut planned = planned(&part.script);
    let mut events = Vec::new();
    while !maker.choices.is_empty() {
        let event = match maker.upto(15) {
            0 => {
                let any = maker.of(&KINDS.values().copied().collect::<Vec<_>>());
                maker.event(any, &Map::new())
            }
            1..=3 => {
                let beside = maker.of(&BESIDE);
                let known = maker.known(beside);
                maker.event(KINDS[beside], &known)
            }
            _ => match planned.pop_front() {
                Some(next) => maker.planned(&next),
                None => break,
            },
        };
        events.push(event);
    }
    // The rest as the script has it, or not at all.
    if goes_on {
        events.extend(planned.iter().map(|next| maker.planned(next)));
    }
    let transcript = Transcript { events, ending: maker.ending(goes_on), stderr: maker.of(WORDS).to_owned() };
    Played { claims, part, transcript }
}

/// What is fixed of each event that the script has: its name, the step's fields, and the calls that a yield waits for.
fn planned(script: &Script) -> VecDeque<Map<String, Value>> {
    let mut plan = Plan::default();
    script.subscribe.iter().for_each(|&signal| plan.subscribe(signal));
    plan.add("started", &Map::new());
    for step in &script.steps {
        let Ok(Value::Object(fields)) = serde_json::to_value(step) else { unreachable!("a step is an object") };
        let (_, events) = EVENTS.iter().find(|(name, _)| *name == step.name()).unwrap_or_else(|| {
            panic!("say in {} which events the step {} writes", file!(), step.name());
        });
        for &event in *events {
            match (event, step) {
                (
                    "subscribed",
                    Step::Subscribe { signal, .. }
                    | Step::SubscribeCloser { signal }
                    | Step::SubscribeAdder { signal, .. }
                    | Step::SubscribeRemover { signal, .. }
                    | Step::Relay { signal, .. },
                ) => plan.subscribe(*signal),
                (_, Step::AwaitClose {}) => {
                    let close = json!({ "action": { "action": "close" } });
                    plan.add(event, close.as_object().expect("an object"));
                }
                ("resumed", Step::Yield { until } | Step::AwaitOutside { until, .. }) => {
                    until.iter().for_each(|condition| plan.fulfil(condition));
                    plan.add(event, &fields);
                }
                (_, Step::Unsubscribe { subscription }) => {
                    let mut fields = fields.clone();
                    fields.extend(plan.signal_of(*subscription).map(|signal| ("signal".to_owned(), json!(signal))));
                    plan.add(event, &fields);
                }
                _ => plan.add(event, &fields),
            }
        }
    }
    plan.add("finished", &Map::new());
    plan.events
}

/// The least that a right fixture writes.
#[derive(Default)]
struct Plan {
    events: VecDeque<Map<String, Value>>,
    /// The signal of each subscription, and its calls.
    asked: Vec<(Signal, u64)>,
    ticks: u64,
    reaped: u64,
}

impl Plan {
    fn add(&mut self, event: &str, fields: &Map<String, Value>) {
        let mut fields = fields.clone();
        fields.insert("event".to_owned(), json!(event));
        self.events.push_back(fields);
    }

    fn subscribe(&mut self, signal: Signal) {
        self.asked.push((signal, 0));
        let fields = json!({ "signal": signal, "subscription": self.asked.len(), "error": "no" });
        let event = if signal.is_catchable() { "subscribed" } else { "refused" };
        self.add(event, fields.as_object().expect("an object"));
    }

    fn signal_of(&self, Subscription(number): Subscription) -> Option<Signal> {
        self.asked.get(number.wrapping_sub(1) as usize).map(|&(signal, _)| signal)
    }

    fn fulfil(&mut self, condition: &Condition) {
        let (mut add, mut event) = (1, json!({ "event": "handler", "place": "sender-thread", "info": {} }));
        match *condition {
            Condition::Calls { subscription, .. } | Condition::CallAfterSend { subscription } => {
                let Some(&mut (signal, ref mut calls)) = self.asked.get_mut(subscription.0.wrapping_sub(1) as usize)
                else {
                    return;
                };
                if let Condition::Calls { total, .. } = condition {
                    add = total.saturating_sub(*calls);
                }
                *calls += add;
                (event["signal"], event["subscription"]) = (json!(signal), json!(subscription));
            }
            Condition::Ticks { total } => {
                event = json!({ "event": "tick", "place": "sender-thread" });
                add = total - std::mem::replace(&mut self.ticks, total);
            }
            Condition::Reaped { total } => {
                let children = total - std::mem::replace(&mut self.reaped, total);
                event = json!({ "event": "reaped", "children": children });
            }
        }
        let event = event.as_object().expect("an object");
        self.events.extend((0..add).map(|_| event.clone()));
    }
}

/// The signals that a script names.
fn signals_of(script: &Script) -> Vec<String> {
    fn collect(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) if text.parse::<Signal>().is_ok() => into.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| collect(value, into)),
            Value::Object(fields) => fields.values().for_each(|value| collect(value, into)),
            _ => {}
        }
    }
    let mut signals = Vec::new();
    collect(&serde_json::to_value(script).expect("a script is plain data"), &mut signals);
    signals
}

struct Maker<'a> {
    choices: Unstructured<'a>,
    /// Those that the script names.
    signals: Vec<String>,
    /// The subscriptions that were told, with their signals.
    subscriptions: Vec<(Value, Value)>,
}

impl Maker<'_> {
    fn upto(&mut self, most: usize) -> usize {
        self.choices.int_in_range(0..=most).unwrap_or_default()
    }

    fn flip(&mut self) -> bool {
        self.upto(1) == 1
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.upto(list.len() - 1)]
    }

    /// What makes an event beside the script likely: a handler that was added.
    fn known(&mut self, event: &str) -> Map<String, Value> {
        let mut known = Map::new();
        if event == "handler" && !self.subscriptions.is_empty() {
            let at = self.upto(self.subscriptions.len() - 1);
            let (subscription, signal) = self.subscriptions[at].clone();
            known.extend([("subscription".to_owned(), subscription), ("signal".to_owned(), signal)]);
        }
        known
    }

    fn planned(&mut self, next: &Map<String, Value>) -> Event {
        let kind = KINDS[name_of(&next["event"])];
        self.event(kind, next)
    }

    /// An event of this kind, with the fields that are given.
    fn event(&mut self, kind: &Value, given: &Map<String, Value>) -> Event {
        let made = self.object(&EVENT, kind, given);
        if let ("subscribed", Value::Object(made)) = (name_of(&made["event"]), &made) {
            self.subscriptions.push((made["subscription"].clone(), made["signal"].clone()));
        }
        serde_json::from_value(made.clone())
            .unwrap_or_else(|error| panic!("no event, by its schema one: {made}: {error}"))
    }

    fn object(&mut self, root: &Schema, schema: &Value, given: &Map<String, Value>) -> Value {
        let required =
            |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
        let mut fields = Map::new();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = given.get(name) {
                fields.insert(name.clone(), value.clone());
            } else if required(name) || self.flip() {
                fields.insert(name.clone(), self.value(root, field));
            }
        }
        Value::Object(fields)
    }

    fn value(&mut self, root: &Schema, schema: &Value) -> Value {
        if let Some(path) = schema["$ref"].as_str() {
            let name = path.rsplit('/').next().unwrap_or_default();
            return match name {
                "Signal" => self.signal(),
                "Citation" => json!(self.of(&["https://docs.example/", "undocumented"])),
                name => self.value(root, &root.0["$defs"][name]),
            };
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(choices) = schema["enum"].as_array() {
            return choices[self.upto(choices.len() - 1)].clone();
        }
        if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
            let choice = self.upto(choices.len() - 1);
            return self.value(root, &choices[choice]);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => name_of(&kinds[self.upto(kinds.len() - 1)]),
            kind => name_of(kind),
        };
        match kind {
            "null" => Value::Null,
            "boolean" => json!(self.flip()),
            "integer" => self.integer(name_of(&schema["format"])),
            "string" => json!(self.of(WORDS)),
            "array" => {
                let bound = |name: &str, other: usize| {
                    schema[name].as_u64().map_or(other, |bound| bound.try_into().expect("a few"))
                };
                let (least, most) = (bound("minItems", 0), bound("maxItems", 3));
                (0..least + self.upto(most - least)).map(|_| self.value(root, &schema["items"])).collect()
            }
            "object" => self.object(root, schema, &Map::new()),
            kind => panic!("a schema of another kind, `{kind}`: {schema}"),
        }
    }

    fn signal(&mut self) -> Value {
        if self.signals.is_empty() || self.upto(3) == 0 {
            return json!(self.of(SIGNALS));
        }
        let at = self.upto(self.signals.len() - 1);
        json!(self.signals[at])
    }

    fn integer(&mut self, format: &str) -> Value {
        let (least, most): (i128, i128) = match format {
            "int32" => (i32::MIN.into(), i32::MAX.into()),
            "uint32" => (0, u32::MAX.into()),
            "uint64" => (0, u64::MAX.into()),
            format => panic!("an integer of another format, `{format}`"),
        };
        json!(match self.upto(5) {
            0 => most,
            1 => least,
            2 => self.choices.int_in_range(least..=most).unwrap_or_default(),
            few => few as i128 - 2,
        })
    }

    fn ending(&mut self, in_order: bool) -> Ending {
        if in_order && self.upto(3) != 0 {
            return Ending::Exited(0);
        }
        let threads = vec![ThreadState { name: self.of(WORDS).to_owned(), doing: self.of(WORDS).to_owned() }];
        match self.upto(5) {
            0 => Ending::Exited(self.choices.arbitrary().unwrap_or_default()),
            1 => Ending::Killed(name_of(&self.signal()).parse().expect("a signal")),
            2 => Ending::Stuck(Stuck { threads }),
            3 => Ending::NeverIdle { used: Duration::MAX },
            4 => Ending::Deadline { after: Duration::MAX, threads },
            _ => Ending::TooMuchOutput { limit: usize::MAX },
        }
    }
}

fn name_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
