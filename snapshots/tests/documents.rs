//! What the documents show is what is: the example fixture, the names, the links. The generated documents are checked by
//! `cargo xtask readme --check`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use schemars::schema_for;
use sigconform::{
    fixture::Manifest,
    judge::law,
    results::{Results, Verdict},
    run::{self, Options, Selection},
};
use sigconform_fixture::{Claims, Condition, Happening, OutsideAction, Step};
use snapshots::catalogue;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The code block that follows a marker.
fn example(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("<!-- example: {name} -->\n```")).expect("a marked example");
    let (_, rest) = rest.split_once('\n').expect("a code block");
    rest.split_once("```").expect("the end of the code block").0.to_owned()
}

#[test]
fn the_example_fixture_plays_the_documented_sequence() {
    let page = document("docs/protocol.md");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["fixture.toml", "sigwait.py"] {
        fs::write(folder.path().join(name), example(&page, name)).expect("a file");
    }
    let manifest = Manifest::read(folder.path()).expect("the manifest of the page");
    let fixtures = manifest.fixtures(folder.path(), folder.path()).expect("the fixture of the page");
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        eprintln!("not played: python3 is not installed");
        return;
    }
    let selection = Selection { scenarios: vec!["sequence".parse().unwrap()], ..Selection::default() };
    let results: Results =
        run::plan(catalogue(), &fixtures, &selection).expect("a plan").run(&Options::default(), |_| {});
    let [cell] = results.results.as_slice() else { panic!("{results:#?}") };
    assert_eq!(cell.verdict, Verdict::Pass, "{cell:#?}");
    snapshots::assert_reviewed("sequence", "sequence", &cell.outcomes[0].transcript);
}

/// Every constant of a schema's tag: the names of steps, events, conditions or actions.
fn tags(schema: &serde_json::Value, tag: &str, found: &mut Vec<String>) {
    if let Some(name) = schema["properties"][tag]["const"].as_str() {
        found.push(name.to_owned());
    }
    match schema {
        serde_json::Value::Object(fields) => fields.values().for_each(|value| tags(value, tag, found)),
        serde_json::Value::Array(items) => items.iter().for_each(|value| tags(value, tag, found)),
        _ => {}
    }
}

fn names_of(schema: schemars::Schema, tag: &str) -> Vec<String> {
    let mut found = Vec::new();
    tags(schema.as_value(), tag, &mut found);
    assert!(!found.is_empty(), "no `{tag}` in the schema");
    found
}

fn assert_named(page: &str, names: impl IntoIterator<Item = impl AsRef<str>>) {
    let text = document(page);
    for name in names {
        let name = name.as_ref();
        assert!(text.contains(&format!("`{name}`")), "{page} does not say what `{name}` is");
    }
}

#[test]
fn every_name_of_the_protocol_is_on_its_page() {
    let page = "docs/protocol.md";
    assert_named(page, Step::NAMES);
    assert_named(page, Claims::NAMES);
    assert_named(page, names_of(schema_for!(Step), "step"));
    assert_named(page, names_of(schema_for!(Happening), "event"));
    assert_named(page, names_of(schema_for!(Condition), "wait"));
    assert_named(page, names_of(schema_for!(OutsideAction), "action"));
}

#[test]
fn every_law_and_every_verdict_is_on_its_page() {
    assert_named("docs/judging.md", law::ALL.iter().map(|law| law.slug));
    assert_named("docs/judging.md", law::ALL.iter().filter_map(|law| law.claim()));
    assert_named("docs/judging.md", Verdict::ALL.map(Verdict::name));
}

/// The anchors of a document's headings, as GitHub makes them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let keeps = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
    titles.map(move |title| title.to_lowercase().chars().filter(keeps).collect::<String>().replace(' ', "-"))
}

#[test]
fn links_lead_somewhere() {
    let mut followed = 0;
    let pages = [
        "README.md",
        "CONTRIBUTING.md",
        "docs/adopting.md",
        "docs/judging.md",
        "docs/matrix.md",
        "docs/protocol.md",
        "docs/reviewing.md",
    ];
    for page in pages {
        let folder = root().join(page).parent().expect("a folder").to_owned();
        let text = document(page);
        for rest in text.split("](").skip(1) {
            let target = rest.split(')').next().unwrap_or_default();
            // In angle brackets where it may hold what ends a link, or a row.
            if target.trim_start_matches('<').starts_with("https://") {
                continue;
            }
            let (file, heading) =
                target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
            let path = folder.join(file);
            assert!(path.exists(), "{page} links to {target}, which is not there");
            if let Some(heading) = heading {
                let text = fs::read_to_string(&path).expect("a document");
                assert!(headings(&text).any(|found| found == heading), "{page} links to {target}: no such heading");
            }
            followed += 1;
        }
    }
    assert!(followed > 5, "only {followed} links");
}
