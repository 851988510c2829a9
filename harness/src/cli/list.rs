//! `list`: what there is.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{CliError, print};
use crate::{
    catalogue::{Catalogue, Requirement},
    description, exit_status,
    fixture::{Fixture, Specimen},
    transcript::one_line,
};

/// What to list.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum What {
    /// Programs under test
    Backends,
    /// What they are asked to play
    #[default]
    Scenarios,
    /// What is required of them
    Requirements,
}

/// List backends, scenarios or requirements.
#[derive(Debug, Args)]
pub struct List {
    /// What to list [default: scenarios]
    #[arg(value_enum, hide_default_value = true, default_value = "scenarios")]
    pub what: What,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// One entry: its name, and what is said of it.
struct Entry {
    name: String,
    note: String,
    json: serde_json::Value,
}

impl List {
    /// Runs the command; returns the exit status.
    ///
    /// # Errors
    /// [`CliError`] when a fixture cannot be used.
    pub fn run(&self, catalogue: &Catalogue, fixtures: &[Fixture]) -> Result<u8, CliError> {
        let entries: Vec<Entry> = match self.what {
            What::Backends => fixtures.iter().map(backend).collect::<Result<_, _>>()?,
            What::Scenarios => catalogue
                .scenarios
                .iter()
                .map(|scenario| Entry {
                    name: scenario.name.clone(),
                    note: scenario.title.clone(),
                    json: json!({ "name": scenario.name, "title": scenario.title, "requirements": scenario.requirements }),
                })
                .collect(),
            What::Requirements => catalogue
                .requirements
                .iter()
                .map(requirement)
                .collect(),
        };
        if self.json {
            let all: Vec<_> = entries.into_iter().map(|entry| entry.json).collect();
            print(&format!("{:#}\n", serde_json::Value::Array(all)))?;
            return Ok(exit_status::CONFORMING);
        }
        let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
        let lines = entries.iter().map(|Entry { name, note, .. }| format!("{name:width$}  {}\n", one_line(note)));
        print(&lines.collect::<String>())?;
        Ok(exit_status::CONFORMING)
    }
}

fn requirement(requirement: &Requirement) -> Entry {
    let untestable = requirement.untestable.as_ref();
    let untestable = untestable.map(|reason| format!(" (untestable: {reason})")).unwrap_or_default();
    Entry {
        name: requirement.slug.clone(),
        note: format!("({}) {}{untestable}", requirement.level, requirement.statement),
        json: json!(requirement),
    }
}

fn backend(fixture: &Fixture) -> Result<Entry, CliError> {
    let name = fixture.name.clone();
    if let Some(reason) = fixture.missing() {
        return Ok(Entry { json: json!({ "name": name, "missing": reason }), note: reason, name });
    }
    let description = description::of(fixture)?;
    let mut note = format!("{} {} ({})", description.library, description.version, description.language);
    if let Some(reason) = description.why_not_on(std::env::consts::OS) {
        note = format!("{note}; not here: {reason}");
    }
    let broken = match &fixture.specimen {
        Some(Specimen::Broken(law)) => Some(law),
        Some(Specimen::Control | Specimen::Correct(_)) | None => None,
    };
    if let Some(law) = broken {
        note = format!("{note}; deliberately broken, to be caught by {law}");
    }
    Ok(Entry { name, note, json: json!({ "description": description, "broken": broken }) })
}
