//! Selecting: which backends and scenarios a command line means, and what was probably meant when it means none.
//!
//! ```
//! use sigconform::select::{Pattern, select};
//!
//! let patterns: Vec<Pattern> = vec!["tokio-*".parse()?];
//! let backends = ["asyncio", "tokio-current-thread", "tokio-multi-thread"];
//! assert_eq!(select("backend", &backends, |name| name, &patterns)?.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{fmt, hash::Hasher};

use globset::{Glob, GlobMatcher};
use serde::{Deserialize, Serialize};

use crate::text;

/// A shell-style pattern, or a plain name.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl std::str::FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let glob =
            Glob::new(text).map_err(|error| format!("{}: write a name, or a pattern with * and ?", error.kind()))?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }
}

impl Pattern {
    /// Whether the pattern means this name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.matcher.is_match(name)
    }
}

/// A pattern that means nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no {kind} is called `{}`{}", text::name(.wanted), suggestion(.near))]
pub struct NoMatch {
    /// `backend` or `scenario`.
    pub kind: &'static str,
    /// What was asked for.
    pub wanted: String,
    /// Names that are close to it.
    pub near: Vec<String>,
}

fn suggestion(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("; did you mean {}?", names.join(" or ")) }
}

/// The names that the patterns mean, in their own order; all of them without a pattern.
///
/// # Errors
/// [`NoMatch`] for the first pattern that means no name.
pub fn select<'a, T>(
    kind: &'static str,
    all: &'a [T],
    name: impl Fn(&T) -> &str,
    patterns: &[Pattern],
) -> Result<Vec<&'a T>, NoMatch> {
    let names = || all.iter().map(&name);
    if let Some(unmatched) = patterns.iter().find(|pattern| !names().any(|name| pattern.matches(name))) {
        return Err(NoMatch { kind, wanted: unmatched.text.clone(), near: near_matches(&unmatched.text, names()) });
    }
    let wanted = |item: &&T| patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(name(item)));
    Ok(all.iter().filter(wanted).collect())
}

/// The names closest to `wanted`: those that hold it, or are a few letters away; three at most, best first.
pub fn near_matches<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<_> = names
        .map(|name| {
            let likeness = strsim::jaro_winkler(wanted, name);
            (if name.contains(wanted) || wanted.contains(name) { likeness + 1.0 } else { likeness }, name)
        })
        .filter(|(score, _)| *score > 0.7)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// One of `count` equal parts of all cells, the same on every machine: `hash:M/N`, as cargo-nextest writes it.
///
/// ```
/// use sigconform::select::Partition;
///
/// let part: Partition = "hash:1/3".parse()?;
/// let holders = part.all().filter(|part| part.holds("self-pipe", "sequence")).count();
/// assert_eq!(holders, 1, "every cell is in exactly one part");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Partition {
    shard: u64,
    count: u64,
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hash:{}/{}", self.shard, self.count)
    }
}

impl From<Partition> for String {
    fn from(partition: Partition) -> Self {
        partition.to_string()
    }
}

impl TryFrom<String> for Partition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usage = || format!("`{text}` is no partition: write hash:M/N with 1 <= M <= N, such as hash:1/3");
        let (shard, count) = text.strip_prefix("hash:").and_then(|rest| rest.split_once('/')).ok_or_else(usage)?;
        let (shard, count) = (shard.parse().map_err(|_| usage())?, count.parse().map_err(|_| usage())?);
        if shard == 0 || shard > count { Err(usage()) } else { Ok(Self { shard, count }) }
    }
}

impl Partition {
    /// Whether the cell belongs to this part.
    #[must_use]
    pub fn holds(self, backend: &str, scenario: &str) -> bool {
        hash([backend, "/", scenario]) % self.count == self.shard - 1
    }

    /// All the parts of which this is one.
    pub fn all(self) -> impl Iterator<Item = Self> {
        (1..=self.count).map(move |shard| Self { shard, ..self })
    }

    /// Into how many parts the whole is divided.
    #[must_use]
    pub fn count(self) -> u64 {
        self.count
    }
}

/// What stands for a plan in the results of its parts: the hash of the names of its cells, in their order.
#[must_use]
pub fn plan_hash<'a>(cells: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    format!("{:016x}", hash(cells.flat_map(|(backend, scenario)| [backend, "/", scenario, "\n"])))
}

