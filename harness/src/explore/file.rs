//! A script as a scenario's data file, which can be committed as it is: what it shows, for whom it is one, and on what
//! claims its documented transcript depends.

use std::{collections::BTreeMap, fmt::Write};

use serde::Serialize;
use sigconform_fixture::{Claims, Description, Platforms, Signal};

use super::{abilities::Abilities, play::Kind, validity};
use crate::{
    catalogue::{Act, Ingredients, Scenario, ScenarioStep, ingredients},
    judge::law,
};

/// The values of each claim that decide whether a script can be judged: for whom it is a scenario.
const VALUES: &[(&str, &[&str])] = &[
    ("handlers_run", &["sender-thread", "concurrently"]),
    ("second_handler", &["both", "replaces", "refused", "one-per-process", "unspecified"]),
    ("removal", &["restored", "stays-captured", "unspecified"]),
    ("earlier_handler", &["chained", "replaced", "refused", "unspecified"]),
    ("threads", &["any", "masked", "unspecified"]),
    ("loop_thread", &["any", "main", "unspecified"]),
    ("fork", &["isolated", "unsupported", "unspecified"]),
    ("fork_child", &["handles", "unsupported", "unspecified"]),
    ("pending_before", &["handled", "not-handled", "unspecified"]),
    ("loops", &["each", "unspecified"]),
    ("real_time", &["queued", "unspecified"]),
    ("system_calls", &["restart", "interrupted", "unspecified"]),
];

/// Claims that a documented transcript may depend on, with their values.
const VARIES: &[(&str, &[&str])] =
    &[("burst", &["every", "at-least-one"]), ("batch_order", &["sent", "lowest-first", "unspecified"])];

/// The requirement that stands for a law which is not one itself.
const SHOWN: &[(&str, &str)] = &[
    ("accepts-catchable", "every-signal"),
    ("claimed-thread", "handlers-run-as-claimed"),
    ("closes-in-order", "close-ends-the-wait"),
    ("handlers-may-act", "remove-inside-callback"),
    ("closes-only-its-own", "removal-leaves-nothing"),
    ("default-action", "default-action-kept"),
    ("fork-child-as-claimed", "fork-child-gets-its-own"),
    ("loops-as-claimed", "two-loops"),
    ("masks-as-claimed", "masks-of-all-threads"),
    ("never-crashes", "nothing-lost-over-rounds"),
    ("never-panics", "refusal-leaves-loop"),
    ("order-as-claimed", "batch-order-as-claimed"),
    ("real-time-as-claimed", "real-time-queued"),
    ("refuses-as-claimed", "refuses-as-documented"),
    ("refuses-coroutines", "plain-callables-only"),
    ("sender-goes-on", "full-pipe-does-not-block"),
    ("signal-first", "once-per-send"),
    ("supports-as-claimed", "refuses-as-documented"),
    ("survives", "handled-at-yield"),
];

/// The requirement that a script shows which breaks this law; of an error, the one that every script shows.
pub(super) fn requirement(kind: &Kind) -> &str {
    match kind {
        Kind::Law(law) => SHOWN.iter().find(|(of, _)| of == law).map_or(law.as_str(), |(_, slug)| *slug),
        Kind::Error(_) => "handled-at-yield",
    }
}

/// Fills in what a data file says beside its steps.
pub(super) fn complete(scenario: &mut Scenario, description: &Description, kind: &Kind) {
    scenario.title = title(scenario);
    scenario.requirements = vec![requirement(kind).to_owned()];
    let claim = match kind {
        Kind::Law(law) => law::find(law).and_then(law::Law::claim),
        Kind::Error(_) => None,
    };
    scenario.claims = claim.into_iter().map(ToOwned::to_owned).collect();
    let able = Abilities::of(description, std::env::consts::OS);
    let excluded = |signal: &Signal| able.claims.excludes(*signal);
    if ingredients::signals(scenario).iter().any(excluded) {
        for about in ["refuses", "supports"].map(ToOwned::to_owned) {
            if !scenario.claims.contains(&about) {
                scenario.claims.push(about);
            }
        }
    }
    scenario.applies_to = applies_to(scenario, description);
    scenario.varies_by = varies_by(scenario, description);
    scenario.platforms = platforms(scenario);
    let subscriptions = scenario.subscribe.len() + scenario.steps.len();
    let long = scenario.steps.iter().any(|step| matches!(step, ScenarioStep::Flood { times: 1_000.., .. }));
    scenario.slow = (subscriptions > 100 || long).then(|| "found by the explorer with as many signals".to_owned());
    let length = scenario.steps.len();
    // Nothing can be settled after the end of the process; the script's writer adds the settling elsewhere.
    scenario.ends_at_once &= length > 0;
}

