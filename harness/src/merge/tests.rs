//! Parts and platforms add up to exactly the whole, and everything else is refused.

use std::fs;

use super::*;
use crate::{
    results::{Backend, Cell, Verdict},
    select::Partition,
};

const CELLS: [(&str, &str); 5] = [("a", "fork"), ("a", "idle"), ("a", "sequence"), ("b", "fork"), ("b", "sequence")];

fn cell((backend, scenario): (&str, &str)) -> Cell {
    Cell {
        backend: backend.to_owned(),
        scenario: scenario.to_owned(),
        requirements: vec!["handled-at-yield".to_owned()],
        verdict: Verdict::Pass,
        reason: None,
        unsupported: false,
        fault: None,
        claims: Vec::new(),
        allowed: Vec::new(),
        known: None,
        violations: Vec::new(),
        runs: 1,
        outcomes: Vec::new(),
        observed: Vec::new(),
        duration_us: 1,
        again: String::new(),
    }
}

fn whole(os: &str, kernel: &str) -> Results {
    let platform =
        Platform { os: os.to_owned(), arch: "x86_64".to_owned(), libc: "gnu".to_owned(), kernel: kernel.to_owned() };
    Results { platform, ..Results::of(CELLS.map(cell).to_vec()) }
}

/// The parts of `results`, as a run with `--partition` would write them.
fn parts(results: &Results, count: u64) -> Vec<Results> {
    let first: Partition = format!("hash:1/{count}").parse().expect("a partition");
    let part = |part: Partition| Results {
        partition: Some(Portion { part, cells: CELLS.len(), plan: plan_hash(CELLS.into_iter()) }),
        results: results.results.iter().filter(|cell| part.holds(&cell.backend, &cell.scenario)).cloned().collect(),
        ..results.clone()
    };
    first.all().map(part).collect()
}

fn merge_all(results: impl IntoIterator<Item = Results>) -> Result<Vec<Results>, String> {
    let named = results.into_iter().enumerate().map(|(at, results)| (format!("{at}.json").into(), results));
    merge(named.collect()).map_err(|error| error.to_string())
}

#[test]
fn parts_are_exactly_the_whole_however_many_and_in_whatever_order() {
    for count in 1..=7 {
        let linux = whole("linux", "6.8");
        let mut parts = parts(&linux, count);
        parts.reverse();
        assert_eq!(merge_all(parts), Ok(vec![linux]), "{count}");
    }
}

/// The first ten by name, and how many there are besides.
#[test]
fn what_is_missing_is_named_or_counted() {
    let missing = |count: u64| {
        let first = parts(&whole("linux", "6.8"), count).remove(0);
        merge_all([first]).expect_err("the others are missing")
    };
    for (count, rest) in [(3, None), (11, None), (12, Some("11/12, 1 more")), (20, Some("11/20, 9 more"))] {
        let said = missing(count);
        assert_eq!(
            said.matches(&format!("/{count}")).count(),
            usize::try_from(count - 1).expect("few").min(10),
            "{said}"
        );
        assert_eq!(said.contains(" more"), rest.is_some(), "{said}");
        assert!(rest.is_none_or(|rest| said.contains(rest)), "{said}");
    }
}

#[test]
fn platforms_stand_side_by_side_whatever_the_order() {
    let (linux, macos) = (whole("linux", "6.8"), whole("macos", "24.1"));
    let expected = vec![linux.clone(), macos.clone()];
    assert_eq!(merge_all([macos.clone(), linux.clone()]), Ok(expected.clone()));
    let mut all = parts(&macos, 2);
    all.extend(parts(&linux, 3));
    assert_eq!(merge_all(all), Ok(expected));
}

#[test]
fn machines_of_one_kind_may_differ_in_their_kernel() {
    let mut mixed = parts(&whole("linux", "6.8"), 2);
    mixed[1].platform.kernel = "6.9".to_owned();
    let merged = merge_all(mixed).expect("one platform");
    assert_eq!((merged.len(), merged[0].platform.kernel.as_str()), (1, "6.8, 6.9"));
    assert_eq!(merged[0].results, whole("linux", "6.8").results);
    let mut two = parts(&whole("linux", "6.8"), 2);
    two.extend(parts(&whole("linux", "6.9"), 2));
    assert_eq!(merge_all(two), Ok(vec![whole("linux", "6.8"), whole("linux", "6.9")]));
}