fn hash<'a>(words: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    words.into_iter().for_each(|word| hasher.write(word.as_bytes()));
    hasher.finish()
}

/// FNV-1a: the standard library promises no stable hash, and partitions must agree between machines and versions.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        // The low bits of FNV-1a are its weakest.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["asyncio", "signalfd", "tokio-current-thread", "tokio-multi-thread"];

    fn pick(patterns: &[&str]) -> Result<Vec<&'static str>, NoMatch> {
        let patterns: Vec<Pattern> = patterns.iter().map(|text| text.parse().expect("a pattern")).collect();
        Ok(select("backend", NAMES, |name| name, &patterns)?.into_iter().copied().collect())
    }

    #[test]
    fn patterns_select_and_nothing_selects_all() {
        assert_eq!(pick(&["tokio-*", "asyncio"]).unwrap(), ["asyncio", "tokio-current-thread", "tokio-multi-thread"]);
        assert_eq!(pick(&[]).unwrap().len(), NAMES.len());
    }

    #[test]
    fn an_unknown_name_is_an_error_with_near_matches() {
        let error = pick(&["signlfd"]).unwrap_err();
        assert_eq!(error.to_string(), "no backend is called `signlfd`; did you mean signalfd?");
        assert_eq!(pick(&["tokio"]).unwrap_err().near.len(), 2);
        assert!(pick(&["zzz"]).unwrap_err().near.is_empty());
    }

    #[test]
    fn what_is_part_of_a_name_is_nearer_than_what_is_spelt_alike() {
        let near = |wanted: &str, names: &[&'static str]| near_matches(wanted, names.iter().copied());
        assert_eq!(near("thread", NAMES), ["tokio-current-thread", "tokio-multi-thread"]);
        assert_eq!(near("burst", &["bursr", "storm-burst"]), ["storm-burst", "bursr"]);
        assert_eq!(near("burst-five", &["burst-fivf", "burst", "idle"]), ["burst", "burst-fivf"]);
        assert_eq!(near("fork", &["forc", "forb", "ford", "forks"]), ["forks", "forb", "forc"], "three at most");
    }

    #[test]
    fn partitions_add_up_to_the_whole() {
        let parts: Vec<Partition> = (1..=3).map(|m| format!("hash:{m}/3").parse().expect("a partition")).collect();
        for backend in NAMES {
            for scenario in ["sequence", "burst", "refusal", "idle"] {
                assert_eq!(parts.iter().filter(|part| part.holds(backend, scenario)).count(), 1);
            }
        }
    }

    #[test]
    fn a_cell_is_in_the_same_part_on_every_machine_and_in_every_version() {
        // FNV-1a of the names, computed elsewhere.
        for (backend, scenario, of_three, of_seven) in
            [("self-pipe", "sequence", 3, 6), ("signalfd", "burst-5", 2, 1), ("tokio-current-thread", "idle", 2, 6)]
        {
            for (count, shard) in [(3, of_three), (7, of_seven)] {
                let first: Partition = format!("hash:1/{count}").parse().expect("a partition");
                let holders: Vec<_> = first.all().filter(|part| part.holds(backend, scenario)).collect();
                assert_eq!(holders, [Partition { shard, count }], "{backend} / {scenario}");
            }
        }
        assert_eq!(plan_hash([("mine", "fork"), ("mine", "sequence")].into_iter()), "dfe20da9861ec71b");
    }

    #[test]
    fn a_partition_is_written_as_it_is_read() {
        for text in ["hash:1/1", "hash:3/3", "hash:2/18446744073709551615"] {
            let json = format!("\"{text}\"");
            let part: Partition = serde_json::from_str(&json).expect("a partition");
            assert_eq!((part.to_string().as_str(), serde_json::to_string(&part).expect("text")), (text, json));
        }
        assert_eq!("hash:2/5".parse::<Partition>().expect("a partition").count(), 5);
    }

    #[test]
    fn wrong_partitions_are_refused() {
        for text in ["hash:0/3", "hash:4/3", "3/4", "hash:1", "hash:a/b", "hash:1/0", "hash:0/0"] {
            let error = serde_json::from_value::<Partition>(text.into()).expect_err(text).to_string();
            assert_eq!(error, format!("`{text}` is no partition: write hash:M/N with 1 <= M <= N, such as hash:1/3"));
        }
    }
}
