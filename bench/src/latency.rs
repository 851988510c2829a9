//! From sending a signal to its handler, round after round, as the fixtures' own clocks show it. Every round is the same
//! code of the fixture contract but for the backend's; what a line of the protocol costs is in all of them, the floor's too.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use sigconform::{
    catalogue::Catalogue,
    description,
    drive::{Driver, Limits},
    fixture::Fixture,
};
use sigconform_fixture::{Event, Happening, Signal, Step};

/// Rounds that are measured; as many again come before.
const ROUNDS: usize = 1000;

const SCENARIO: &str = r#"
title = "rounds of send and yield"
requirements = ["latency"]
subscribe = ["SIGUSR1"]
steps = [{ step = "repeat", times = 2000, steps = [{ step = "send", signal = "SIGUSR1" }, { step = "yield" }] }]
"#;
const REQUIREMENT: &str =
    "[[requirement]]\nslug = \"latency\"\ngroup = \"sequence\"\nlevel = \"must\"\nstatement = \"s\"\nsource = \"s\"\n";

/// What one backend showed.
pub(crate) struct Latency {
    pub(crate) backend: String,
    /// From each send to its handler, sorted.
    pub(crate) waits: Vec<Duration>,
    /// Rounds a second.
    pub(crate) throughput: f64,
}

impl Latency {
    /// The wait that so many in a hundred do not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.waits[(self.waits.len() - 1) * percent / 100]
    }
}

/// Measures the floor, then every backend that can play it here.
pub(crate) fn measure(backends: &[&Fixture], floor: &Fixture) -> Result<Vec<Latency>> {
    let scenario = Catalogue::parse(REQUIREMENT, [(PathBuf::from("latency.toml"), SCENARIO)])?.scenarios.remove(0);
    let mut driver = Driver::new();
    let mut latencies = Vec::new();
    for fixture in [floor].into_iter().chain(backends.iter().copied()) {
        let description = description::with(&mut driver, fixture)?;
        let part = scenario.part(&description.claims);
        let can = |step: &Step| description.steps.iter().any(|name| name == step.name());
        let takes = |signal: &Signal| !description.claims.excludes(*signal);
        let plays = part.script.steps.iter().all(can) && part.script.subscribe.iter().all(takes);
        if description.why_not_on(std::env::consts::OS).is_some() || !plays {
            eprintln!("{}: left out, for it cannot play the rounds here", fixture.name);
            continue;
        }
        let transcript = driver.play(fixture, &scenario.start, &part.script, &Limits::default())?;
        let latency = latency(&fixture.name, &transcript.events);
        latencies.push(latency.with_context(|| format!("{} did not handle every signal", fixture.name))?);
    }
    Ok(latencies)
}

fn latency(backend: &str, events: &[Event]) -> Option<Latency> {
    let times = |wanted: fn(&Happening) -> bool| -> Vec<u64> {
        let chosen = events.iter().filter(|event| wanted(&event.what)).map(|event| event.t);
        chosen.skip(ROUNDS).collect()
    };
    let sent = times(|what| matches!(what, Happening::Sending { .. }));
    let handled = times(|what| matches!(what, Happening::Handler { .. }));
    if sent.len() != ROUNDS || handled.len() != ROUNDS {
        return None;
    }
    let took = Duration::from_nanos(handled.last()?.checked_sub(*sent.first()?)?);
    let waits = sent.iter().zip(handled).map(|(sent, handled)| Some(Duration::from_nanos(handled.checked_sub(*sent)?)));
    let mut waits = waits.collect::<Option<Vec<_>>>()?;
    waits.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a thousand rounds")]
    let throughput = ROUNDS as f64 / took.as_secs_f64();
    Some(Latency { backend: backend.to_owned(), waits, throughput })
}

/// The table; the first is the floor.
pub(crate) fn section(latencies: &[Latency]) -> String {
    let mut text = format!(
        "## From a signal to its handler\n\n{ROUNDS} rounds of send and yield after as many that do not count. Each wait begins \
         with the line that announces the send, and what that line costs is in it.\n\n\
         | backend | median | 9 in 10 within | 99 in 100 within | median : floor | rounds a second |\n\
         |---|--:|--:|--:|--:|--:|\n"
    );
    let micros = |time: Duration| format!("{:.1} µs", time.as_secs_f64() * 1e6);
    for latency in latencies {
        let [median, ninety, ninety_nine] = [50, 90, 99].map(|percent| latency.percentile(percent));
        let floor = latencies[0].percentile(50).as_secs_f64();
        text += &format!(
            "| {} | {} | {} | {} | {:.1} | {:.0} |\n",
            latency.backend,
            micros(median),
            micros(ninety),
            micros(ninety_nine),
            median.as_secs_f64() / floor,
            latency.throughput
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use sigconform_fixture::{Place, Receiver, Subscription};

    use super::*;

    fn rounds(count: usize) -> Vec<Event> {
        let signal = Signal::SIGHUP;
        let handler = Happening::Handler {
            signal,
            subscription: Subscription(1),
            place: Place::SenderThread,
            info: sigconform_fixture::Information::default(),
        };
        let round = |at: u64| {
            [
                Event { t: at * 1000, what: Happening::Sending { signal, to: Receiver::Process } },
                Event { t: at * 1000 + at, what: handler.clone() },
            ]
        };
        (0..count as u64).flat_map(round).collect()
    }

    #[test]
    fn the_first_half_does_not_count() {
        let latency = latency("b", &rounds(2 * ROUNDS)).expect("every round is there");
        assert_eq!(latency.percentile(0), Duration::from_micros(1));
        assert_eq!(latency.percentile(100), Duration::from_nanos(1999));
        assert!((latency.throughput - 1e6).abs() < 2e3, "{}", latency.throughput);
    }

    #[test]
    fn a_missing_round_is_no_measurement() {
        assert!(latency("b", &rounds(2 * ROUNDS - 1)).is_none());
    }
}
