//! Examples for `explain`: played on the spot, so that what is shown is what happens.

use std::collections::BTreeSet;

use crate::{
    catalogue::{Catalogue, Scenario},
    description,
    drive::Limits,
    fixture::{Fixture, Specimen},
    observed,
    report::{diagnosis, observations},
    results::{Backend, Cell, Results, Verdict},
    run::{self, Options, Selection},
};

/// Most cells that are played in search of one example.
const TRIES: usize = 12;

/// What the sequence that everything grew from gives on a backend.
pub(super) fn transcript(catalogue: &Catalogue, fixtures: &[Fixture], backend: &Fixture) -> Option<String> {
    let cell = play(catalogue, fixtures, backend, "sequence").filter(|cell| cell.verdict == Verdict::Pass)?;
    let lines = cell.outcomes.first()?.transcript.lines().map(|line| format!("    {line}\n"));
    Some(format!("the scenario `sequence`, as it was played just now:\n\n{}", lines.collect::<String>()))
}

/// What is observed of the claims that a backend's documentation leaves open: a line for each, also for what was not seen.
pub(super) fn observed(catalogue: &Catalogue, fixtures: &[Fixture], backend: &Fixture) -> Option<String> {
    let description = description::of(backend).ok().filter(|one| one.why_not_on(std::env::consts::OS).is_none())?;
    let about = Backend::described(&backend.name, &description);
    let open: Vec<_> = observed::claims().filter(|(claim, _)| !observations::settles(&about, claim)).collect();
    let scenarios: BTreeSet<_> = open.iter().flat_map(|(_, scenarios)| *scenarios).collect();
    let cells = scenarios.into_iter().filter_map(|scenario| play(catalogue, fixtures, backend, scenario)).collect();
    let results = Results { backends: vec![about], ..Results::of(cells) };
    let seen = observations::of_backend(&results, &backend.name);
    let line = |(claim, scenarios): &(&str, &[&str])| match seen.iter().find(|seen| seen.claim == *claim) {
        Some(seen) => format!("  {claim}: {} (in {})\n", seen.text(), in_a_row(seen.scenarios.iter())),
        None => format!("  {claim}: not seen (in {})\n", in_a_row(scenarios.iter())),
    };
    let lines: String = open.iter().map(line).collect();
    let title = "observed just now, where its documentation says nothing or leaves it open; nobody promises it:";
    (!lines.is_empty()).then(|| format!("{title}\n{lines}"))
}

fn in_a_row<'a>(names: impl Iterator<Item = &'a &'a str>) -> String {
    names.copied().collect::<Vec<_>>().join(", ")
}

/// How a deliberately broken backend breaks a law, where there is one here.
pub(super) fn breach(catalogue: &Catalogue, fixtures: &[Fixture], law: &str) -> Option<String> {
    let is_broken = |fixture: &&Fixture| fixture.specimen == Some(Specimen::Broken(law.to_owned()));
    let is_about = |scenario: &&Scenario| scenario.requirements.iter().any(|slug| slug == law);
    let mut scenarios = shortest_first(catalogue.scenarios.iter().filter(is_about));
    scenarios.extend(shortest_first(catalogue.scenarios.iter().filter(|scenario| !is_about(scenario))));
    let broken = fixtures.iter().filter(is_broken);
    let cells = broken.flat_map(|fixture| scenarios.iter().take(TRIES).map(move |scenario| (fixture, *scenario)));
    let mut played = cells.filter_map(|(fixture, scenario)| play(catalogue, fixtures, fixture, scenario));
    let mut cell = played.find(|cell| cell.violations.first().is_some_and(|broken| broken.law == law))?;
    cell.violations.truncate(1);
    Some(format!("a backend that breaks it, as it was played just now:\n\n{}", diagnosis::plain(&cell)))
}

/// Names of scenarios: a short story explains best.
fn shortest_first<'a>(scenarios: impl Iterator<Item = &'a Scenario>) -> Vec<&'a str> {
    let mut scenarios: Vec<_> = scenarios.collect();
    scenarios.sort_by_key(|scenario| (scenario.slow.is_some(), scenario.steps.len()));
    scenarios.into_iter().map(|scenario| scenario.name.as_str()).collect()
}

fn play(catalogue: &Catalogue, fixtures: &[Fixture], backend: &Fixture, scenario: &str) -> Option<Cell> {
    let exactly = |name: &str| name.parse().map(|pattern| vec![pattern]);
    let selection = Selection {
        backends: exactly(&backend.name).ok()?,
        scenarios: exactly(scenario).ok()?,
        ..Selection::default()
    };
    // An example is worth no minute of waiting.
    let limits = Limits::default().hasty();
    let plan = run::plan(catalogue, fixtures, &selection).ok()?;
    plan.run(&Options { limits, ..Options::default() }, |_| {}).results.pop()
}
