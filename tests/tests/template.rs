//! What the template has to say whatever else changes.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

const TEMPLATE: &str = include_str!("../../template.yaml");

/// Functions that a new account may run at once.
const NEW_ACCOUNT: u32 = 10;
/// Of these, what the API shall have whatever else runs.
const LEFT_FOR_THE_API: u32 = 3;

/// The value behind `key:` in each line that has it.
fn values<'a>(key: &'a str, text: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| Some(line.split_once(key)?.1.split('}').next().unwrap_or_default().trim()))
}

#[test]
fn event_sources_leave_the_api_some_of_a_new_accounts_functions() {
    let default_of = |parameter: &str| -> u32 {
        let (_, rest) = TEMPLATE.split_once(&format!("\n  {parameter}:\n")).unwrap();
        values("Default:", rest).next().unwrap().parse().unwrap()
    };
    let caps = values(" MaximumConcurrency:", TEMPLATE).map(|value| match value.strip_prefix("!Ref ") {
        Some(parameter) => default_of(parameter),
        None => value.parse().unwrap(),
    });
    let caps: Vec<u32> = caps.collect();
    assert_eq!(caps.len(), TEMPLATE.matches("Type: SQS\n").count(), "an event source without a cap");
    assert!(caps.iter().sum::<u32>() <= NEW_ACCOUNT - LEFT_FOR_THE_API, "{caps:?}");
}
