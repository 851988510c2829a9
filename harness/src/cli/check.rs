//! `check`: tells the author of a fixture in plain words what in its protocol is wrong. It judges the fixture, not the
//! library: a broken law is none of its business.

use std::{collections::BTreeMap, ffi::OsString};

use clap::Args;
use serde_json::Value;
use sigconform_fixture::{Before, Description, PROTOCOL, Step};

use super::{CliError, print};
use crate::{
    catalogue::Catalogue,
    description::{self, explained},
    drive::{self, Limits},
    exit_status,
    fixture::{Fixture, is_name, missing_sources},
    report::diagnosis::printable,
    results::Verdict,
    run::{self, Options, Selection},
    select::near_matches,
};

/// Where the protocol is explained.
const PAGE: &str = "docs/protocol.md in the repository of sigconform";

/// Say in plain words what in a fixture's protocol is wrong.
#[derive(Debug, Args)]
pub struct Check {
    /// The fixture and its arguments; `describe` or `run` is appended
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "FIXTURE")]
    pub fixture: Vec<OsString>,
}

/// What was found: lines for people.
#[derive(Debug, Default)]
struct Findings {
    right: Vec<String>,
    wrong: Vec<String>,
    notes: Vec<String>,
}

impl Check {
    /// Runs the command; returns the exit status: not conforming when anything is wrong with the fixture.
    ///
    /// # Errors
    /// [`CliError`] when the result cannot be printed.
    pub fn run(&self, catalogue: &Catalogue) -> Result<u8, CliError> {
        let mut findings = Findings::default();
        let unnamed = Fixture::new("", self.fixture.clone());
        if let Some(description) = findings.describe(&unnamed) {
            let name = description.name.clone();
            findings.description(&description);
            if findings.wrong.is_empty() {
                let described = Some(Box::new(description));
                findings.play(catalogue, &[Fixture { name, described, ..unnamed }])?;
            }
        }
        let mut text = String::new();
        for (word, lines) in [("ok", &findings.right), ("note", &findings.notes), ("WRONG", &findings.wrong)] {
            lines.iter().for_each(|line| text += &format!("{word:5}  {}\n", printable(line)));
        }
        let is_right = findings.wrong.is_empty();
        text += &if is_right {
            "\nthe fixture speaks the protocol\n".to_owned()
        } else {
            format!("\n{} to mend; the protocol is explained in {PAGE}\n", findings.wrong.len())
        };
        print(&text)?;
        Ok(if is_right { exit_status::CONFORMING } else { exit_status::NOT_CONFORMING })
    }
}

impl Findings {
    /// Asks for the description, and reads it as far as it can be read.
    fn describe(&mut self, fixture: &Fixture) -> Option<Description> {
        let answer = match drive::describe(fixture, &Limits::default()) {
            Ok(answer) => answer,
            Err(error) => {
                self.wrong.push(format!("`{} describe`: {}", fixture.command_line(), explained(fixture, &error)));
                return None;
            }
        };
        let value: Value = match serde_json::from_str(&answer) {
            Ok(value) => value,
            Err(error) => {
                let begins = answer.chars().take(60).collect::<String>().escape_debug().to_string();
                self.wrong.push(format!(
                    "`describe` must print one JSON object and nothing else, on standard output; it printed `{begins}` \
                     ({error})"
                ));
                return None;
            }
        };
        match value["protocol"].as_u64() {
            Some(version) if version == u64::from(PROTOCOL) => {}
            Some(version) => {
                self.wrong.push(format!(
                    "it speaks protocol {version}, and this program speaks {PROTOCOL}: write the fixture for {PROTOCOL}, \
                     or use the sigconform of that time"
                ));
                return None;
            }
            None => {
                self.wrong
                    .push(format!("the description lacks the protocol's version: add `\"protocol\": {PROTOCOL}`"));
            }
        }
        match description::read(&answer) {
            Ok(description) => Some(description),
            Err(error) => {
                self.wrong.push(format!("the description is not as the protocol has it: {error}"));
                None
            }
        }
    }

    fn description(&mut self, description: &Description) {
        let Description { name, library, version, language, steps, before, claims, .. } = description;
        self.right.push(format!("describes itself: {name}, {library} {version}, in {language}"));
        if !is_name(name) {
            self.wrong.push(format!("its name is `{name}`: write lower-case letters, digits and hyphens"));
        }
        for (field, text) in [("library", library), ("version", version), ("language", language)] {
            if text.trim().is_empty() {
                self.wrong.push(format!("the description's `{field}` is empty"));
            }
        }
        for step in steps.iter().filter(|step| !Step::NAMES.contains(&step.as_str())) {
            let near = near_matches(step, Step::NAMES.iter().copied());
            let near = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) };
            self.wrong.push(format!("`steps` lists `{step}`, and there is no such step{near}"));
        }
        for name in before.iter().filter(|name| !Before::NAMES.contains(&name.as_str())) {
            self.wrong.push(format!("`before` lists `{name}`, and it is one of {}", Before::NAMES.join(", ")));
        }
        let missing: Vec<_> =
            Step::NAMES.iter().filter(|name| !steps.iter().any(|step| step == *name)).copied().collect();
        if !missing.is_empty() {
            self.notes.push(format!("scenarios with these steps are skipped: {}", missing.join(", ")));
        }
        let forgotten = claims.without_source();
        if !forgotten.is_empty() {
            self.wrong.push(format!("it {}", missing_sources(&forgotten)));
        } else if claims.are_undocumented() {
            self.notes.push(
                "it claims nothing, so `sigconform run` wants --laws-only: add what the documentation promises, each claim \
                 with the address of the page"
                    .to_owned(),
            );
        }
    }

    /// Plays everything, and keeps what is the fixture's own fault.
    fn play(&mut self, catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<(), CliError> {
        let plan = run::plan(catalogue, fixtures, &Selection::default())?;
        let results = plan.run(&Options::default(), |_| {});
        let played =
            results.results.iter().filter(|cell| matches!(cell.verdict, Verdict::Pass | Verdict::Fail)).count();
        if played > 0 {
            self.right.push(format!("played {played} scenarios to their end, step by step"));
        } else {
            self.wrong.push("it could play no scenario: the least steps are `send`, `yield` and `settle`".to_owned());
        }
        let failed = results.count(Verdict::Fail);
        if failed > 0 {
            self.notes.push(format!(
                "{failed} of them break a law; see which: sigconform run -- {}",
                fixtures[0].command_line()
            ));
        }
        // One fault shows in many scenarios: it is said once.
        let mut faults: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for cell in results.results.iter().filter(|cell| cell.verdict == Verdict::Error) {
            faults.entry(cell.reason.as_deref().unwrap_or_default()).or_default().push(&cell.scenario);
        }
        for (reason, scenarios) in faults {
            let others = if scenarios.len() > 1 { format!(" and {} more", scenarios.len() - 1) } else { String::new() };
            self.wrong.push(format!("in {}{others}: {reason}{}", scenarios[0], hint(reason)));
        }
        Ok(())
    }
}

/// What a fixture's author may not see in a message of the judge: the same event is named twice.
fn hint(reason: &str) -> &'static str {
    let mut names = reason.split('`').skip(1).step_by(2);
    let same = reason.contains("left its script") && names.next().is_some_and(|said| names.next() == Some(said));
    if same { "; the event is the right one, and one of its fields is not: compare it with the step's" } else { "" }
}