/// What is done, never what should come of it.
fn title(scenario: &Scenario) -> String {
    let mut words: Vec<&str> = Vec::new();
    for step in &scenario.steps {
        let name = match step {
            ScenarioStep::Repeat { .. } => "again",
            step => Act::of(step, false).map_or("", Act::name),
        };
        if words.last() != Some(&name) {
            words.push(name);
        }
    }
    let started = [
        (!scenario.start.blocked.is_empty(), "started with a signal blocked"),
        (!scenario.start.ignored.is_empty(), "started with a signal ignored"),
        (scenario.before.older_thread, "beside an older thread"),
        (scenario.before.loop_on_second_thread, "on a second thread"),
        (!scenario.before.handlers.is_empty(), "with a handler of its own"),
        (scenario.before.report, "with a report from before the loop"),
    ];
    let started = started.into_iter().filter(|(so, _)| *so).map(|(_, words)| words);
    let mut text = "Explored: ".to_owned() + &words.join(", ");
    started.for_each(|more| text += &format!("; {more}"));
    if text.chars().count() > 110 {
        text = text.chars().take(109).collect::<String>() + "…";
    }
    text
}

/// With another value of one claim.
fn with(description: &Description, claim: &str, value: &str) -> Option<Description> {
    let mut claims = serde_json::to_value(&description.claims).ok()?;
    claims.get_mut(claim)?.as_object_mut()?.insert("value".to_owned(), value.into());
    let claims: Claims = serde_json::from_value(claims).ok()?;
    Some(Description { claims, ..description.clone() })
}

/// For whom it is one: of each claim that decides, the values under which the judge can judge it.
fn applies_to(scenario: &Scenario, description: &Description) -> BTreeMap<String, Vec<String>> {
    let is_one = |value: &&str, claim: &str| {
        with(description, claim, value)
            .is_some_and(|other| validity::check(&Abilities::of(&other, std::env::consts::OS), scenario).is_ok())
    };
    let mut applies = BTreeMap::new();
    for (claim, values) in VALUES {
        let of: Vec<_> = values.iter().filter(|value| is_one(value, claim)).map(ToString::to_string).collect();
        if !of.is_empty() && of.len() < values.len() {
            applies.insert((*claim).to_owned(), of);
        }
    }
    applies
}

/// On what its documented transcript depends: the claims whose values change what a yield must give, and those whose words
/// stand in it.
fn varies_by(scenario: &Scenario, description: &Description) -> Vec<String> {
    let allowed =
        |claim: &str, value: &str| with(description, claim, value).map(|it| scenario.part(&it.claims).allowed);
    let varies = |&(claim, values): &(&str, &[&str])| {
        let mut of = values.iter().map(|value| allowed(claim, value));
        let first = of.next();
        of.any(|other| Some(other) != first)
    };
    let mut by: Vec<_> = VARIES.iter().copied().filter(varies).map(|(claim, _)| claim.to_owned()).collect();
    let made_of = Ingredients::of(scenario);
    for (ingredient, claim) in
        [(Act::Queue, "information"), (Act::EndRead, "system_calls"), (Act::ReportThread, "threads")]
    {
        if made_of.has(ingredient.name()) {
            by.push(claim.to_owned());
        }
    }
    by
}

