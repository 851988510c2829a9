//! `explain`: what a name stands for, with its source, and an example that is played on the spot.

use clap::Args;
use sigconform_fixture::{Claims, HandlersRun};

use super::{CliError, print};
use crate::{
    catalogue::{Catalogue, Documented, Requirement, Scenario, documented},
    description, exit_status,
    fixture::Fixture,
    judge::law,
    report::diagnosis::printable,
    results::Verdict,
    select::{NoMatch, near_matches},
};

mod example;

/// Say what a law, requirement, scenario, backend or verdict is.
#[derive(Debug, Args)]
pub struct Explain {
    /// Its name
    pub name: String,
}

impl Explain {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when nothing has the name.
    pub fn run(&self, catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<u8, CliError> {
        let mut pages = Vec::new();
        if let Some(law) = law::find(&self.name) {
            pages.push(format!("law {}\n\n{}\n\nsource: {}", law.slug, law.statement, law.source));
            pages.extend(example::breach(catalogue, fixtures, law.slug));
        }
        if let Some(requirement) = catalogue.requirement(&self.name) {
            pages.push(self::requirement(requirement, catalogue));
        }
        pages.extend(catalogue.scenario(&self.name).map(scenario));
        if let Some(fixture) = fixtures.iter().find(|fixture| fixture.name == self.name) {
            pages.push(backend(fixture)?);
            pages.extend(example::observed(catalogue, fixtures, fixture));
            pages.extend(example::transcript(catalogue, fixtures, fixture));
        }
        if let Some(verdict) = Verdict::ALL.into_iter().find(|verdict| verdict.name() == self.name) {
            pages.push(format!("verdict {} {verdict}\n\n{}", verdict.glyph(), verdict.meaning()));
        }
        if pages.is_empty() {
            return Err(self.unknown(catalogue, fixtures).into());
        }
        let pages: Vec<_> = pages.iter().map(|page| page.trim_end()).collect();
        print(&(printable(&pages.join("\n\n")) + "\n"))?;
        Ok(exit_status::CONFORMING)
    }

    fn unknown(&self, catalogue: &Catalogue, fixtures: &[Fixture]) -> NoMatch {
        let mut names: Vec<&str> = Vec::new();
        names.extend(law::ALL.iter().map(|law| law.slug));
        names.extend(catalogue.requirements.iter().map(|requirement| requirement.slug.as_str()));
        names.extend(catalogue.scenarios.iter().map(|scenario| scenario.name.as_str()));
        names.extend(fixtures.iter().map(|fixture| fixture.name.as_str()));
        names.extend(Verdict::ALL.iter().map(|verdict| -> &str { verdict.name() }));
        names.sort_unstable();
        names.dedup();
        let near = near_matches(&self.name, names.into_iter());
        NoMatch { kind: "law, requirement, scenario, backend or verdict", wanted: self.name.clone(), near }
    }
}

fn requirement(requirement: &Requirement, catalogue: &Catalogue) -> String {
    let Requirement { slug, group, level, statement, source, untestable } = requirement;
    let shown_by = catalogue.scenarios.iter().filter(|scenario| scenario.requirements.contains(slug));
    let shown_by: Vec<_> = shown_by.map(|scenario| scenario.name.as_str()).collect();
    let shown = match untestable {
        Some(reason) => format!("no scenario can show it: {reason}"),
        None => format!("shown by: {}", shown_by.join(", ")),
    };
    // A short story explains best.
    let example = shown_by.iter().flat_map(|name| documented(name)).min_by_key(|one| one.transcript.len());
    let example = example.map(|documented| self::shown(&documented, "as documented in one of them"));
    let example = example.unwrap_or_default();
    format!("requirement {slug} ({level}, {})\n\n{statement}\n\nsource: {source}\n{shown}{example}", group.title())
}

fn shown(Documented { claims, transcript }: &Documented, what: &str) -> String {
    let claims = if claims.is_empty() { String::new() } else { format!(", with {}", claims.join(", ")) };
    let lines: String = transcript.lines().map(|line| format!("\n    {line}")).collect();
    format!("\n\n{what}{claims}:\n{lines}")
}

fn scenario(scenario: &Scenario) -> String {
    let mut text = format!("scenario {}\n\n{}\n", scenario.name, scenario.title);
    text += &format!("\nrequirements: {}", scenario.requirements.join(", "));
    if !scenario.claims.is_empty() {
        text += &format!("\nclaims: {}", scenario.claims.join(", "));
    }
    if let Some(reason) = &scenario.slow {
        text += &format!("\nslow: {reason}");
    }
    let signals: Vec<_> = scenario.subscribe.iter().map(ToString::to_string).collect();
    text += &format!("\nsubscribed: {}", signals.join(", "));
    for documented in documented(&scenario.name) {
        text += &shown(&documented, "the documented transcript");
    }
    text + &format!("\n\nplay it: cargo xtask run BACKEND {}", scenario.name)
}

fn backend(fixture: &Fixture) -> Result<String, CliError> {
    if let Some(reason) = fixture.missing() {
        return Ok(format!("backend {}\n\n{reason}", fixture.name));
    }
    let description = description::of(fixture)?;
    let mut text = format!("backend {}\n\n{} {}, ", description.name, description.library, description.version);
    text += &format!("in {}\n\nclaims:", description.language);
    text += &claims(&description.claims);
    text += match description.claims.handlers_run.value {
        HandlersRun::SenderThread => {
            "\n\nIts handlers run on the sender's thread, so they run only while the sender yields: every line of a \
             transcript has its documented place."
        }
        HandlersRun::Concurrently => {
            "\n\nIts handlers run concurrently with the sender: the loop may call one any time after the send, so its line \
             may come before `yielding control`. It must have come by the end of the yield. For comparing, such a line is \
             shown in its yield."
        }
    };
    if let Some(reason) = description.why_not_on(std::env::consts::OS) {
        text += &format!("\n\nnot on this system: {reason}");
    }
    for known in &fixture.expectations {
        text += &format!("\n\nknown failure in {}: {} ({})", known.scenario, known.reason, known.reference);
    }
    Ok(text)
}

/// One line a claim, as the protocol spells it; what is not documented is no claim.
fn claims(claims: &Claims) -> String {
    let documented = claims.all().into_iter().filter(|(.., source)| source.is_documented());
    let lines = documented.map(|(name, value, source)| format!("\n  {name}: {value} ({})", source.as_str()));
    let lines: String = lines.collect();
    if lines.is_empty() { " none".to_owned() } else { lines }
}
