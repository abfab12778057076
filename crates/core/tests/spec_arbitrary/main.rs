//! Whatever is sent: no panic, faults that can be found, and the same verdict as the description of the API.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod strategies;

use std::sync::LazyLock;

use proptest::prelude::*;
use rushes_core::spec::{MediaOrigin, SpecError, VideoSpec, Violation};
use serde_json::{Value, json};
use strategies::spec;

fn read(spec: &Value) -> Result<VideoSpec, SpecError> {
    VideoSpec::from_json(spec.to_string().as_bytes(), MediaOrigin::Remote)
}

/// The schema of a spec as `docs/openapi.json` has it.
static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let mut document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    document["$ref"] = json!("#/components/schemas/VideoSpec");
    jsonschema::draft202012::new(&document).unwrap()
});

/// Rules that compare values, which a schema cannot say.
fn is_beyond_a_schema(violation: &Violation) -> bool {
    ["the end lies after the start", "together at most 1"].iter().any(|message| violation.message.contains(message))
}

/// Faulty values exist, and what is missing is missing from something that exists.
fn leads_somewhere(spec: &Value, pointer: &str) -> bool {
    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    spec.pointer(pointer).is_some() || spec.pointer(parent).is_some_and(Value::is_object)
}

fn examples(schema: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    document["components"]["schemas"][schema]["examples"].as_array().unwrap().clone()
}

#[test]
fn every_example_in_the_description_of_the_api_is_accepted() {
    for spec in examples("VideoSpec") {
        assert_eq!(read(&spec).err(), None, "{spec}");
    }
    for affiliate in examples("Affiliate") {
        assert_eq!(read(&json!({"topic": "a", "affiliate": affiliate})).err(), None);
    }
    for scene in examples("Scene") {
        assert_eq!(read(&json!({"scenes": [scene]})).err(), None);
    }
    let of_the_video = [
        ("background", "Background"),
        ("captions", "Captions"),
        ("transition", "Transition"),
        ("music", "Music"),
        ("progress_bar", "ProgressBar"),
        ("output", "Output"),
        ("voice", "Voice"),
    ];
    for (field, schema) in of_the_video {
        for example in examples(schema) {
            assert_eq!(read(&json!({"script": "a", field: example})).err(), None, "{schema}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_spec_is_refused_exactly_where_the_description_of_the_api_refuses_it(spec in spec()) {
        let verdict = read(&spec);
        let faults = verdict.as_ref().err().map(SpecError::violations).unwrap_or_default();
        prop_assert!(faults.iter().all(|fault| leads_somewhere(&spec, &fault.pointer)), "{:?}", faults);
        let is_valid = SCHEMA.is_valid(&spec);
        let is_accepted = faults.iter().all(is_beyond_a_schema);
        let errors: Vec<String> = SCHEMA.iter_errors(&spec).map(|error| error.to_string()).collect();
        prop_assert_eq!(is_accepted, is_valid, "{:?} {:?}", faults, errors);
    }

    #[test]
    fn no_text_makes_the_reader_panic(
        spec in spec(), at: prop::sample::Index, byte: u8, keep: prop::sample::Index,
    ) {
        let mut text = spec.to_string().into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        for origin in [MediaOrigin::Remote, MediaOrigin::RemoteOrLocal] {
            let _ = VideoSpec::from_json(&text, origin);
            let _ = VideoSpec::from_json(&text[..keep.index(text.len())], origin);
        }
    }
}