#[test]
fn other_backends_of_one_platform_join() {
    let only = |backend: &str| {
        let mut results = whole("linux", "6.8");
        results.results.retain(|cell| cell.backend == backend);
        results
    };
    assert_eq!(merge_all([only("b"), only("a")]), Ok(vec![whole("linux", "6.8")]));
}

#[test]
fn a_cell_that_comes_twice_is_refused() {
    let linux = whole("linux", "6.8");
    let said = merge_all([linux.clone(), linux.clone()]).expect_err("twice");
    assert_eq!(said, "a / fork on linux x86_64 is in 0.json and in 1.json: give each run once");
    let mut three = parts(&linux, 2);
    three.push(three[0].clone());
    let said = merge_all(three).expect_err("a part twice");
    assert!(said.ends_with("give each run once"), "{said}");
    let mut mixed = parts(&linux, 2);
    mixed.push(linux);
    assert!(merge_all(mixed).expect_err("parts and whole").ends_with("give each run once"));
}

#[test]
fn a_missing_part_is_named() {
    let mut two = parts(&whole("linux", "6.8"), 3);
    two.remove(1);
    let said = merge_all(two).expect_err("a part is missing");
    assert!(said.starts_with("hash:2/3 of linux x86_64 is missing, of which 0.json is a part"), "{said}");
}

#[test]
fn an_interrupted_part_is_noticed() {
    let mut all = parts(&whole("linux", "6.8"), 2);
    let longer = all.iter_mut().max_by_key(|part| part.results.len()).expect("parts");
    longer.results.pop();
    let said = merge_all(all).expect_err("a cell is missing");
    assert!(said.contains("hold 4 of the 5 cells of their plan"), "{said}");
}

#[test]
fn two_versions_of_a_backend_are_a_contradiction() {
    let mut all = parts(&whole("linux", "6.8"), 2);
    for (part, version) in all.iter_mut().zip(["1.0", "1.1"]) {
        let version = Some(version.to_owned());
        part.backends.push(Backend { name: "a".to_owned(), version, ..Backend::default() });
    }
    let said = merge_all(all).expect_err("two versions");
    assert_eq!(
        said,
        "0.json and 1.json describe the backend a on linux x86_64 differently: merge runs of one version of it"
    );
}

#[test]
fn what_all_parts_say_of_a_backend_is_said_once() {
    let backend = |name: &str| Backend { name: name.to_owned(), version: Some("1.0".to_owned()), ..Backend::default() };
    let mut all = parts(&whole("linux", "6.8"), 3);
    for (part, names) in all.iter_mut().zip([&["b", "a"][..], &["b"], &["b", "a"]]) {
        part.backends = names.iter().map(|name| backend(name)).collect();
    }
    assert_eq!(merge_all(all).expect("one version of each")[0].backends, ["a", "b"].map(backend));
}

#[test]
fn what_is_written_is_read_again_and_merging_goes_on_from_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("merged.json");
    let platforms = [whole("linux", "6.8"), whole("macos", "24.1")];
    for written in [&platforms[..], &platforms[..1]] {
        fs::write(&file, crate::report::json::render(written)).expect("a file");
        assert_eq!(read(&file).expect("results"), written);
    }
}

#[test]
fn what_holds_no_results_is_refused_with_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("other.json");
    for (text, said) in [
        ("{\"schema_version\": 2}", "has schema version 2, this program reads version 1"),
        ("[]", "does not hold results of sigconform"),
        ("{\"schema_version\": 1, \"platforms\": 3}", "does not hold results of sigconform"),
        ("garbage", "does not hold results of sigconform"),
    ] {
        fs::write(&file, text).expect("a file");
        let error = read(&file).expect_err(text).to_string();
        assert!(error.contains("other.json") && error.contains(said), "{error}");
    }
    assert!(read(&folder.path().join("none.json")).expect_err("no file").to_string().starts_with("cannot read"));
}
