//! Whatever the bytes, the spec reader answers; what it lets through can be made.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rushes_core::sentence::sentences;
use rushes_core::spec::{MAX_NARRATION_CHARACTERS, MAX_SCENES, MediaOrigin, SpecError, VideoSpec};

fuzz_target!(|json: &[u8]| {
    for origin in [MediaOrigin::Remote, MediaOrigin::RemoteOrLocal] {
        match VideoSpec::from_json(json, origin) {
            Ok(spec) => check(&spec),
            Err(SpecError::Invalid(violations)) => {
                assert!(!violations.is_empty());
                assert!(violations.iter().all(|violation| !violation.message.is_empty()));
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});

fn check(spec: &VideoSpec) {
    assert!(!spec.outputs.is_empty());
    match &spec.topic {
        Some(topic) => assert!(spec.scenes.is_empty() && !topic.text.is_empty() && !topic.duration.is_zero()),
        None => assert!((1..=MAX_SCENES).contains(&spec.scenes.len())),
    }
    assert!(spec.narration_characters() <= MAX_NARRATION_CHARACTERS);
    for output in &spec.outputs {
        assert!(output.width > 0 && output.height > 0 && output.width % 2 == 0 && output.height % 2 == 0);
    }
    for scene in &spec.scenes {
        assert!(!scene.text.is_empty() || !scene.minimum_duration.is_zero());
        assert!(sentences(&scene.text).iter().all(|sentence| !sentence.trim().is_empty()));
    }
    assert!(spec.media().all(|media| !media.pointer.is_empty()));
    assert!(!spec.display_title().is_empty());
}
