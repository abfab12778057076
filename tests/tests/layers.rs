//! Arrows point one way: functions and the command line know the adapters, the
//! adapters know the core, and nothing knows more.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeSet, HashMap};
use std::process::Command;

use rushes_tests::local_aws::root;
use serde_json::Value;

/// Whom each of our packages may know.
const ALLOWED: &[(&str, &[&str])] = &[
    ("rushes-core", &[]),
    ("rushes-engine", &["rushes-core"]),
    ("rushes-content", &["rushes-core"]),
    ("rushes-aws", &["rushes-core"]),
    ("rushes-speak", &[]),
    ("rushes-runtime", &["rushes-aws", "rushes-core"]),
    ("rushes", &["rushes-content", "rushes-core", "rushes-engine"]),
    ("rushes-api", &["rushes-aws", "rushes-content", "rushes-core", "rushes-runtime"]),
    ("rushes-render", &["rushes-aws", "rushes-content", "rushes-core", "rushes-engine", "rushes-runtime"]),
];

fn metadata() -> Value {
    // For this machine only: the packages of others were never downloaded here.
    let rustc = said_by("RUSTC", "rustc", &["-vV"]);
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = ["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host];
    serde_json::from_str(&said_by("CARGO", "cargo", &metadata)).unwrap()
}

fn said_by(variable: &str, program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(std::env::var_os(variable).unwrap_or_else(|| program.into()));
    let output = command.args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_package_knows_only_whom_it_may() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let ours = packages.iter().filter(|package| package["source"].is_null());
    let known: HashMap<&str, BTreeSet<&str>> = ours
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let normal = dependencies.filter(|dependency| dependency["kind"].is_null());
            let local = normal.filter(|dependency| dependency["source"].is_null());
            (package["name"].as_str().unwrap(), local.map(|one| one["name"].as_str().unwrap()).collect())
        })
        .collect();
    let mut named: BTreeSet<&str> = ALLOWED.iter().map(|(package, _)| *package).collect();
    named.insert("rushes-tests");
    assert_eq!(known.keys().copied().collect::<BTreeSet<_>>(), named);
    for (package, allowed) in ALLOWED {
        let beyond: Vec<_> = known[package].iter().filter(|other| !allowed.contains(other)).collect();
        assert!(beyond.is_empty(), "{package} knows {beyond:?}");
    }
}

#[test]
fn the_command_line_is_built_without_the_aws_sdk_and_nothing_with_aws_lc() {
    let metadata = metadata();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let edges: HashMap<&str, Vec<&str>> = nodes
        .iter()
        .map(|node| {
            let dependencies = node["deps"].as_array().unwrap().iter().filter(|dependency| {
                // Not what only its tests need.
                dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev")
            });
            (node["id"].as_str().unwrap(), dependencies.map(|one| one["pkg"].as_str().unwrap()).collect())
        })
        .collect();
    let id_of = |name: &str| {
        let packages = metadata["packages"].as_array().unwrap();
        packages.iter().find(|package| package["name"] == name).unwrap()["id"].as_str().unwrap()
    };
    let is_aws = |id: &&&str| id.contains("aws-sdk") || id.contains("aws-config");
    assert_ne!(reach(&edges, id_of("rushes-api")).iter().filter(is_aws).count(), 0, "this test sees nothing");
    let reached = reach(&edges, id_of("rushes"));
    let aws: Vec<_> = reached.iter().filter(is_aws).collect();
    assert!(aws.is_empty(), "{aws:?}");
    let all = ["rushes", "rushes-api", "rushes-render"].map(|name| reach(&edges, id_of(name)));
    let slow: Vec<_> = all.iter().flatten().filter(|id| id.contains("aws-lc")).collect();
    assert!(slow.is_empty(), "{slow:?}");
}

fn reach<'a>(edges: &HashMap<&'a str, Vec<&'a str>>, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut next) = (BTreeSet::from([from]), vec![from]);
    while let Some(id) = next.pop() {
        for dependency in &edges[id] {
            if reached.insert(dependency) {
                next.push(dependency);
            }
        }
    }
    reached
}
