//! Every public item of the published crates has an example in its documentation. That the examples are right is what
//! `cargo test --doc` says.
//!
//! It reads the sources line by line, so it knows nothing of methods, and takes what is `pub` in a file for public.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Modules that the crate's documentation leaves out, by the file or folder that they are in.
const HIDDEN: [&str; 2] = ["cli", "regression"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The Rust files below a folder, without hidden modules and tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if HIDDEN.contains(&name.as_str()) || name == "tests" {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The name of the item that a line begins, if it is one that needs an example. What a macro of the file makes is deeper:
/// a type of its own, or one of the claims' vocabulary.
fn item(line: &str, in_vocabulary: bool) -> Option<&str> {
    let text = line.trim_start();
    let depth = line.len() - text.len();
    let name = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let declared = ["pub struct ", "pub enum ", "pub trait "].iter().find_map(|kind| text.strip_prefix(kind));
    let callable = ["pub fn ", "pub const fn ", "macro_rules! "]
        .iter()
        .find_map(|kind| text.strip_prefix(kind))
        .filter(|_| depth == 0);
    let made = (in_vocabulary && depth == 4 && text.ends_with(" {")).then_some(text);
    let rest = declared.filter(|rest| matches!(depth, 0 | 8) && !rest.starts_with('$')).or(callable).or(made)?;
    name(rest).filter(|end| *end > 0).map(|end| &rest[..end])
}

/// Whether one of these code blocks is compiled, given what stands behind their fences: every other one opens a block.
fn has_example(fences: &[&str]) -> bool {
    let is_compiled = |words: &&str| !["ignore", "text", "toml"].iter().any(|word| words.contains(word));
    fences.iter().step_by(2).any(is_compiled)
}

/// Lines of the items in a file that have no example, each as `FILE:LINE: NAME`.
fn without_example(file: &str, text: &str) -> Vec<String> {
    let (mut missing, mut fences, mut exported, mut in_vocabulary) = (Vec::new(), Vec::new(), false, false);
    for (line, number) in text.lines().zip(1..) {
        let code = line.trim_start();
        if code.starts_with("#[cfg(test)]") {
            break;
        }
        in_vocabulary = (in_vocabulary || line == "vocabulary! {") && line != "}";
        exported |= code == "#[macro_export]";
        fences.extend(code.strip_prefix("/// ```"));
        let item = item(line, in_vocabulary).filter(|_| exported || !code.starts_with("macro_rules!"));
        if let Some(name) = item.filter(|_| !has_example(&fences)) {
            missing.push(format!("{file}:{number}: {name}"));
        }
        // Its documentation and attributes stand right above an item.
        if item.is_some() || code.is_empty() {
            fences.clear();
            exported = false;
        }
    }
    missing
}

/// The public modules that a file declares and whose own file opens without an example, each at its declaration.
fn modules_without_example(path: &Path, file: &str, text: &str) -> Vec<String> {
    let folder = if path.ends_with("lib.rs") { path.with_file_name("") } else { path.with_extension("") };
    let declared = text.lines().zip(1..).filter_map(|(line, number)| {
        let name = line.strip_prefix("pub mod ")?.strip_suffix(';')?;
        (!HIDDEN.contains(&name)).then_some((name, number))
    });
    let has_none = |(name, _): &(&str, u32)| {
        let module = folder.join(name).with_extension("rs");
        let text = fs::read_to_string(&module).unwrap_or_else(|error| panic!("{}: {error}", module.display()));
        !has_example(&text.lines().filter_map(|line| line.strip_prefix("//! ```")).collect::<Vec<_>>())
    };
    declared.filter(has_none).map(|(name, number)| format!("{file}:{number}: mod {name}")).collect()
}

#[test]
fn every_public_item_has_an_example() {
    let mut missing = Vec::new();
    for package in ["fixtures/contract/src", "harness/src"] {
        let mut files = Vec::new();
        sources(&root().join(package), &mut files);
        assert!(files.len() > 20, "{package}: only {} files were found", files.len());
        for path in files {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let file = path.strip_prefix(root()).expect("a file of the workspace").to_string_lossy().into_owned();
            missing.extend(without_example(&file, &text));
            missing.extend(modules_without_example(&path, &file, &text));
        }
    }
    assert!(
        missing.is_empty(),
        "these have no example in their documentation: add one that runs, in ``` below their summary\n{}",
        missing.join("\n")
    );
}

#[test]
fn what_has_none_is_found() {
    let text = "/// One.\n///\n/// ```\n/// one();\n/// ```\n#[must_use]\npub fn one() {}\n\n/// Two.\npub struct Two;\n\n/// A macro's.\n        pub enum Three {\n}";
    assert_eq!(without_example("a.rs", text), ["a.rs:10: Two", "a.rs:13: Three"]);
    let ignored = "/// ```ignore\n/// none();\n/// ```\npub trait None {}";
    assert_eq!(without_example("a.rs", ignored), ["a.rs:4: None"]);
    assert_eq!(without_example("a.rs", "vocabulary! {\n    /// Four.\n    Four {\n"), ["a.rs:3: Four"]);
}
