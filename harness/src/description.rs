//! Descriptions: what a fixture says of itself when it is asked. A [`Fixture`] says only how its program is started; here it
//! is started, and its answer read.
//!
//! ```no_run
//! use sigconform::{description, fixture::Fixture};
//!
//! // It is started and asked, and must call itself by the name that we know it under.
//! let description = description::of(&Fixture::new("mine", vec!["./mine".into()]))?;
//! println!("{} {}", description.library, description.version);
//! # Ok::<(), sigconform::fixture::FixtureError>(())
//! ```

use std::ffi::OsString;

use sigconform_fixture::{Description, PROTOCOL};

use crate::{
    drive::{DriveError, Driver, Limits},
    fault::Fault,
    fixture::{Again, Fixture, FixtureError, is_name},
    transcript::one_line,
};

/// What the program of `fixture` is and claims. Nothing is started where that is known already.
///
/// # Errors
/// [`FixtureError::Describe`] when it does not say what it is, or goes by another name; [`FixtureError::NoSource`] when it
/// claims what no page promises.
pub fn of(fixture: &Fixture) -> Result<Description, FixtureError> {
    with(&mut Driver::new(), fixture)
}

/// The same, with a driver that has more to do.
///
/// # Errors
/// As there.
pub fn with(driver: &mut Driver, fixture: &Fixture) -> Result<Description, FixtureError> {
    if let Some(described) = &fixture.described {
        return Ok((**described).clone());
    }
    let description = ask(driver, fixture)?;
    if description.name != fixture.name {
        let problem = format!("says that it is `{}`, not `{}`: correct one of them", description.name, fixture.name);
        return Err(FixtureError::Describe { command: fixture.command_line(), problem, fault: Fault::Fixture });
    }
    // A specimen is under test by nobody: no page promises what a deliberately broken one claims.
    let claims = description.claims.without_source();
    if fixture.specimen.is_none() && !claims.is_empty() {
        return Err(FixtureError::NoSource { name: description.name, claims });
    }
    Ok(description)
}

/// The fixture that this command line starts, under the name that it gives itself.
///
/// # Errors
/// [`FixtureError::Describe`] when it does not say what it is.
pub fn introduce(command: Vec<OsString>) -> Result<Fixture, FixtureError> {
    let unnamed = Fixture { again: Again::Program, ..Fixture::new("", command) };
    let described = ask(&mut Driver::new(), &unnamed)?;
    Ok(Fixture { name: described.name.clone(), described: Some(Box::new(described)), ..unnamed })
}

/// An error of driving `fixture`, with what is wrong with the program itself where it did not start.
pub(crate) fn explained(fixture: &Fixture, error: &DriveError) -> String {
    let fault = if matches!(error, DriveError::Start { .. }) { fixture.fault() } else { None };
    fault.map_or_else(|| error.to_string(), |fault| format!("{error}: {fault}"))
}

/// Reads an answer. What is wrong is said with its place: of a claim, its name.
pub(crate) fn read(answer: &str) -> Result<Description, String> {
    let mut deserializer = serde_json::Deserializer::from_str(answer);
    let description =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| match error.path().to_string() {
            nowhere if nowhere == "." => error.inner().to_string(),
            place => format!("`{}`: {}", one_line(&place), error.inner()),
        })?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(description)
}

/// Asks the program.
fn ask(driver: &mut Driver, fixture: &Fixture) -> Result<Description, FixtureError> {
    let by = |problem, fault| FixtureError::Describe { command: fixture.command_line(), problem, fault };
    let failed = |problem| by(problem, Fault::Fixture);
    let answer = driver.describe(fixture, &Limits::default());
    let answer = answer.map_err(|error| by(explained(fixture, &error), error.fault()))?;
    let description =
        read(&answer).map_err(|error| failed(format!("printed something else than a description: {error}")))?;
    if description.protocol != PROTOCOL {
        let problem = format!(
            "speaks protocol {}, this harness speaks {PROTOCOL}: build it against the same version",
            description.protocol
        );
        return Err(failed(problem));
    }
    if !is_name(&description.name) {
        let problem = format!(
            "calls itself `{}`: a backend's name is made of lower-case letters, digits and hyphens",
            description.name.escape_debug()
        );
        return Err(failed(problem));
    }
    Ok(description)
}
