//! Merging: the results of several runs become one list of platforms. Parts of one plan must add up to exactly that plan,
//! and no cell may come twice: a matrix that hides what is missing, or that chose between two answers, is a wrong one.
//!
//! ```
//! use sigconform::{merge::{MergeError, merge}, results::Results};
//!
//! # let cell = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/example/passed.json"));
//! let results = Results::of(vec![serde_json::from_str(cell)?]);
//! // The same cell twice: which of the two answers should the matrix show?
//! let error = merge(vec![("a.json".into(), results.clone()), ("b.json".into(), results)]).unwrap_err();
//! assert!(matches!(error, MergeError::Overlap { .. }));
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use crate::{
    regular_file,
    results::{Merged, Platform, Portion, Results, SCHEMA_VERSION, platform_names},
    select::plan_hash,
    text,
};

#[cfg(test)]
mod tests;

/// Why results cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A file could not be read.
    #[error("cannot read {}: {source}", text::path(.file))]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else than results.
    #[error("{} does not hold results of sigconform ({}): give the files that `--json FILE` wrote", text::path(.file), text::sentence(.problem))]
    NoResults {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file was written by another version.
    #[error(
        "{} has schema version {found}, this program reads version {SCHEMA_VERSION}: merge with the version that ran",
        text::path(.file)
    )]
    OtherSchema {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: u64,
    },
    /// One cell has two results.
    #[error(
        "{} / {} on {} is in {} and in {}: give each run once",
        text::name(.backend), text::name(.scenario), text::name(.platform), text::path(.first), text::path(.second)
    )]
    Overlap {
        /// The cell's backend.
        backend: String,
        /// Its scenario.
        scenario: String,
        /// Where it was played.
        platform: String,
        /// A file that has it.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },
    /// A backend is not the same in both.
    #[error(
        "{} and {} describe the backend {} on {} differently: merge runs of one version of it",
        text::path(.first), text::path(.second), text::name(.backend), text::name(.platform)
    )]
    Contradiction {
        /// The backend's name.
        backend: String,
        /// Where it was played.
        platform: String,
        /// A file that has it.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },
    /// Parts of a plan are missing.
    #[error("{missing} of {} is missing, of which {} is a part: give the results of every part", text::name(.platform), text::path(.file))]
    Incomplete {
        /// The parts that are missing.
        missing: String,
        /// Where they were played.
        platform: String,
        /// A file that is there.
        file: PathBuf,
    },
    /// All parts are there, and are not the plan.
    #[error(
        "the parts on {} hold {found} of the {wanted} cells of their plan, {} among them: one of them was interrupted or \
         changed; run it again",
        text::name(.platform), text::path(.file)
    )]
    NotThePlan {
        /// Where they were played.
        platform: String,
        /// Cells that are there.
        found: usize,
        /// Cells of the plan.
        wanted: usize,
        /// A file that is there.
        file: PathBuf,
    },
}

/// Most missing parts that are named.
const NAMED: usize = 10;

/// Results, and the file that they come from.
type Input = (PathBuf, Results);

/// Reads results of one platform, or of several that were merged before.
///
/// # Errors
/// [`MergeError`] when the file holds none.
pub fn read(file: &Path) -> Result<Vec<Results>, MergeError> {
    let text = regular_file::text(file, regular_file::RESULTS)
        .map_err(|source| MergeError::Unreadable { file: file.to_owned(), source })?;
    let no_results =
        |error: serde_json::Error| MergeError::NoResults { file: file.to_owned(), problem: error.to_string() };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(no_results)?;
    // Said before what follows from it: another version has other fields.
    match value["schema_version"].as_u64() {
        Some(version) if version != u64::from(SCHEMA_VERSION) => {
            Err(MergeError::OtherSchema { file: file.to_owned(), found: version })
        }
        _ if value.get("platforms").is_some() => {
            let merged: Merged = serde_json::from_str(&text).map_err(no_results)?;
            Ok(merged.platforms)
        }
        _ => Ok(vec![serde_json::from_str(&text).map_err(no_results)?]),
    }
}

/// Unites what was played on one platform, and puts the platforms side by side. Each input is named with its file.
///
/// # Errors
/// [`MergeError`] when a cell comes twice or a part is missing.
pub fn merge(inputs: Vec<Input>) -> Result<Vec<Results>, MergeError> {
    let (parts, wholes): (Vec<_>, Vec<_>) = inputs.into_iter().partition(|(_, results)| results.partition.is_some());
    let mut platforms: Vec<(Platform, Vec<Input>)> = Vec::new();
    for (file, results) in assemble(parts)?.into_iter().chain(wholes) {
        match platforms.iter_mut().find(|(platform, _)| *platform == results.platform) {
            Some((_, same)) => same.push((file, results)),
            None => platforms.push((results.platform.clone(), vec![(file, results)])),
        }
    }
    let mut merged = platforms
        .into_iter()
        .map(|(_, same)| unite(same).map(|(_, results)| results))
        .collect::<Result<Vec<_>, _>>()?;
    let key = |Platform { os, arch, libc, kernel }: &Platform| [os, arch, libc, kernel].map(Clone::clone);
    merged.sort_by_key(|results| key(&results.platform));
    Ok(merged)
}

