//! The arrows between the crates point one way.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Who may use which crate of the workspace.
const ALLOWED: [(&str, &[&str]); 12] = [
    ("rushes-core", &[]),
    ("rushes-engine", &["rushes-core"]),
    ("rushes-tls", &[]),
    ("rushes-content", &["rushes-core", "rushes-tls"]),
    ("rushes-aws", &["rushes-core", "rushes-tls"]),
    ("rushes-runtime", &["rushes-core", "rushes-aws"]),
    ("rushes-speak", &[]),
    ("rushes", &["rushes-core", "rushes-engine", "rushes-content", "rushes-tls"]),
    ("rushes-api", &["rushes-core", "rushes-aws", "rushes-content", "rushes-runtime"]),
    ("rushes-ingest", &["rushes-core", "rushes-aws", "rushes-content", "rushes-runtime"]),
    ("rushes-sweep", &["rushes-core", "rushes-aws", "rushes-runtime"]),
    ("rushes-render", &["rushes-core", "rushes-aws", "rushes-content", "rushes-engine", "rushes-runtime"]),
];

/// For each package, the names of what it needs to be built (not to be tested).
fn dependencies() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path", manifest])
        // Other systems' packages were never fetched.
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("packages")?;
    let names: BTreeMap<&str, &str> =
        packages.iter().filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?))).collect();
    let nodes = metadata["resolve"]["nodes"].as_array().context("nodes")?;
    Ok(nodes
        .iter()
        .filter_map(|node| {
            let needed = node["deps"].as_array()?.iter().filter(|needed| {
                needed["dep_kinds"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
            });
            let needed = needed.filter_map(|needed| Some((*names.get(needed["pkg"].as_str()?)?).to_owned()));
            Some(((*names.get(node["id"].as_str()?)?).to_owned(), needed.collect()))
        })
        .collect())
}

#[test]
fn every_crate_uses_only_crates_below_it() -> Result<()> {
    let dependencies = dependencies()?;
    for (name, allowed) in ALLOWED {
        let used = dependencies.get(name).with_context(|| format!("there is no package {name}"))?;
        for other in used.iter().filter(|other| other.starts_with("rushes")) {
            ensure!(allowed.contains(&other.as_str()), "{name} must not use {other}");
        }
    }
    Ok(())
}

#[test]
fn the_command_line_is_built_without_the_aws_sdk() -> Result<()> {
    let dependencies = dependencies()?;
    let (mut waiting, mut seen) = (vec!["rushes".to_owned()], BTreeSet::new());
    while let Some(name) = waiting.pop() {
        ensure!(!name.starts_with("aws-sdk") && name != "lambda_runtime", "`rushes` needs {name}");
        if seen.insert(name.clone()) {
            waiting.extend(dependencies.get(&name).into_iter().flatten().cloned());
        }
    }
    ensure!(seen.contains("rushes-engine"));
    Ok(())
}
