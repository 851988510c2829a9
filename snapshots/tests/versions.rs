//! The version that a Rust fixture states is the one that Cargo.lock builds it with, in its description and in the
//! addresses of its claims: neither can go stale.

use std::{collections::BTreeMap, path::Path};

use cargo_metadata::{Metadata, MetadataCommand};
use sigconform::fixture::{Manifest, folders};
use sigconform_fixture::Description;

const DOCS: &str = "https://docs.rs/";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// The locked version of each direct dependency of a package, by name.
fn locked(metadata: &Metadata, package: &str) -> BTreeMap<String, String> {
    let nodes = &metadata.resolve.as_ref().expect("a resolved workspace").nodes;
    let node = nodes.iter().find(|node| metadata[&node.id].name.as_str() == package).expect("a workspace package");
    let direct = node.dependencies.iter().map(|id| &metadata[id]);
    direct.map(|package| (package.name.to_string(), package.version.to_string())).collect()
}

/// The dependencies that a library's description names: `nix` in `signalfd(2) through nix`, `tokio` in `tokio::signal`.
fn named<'a>(library: &str, locked: &'a BTreeMap<String, String>) -> Vec<(&'a str, &'a str)> {
    let words = |text: &str| -> Vec<String> {
        text.split(|letter: char| !(letter.is_alphanumeric() || "-_".contains(letter))).map(str::to_owned).collect()
    };
    let words = words(library);
    locked.iter().filter(|(name, _)| words.contains(name)).map(|(name, version)| (&**name, &**version)).collect()
}

/// What is stale in a description; `None`: nothing.
fn stale(description: &Description, locked: &BTreeMap<String, String>) -> Option<String> {
    let Description { library, version, .. } = description;
    let named = named(library, locked);
    if named.is_empty() {
        return Some(format!("`{library}` names none of the fixture's dependencies: {:?}", locked.keys()));
    }
    if !named.iter().any(|(_, locked)| locked == version) {
        return Some(format!("says `{library} {version}`, Cargo.lock says {named:?}"));
    }
    let claims = serde_json::to_value(&description.claims).expect("claims are JSON");
    let sources = claims.as_object()?.values().filter_map(|claim| claim["source"].as_str());
    for source in sources.filter_map(|source| source.strip_prefix(DOCS)) {
        let mut parts = source.split('/');
        let (name, version) = (parts.next()?, parts.next()?);
        if locked.get(name).is_some_and(|locked| locked != version) {
            return Some(format!("cites {DOCS}{source}, Cargo.lock says {name} {}", locked[name]));
        }
    }
    None
}

#[test]
fn every_rust_fixture_states_the_locked_version() {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).exec().expect("cargo metadata");
    let mut checked = 0;
    for folder in folders(&root().join("fixtures")).expect("the fixtures") {
        let manifest = Manifest::read(&folder).expect("a manifest");
        let Some(package) = &manifest.package else { continue };
        for backend in manifest.backend.iter().filter(|backend| backend.specimen().is_none()) {
            let fixture = snapshots::fixtures().iter().find(|fixture| fixture.name == backend.name).expect("a fixture");
            let description = sigconform::description::of(fixture).expect("a description");
            let stale = stale(&description, &locked(&metadata, package));
            assert!(stale.is_none(), "{}: {}", backend.name, stale.unwrap_or_default());
            checked += 1;
        }
    }
    assert!(checked > 0, "no Rust fixture was found");
}

#[test]
fn stale_versions_are_found() {
    let locked = BTreeMap::from([("nix".to_owned(), "0.31.3".to_owned()), ("libc".to_owned(), "0.2.1".to_owned())]);
    let described = |library, version| Description::new("x", library, version);
    assert_eq!(stale(&described("signalfd(2) through nix", "0.31.3"), &locked), None);
    assert!(stale(&described("signalfd(2) through nix", "0.31.2"), &locked).is_some());
    assert!(stale(&described("signalfd(2)", "0.31.3"), &locked).is_some());
    assert!(stale(&described("a unix pipe", "0.31.3"), &locked).is_some(), "`nix` is a word, not a part of one");
    let mut citing = described("signalfd(2) through nix", "0.31.3");
    for (version, is_stale) in [("0.31.3", false), ("0.30.0", true)] {
        let url = format!("https://docs.rs/nix/{version}/nix/");
        citing.claims.burst = sigconform_fixture::Claim::documented(sigconform_fixture::Burst::Every, &url);
        assert_eq!(stale(&citing, &locked).is_some(), is_stale);
    }
}