/// Puts the parts of each plan together.
fn assemble(parts: Vec<Input>) -> Result<Vec<Input>, MergeError> {
    // Two machines of one kind may have different kernels, and the parts of a plan are played on whichever is free.
    let mut plans: BTreeMap<_, Vec<(Portion, Input)>> = BTreeMap::new();
    for (file, mut results) in parts {
        let Some(portion) = results.partition.take() else { continue };
        let Platform { os, arch, libc, .. } = results.platform.clone();
        let key = (os, arch, libc, portion.plan.clone(), portion.part.count());
        plans.entry(key).or_default().push((portion, (file, results)));
    }
    let mut whole = Vec::new();
    for plan in plans.into_values() {
        // The same part twice: whole plans of several kernels, or one too many.
        let seen: BTreeSet<_> = plan.iter().map(|(portion, _)| portion.part).collect();
        if seen.len() == plan.len() {
            whole.push(assemble_one(plan)?);
            continue;
        }
        let mut kernels: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for part in plan {
            kernels.entry(part.1.1.platform.kernel.clone()).or_default().push(part);
        }
        for plan in kernels.into_values() {
            whole.push(assemble_one(plan)?);
        }
    }
    Ok(whole)
}

/// Unites the parts of one plan, all of them there.
fn assemble_one(parts: Vec<(Portion, Input)>) -> Result<Input, MergeError> {
    let (portions, mut inputs): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let Some((portion, (file, first))) = portions.first().zip(inputs.first()) else {
        unreachable!("a group has a member")
    };
    let (portion, file, platform) = (portion.clone(), file.clone(), name(first));
    let kernels: BTreeSet<_> = inputs.iter().map(|(_, results)| results.platform.kernel.clone()).collect();
    let kernel = kernels.into_iter().collect::<Vec<_>>().join(", ");
    inputs.iter_mut().for_each(|(_, results)| results.platform.kernel.clone_from(&kernel));
    // Twice is said before missing: with both, the file given twice is the slip.
    let (_, united) = unite(inputs)?;
    // Somebody may have written that there are more parts than anything could count.
    let left = portion.part.count().saturating_sub(portions.len() as u64);
    let missing = portion.part.all().filter(|part| !portions.iter().any(|portion| portion.part == *part));
    let mut missing: Vec<_> = missing.take(NAMED).map(|part| part.to_string()).collect();
    if left > NAMED as u64 {
        missing.push(format!("{} more", left - NAMED as u64));
    }
    if !missing.is_empty() {
        return Err(MergeError::Incomplete { missing: missing.join(", "), platform, file });
    }
    let cells = united.results.iter().map(|cell| (cell.backend.as_str(), cell.scenario.as_str()));
    if plan_hash(cells) != portion.plan {
        let (found, wanted) = (united.results.len(), portion.cells);
        return Err(MergeError::NotThePlan { platform, found, wanted, file });
    }
    Ok((file, united))
}

/// All cells of one platform.
fn unite(inputs: Vec<Input>) -> Result<Input, MergeError> {
    let mut seen: BTreeMap<(String, String), PathBuf> = BTreeMap::new();
    let mut united: Option<Input> = None;
    for (file, results) in inputs {
        for cell in &results.results {
            let (backend, scenario) = (cell.backend.clone(), cell.scenario.clone());
            if let Some(first) = seen.insert((backend.clone(), scenario.clone()), file.clone()) {
                return Err(MergeError::Overlap { backend, scenario, platform: name(&results), first, second: file });
            }
        }
        match &mut united {
            Some((first, whole)) => {
                for backend in &results.backends {
                    if whole.backends.iter().any(|known| known.name == backend.name && known != backend) {
                        let (backend, platform) = (backend.name.clone(), name(&results));
                        return Err(MergeError::Contradiction {
                            backend,
                            platform,
                            first: first.clone(),
                            second: file,
                        });
                    }
                }
                whole.results.extend(results.results);
                whole.backends.extend(results.backends);
            }
            None => united = Some((file, results)),
        }
    }
    let Some((file, mut whole)) = united else { unreachable!("a platform has results") };
    whole.backends.sort_by(|a, b| a.name.cmp(&b.name));
    whole.backends.dedup_by(|a, b| a.name == b.name);
    whole.results.sort_by(|a, b| (&a.backend, &a.scenario).cmp(&(&b.backend, &b.scenario)));
    Ok((file, whole))
}

fn name(results: &Results) -> String {
    platform_names(std::slice::from_ref(results)).concat()
}