/// Where its signals and steps exist.
fn platforms(scenario: &Scenario) -> Option<Platforms> {
    let only = |systems: &[&str], reason: &str| {
        Some(Platforms { only: systems.iter().map(ToString::to_string).collect(), reason: reason.to_owned() })
    };
    let made_of = Ingredients::of(scenario);
    if made_of.has(Act::AwaitTrace.name()) {
        return only(&["linux"], "a signal handler is followed with Linux's ptrace(2)");
    }
    if made_of.has("start.pending-limit") {
        return only(&["linux"], "the limit of queued signals, RLIMIT_SIGPENDING, is Linux's own");
    }
    let signals = ingredients::signals(scenario);
    let here_only =
        |signal: &&Signal| ["SIGPWR", "SIGSTKFLT", "SIGINFO", "SIGEMT"].contains(&signal.to_string().as_str());
    if signals.iter().any(|signal| here_only(&signal)) {
        return only(&[std::env::consts::OS], "these signals do not exist everywhere");
    }
    if signals.iter().any(|signal| signal.is_real_time()) || made_of.has(Act::Queue.name()) {
        return only(&["linux", "freebsd"], "macOS has no real-time signals");
    }
    let directed = made_of.has(Act::SendToThread.name()) || made_of.has(Act::SendToIdle.name());
    directed
        .then(|| only(&["linux", "freebsd"], "on macOS a kqueue posts nothing for a signal directed at a thread"))?
}

/// The text of the file, with what found it as a comment.
pub(super) fn text(scenario: &Scenario, found: &str) -> String {
    let mut text = format!("# {found}\ntitle = {}\n", inline(&scenario.title));
    let mut line = |name: &str, value: String| {
        if !["{}", "[]", "false"].contains(&value.as_str()) {
            let _ = writeln!(text, "{name} = {value}");
        }
    };
    line("requirements", inline(&scenario.requirements));
    line("claims", inline(&scenario.claims));
    line("applies_to", inline(&scenario.applies_to));
    if let Some(observes) = &scenario.observes {
        line("observes", inline(observes));
    }
    if let Some(platforms) = &scenario.platforms {
        line("platforms", inline(platforms));
    }
    line("varies_by", inline(&scenario.varies_by));
    if let Some(slow) = &scenario.slow {
        line("slow", inline(slow));
    }
    line("ends_at_once", scenario.ends_at_once.to_string());
    line("start", inline(&scenario.start));
    line("before", inline(&scenario.before));
    let _ = writeln!(text, "subscribe = {}\nsteps = [", inline(&scenario.subscribe));
    for step in &scenario.steps {
        let _ = writeln!(text, "    {},", inline(step));
    }
    text + "]\n"
}

/// A value on one line, as TOML writes it. What is left out stands for what it is by default.
fn inline(value: &impl Serialize) -> String {
    toml::Value::try_from(value).map_or_else(|_| String::new(), |value| inline_value(&value))
}

fn inline_value(value: &toml::Value) -> String {
    match value {
        toml::Value::Array(list) => format!("[{}]", list.iter().map(inline_value).collect::<Vec<_>>().join(", ")),
        toml::Value::Table(table) => {
            // What it is comes first.
            let is_kind = |name: &str| name == "step" || name == "action";
            let (kind, rest): (Vec<_>, Vec<_>) = table.iter().partition(|(name, _)| is_kind(name));
            let of = kind.into_iter().chain(rest).filter(|(name, value)| !is_default(name, value));
            let of: Vec<_> = of.map(|(name, value)| format!("{name} = {}", inline_value(value))).collect();
            if of.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", of.join(", ")) }
        }
        other => other.to_string(),
    }
}

fn is_default(name: &str, value: &toml::Value) -> bool {
    match value {
        toml::Value::Boolean(false) => true,
        toml::Value::Integer(0) => matches!(name, "quiet" | "within" | "descriptors"),
        toml::Value::Array(list) => list.is_empty() && name != "subscribe",
        toml::Value::String(text) => matches!((name, text.as_str()), ("to", "process") | ("then", "exit")),
        _ => false,
    }
}
