//! The documented transcripts, reviewed in the repository's package `snapshots`, which travel inside this crate. The folder
//! `transcripts` is a symbolic link to them: there is one reviewed file, and a package holds what the link leads to.

use include_dir::{Dir, include_dir};

static DATA: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/transcripts");

/// A reviewed transcript of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documented {
    /// The claims that it holds for, as `burst=every`; empty where every backend has the same.
    pub claims: Vec<&'static str>,
    /// Its lines.
    pub transcript: &'static str,
}

/// The reviewed transcripts of a scenario: one for each value of the claims that it depends on.
#[must_use]
pub fn documented(scenario: &str) -> Vec<Documented> {
    let file = |file: &'static include_dir::File<'static>| {
        let name = file.path().file_name()?.to_str()?.strip_suffix(".snap")?;
        let mut words = name.split('@');
        (words.next() == Some(scenario)).then_some(())?;
        // insta writes a header between two lines of three hyphens.
        let (_, transcript) = file.contents_utf8()?.strip_prefix("---\n")?.split_once("\n---\n")?;
        Some(Documented { claims: words.collect(), transcript })
    };
    let mut documented: Vec<_> = DATA.files().filter_map(file).collect();
    documented.sort_by(|a, b| a.claims.cmp(&b.claims));
    documented
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_has_its_own_transcripts_and_no_other() {
        assert_eq!(documented("sequence").len(), 1);
        let claims: Vec<_> = documented("burst-5").into_iter().flat_map(|documented| documented.claims).collect();
        assert!(claims.contains(&"burst=every") && claims.contains(&"burst=at-least-one"), "{claims:?}");
        assert_eq!(documented("no-such-scenario"), []);
    }
}
