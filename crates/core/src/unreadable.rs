//! Narration in letters that its voice cannot read.

use std::collections::BTreeMap;

use icu_properties::props::Script;

use crate::scripts::scripts;
use crate::spec::voices::{Letters, is_of_provider, reads};
use crate::spec::{Scene, VideoSpec};

/// Fewer letters may be a sign or a name that the voice knows.
const FEWEST_LETTERS: usize = 2;

/// One sentence for each script that the voice of `spec` does not read. What providers' voices read
/// is not known here.
#[must_use]
pub fn warnings(spec: &VideoSpec) -> Vec<String> {
    let voice = spec.voice.name.as_str();
    if is_of_provider(voice) {
        return Vec::new();
    }
    let mut places: BTreeMap<&'static str, (Script, Vec<usize>)> = BTreeMap::new();
    for (index, scene) in spec.scenes.iter().enumerate() {
        for script in unread(voice, scene) {
            places.entry(Letters::of(script).name).or_insert((script, Vec::new())).1.push(index + 1);
        }
    }
    places.into_values().map(|(script, scenes)| warning(voice, script, &scenes)).collect()
}

/// The scripts of the scene's narration that the voice spells. Of Latin, which stands in texts of
/// all languages, only more than half counts.
fn unread(voice: &str, scene: &Scene) -> Vec<Script> {
    let scripts = scripts(&scene.text);
    let letters: usize = scripts.iter().map(|(_, count)| count).sum();
    let counts = |(script, count): &(Script, usize)| match *script {
        Script::Latin => count * 2 > letters,
        Script::Han => true,
        _ => *count >= FEWEST_LETTERS,
    };
    scripts
        .iter()
        .filter(|entry| counts(entry))
        .map(|(script, _)| *script)
        .filter(|script| !reads(voice, *script))
        .collect()
}

fn warning(voice: &str, script: Script, scenes: &[usize]) -> String {
    let (first, others) = (scenes.first().copied().unwrap_or_default(), scenes.len().saturating_sub(1));
    let more = match others {
        0 => String::new(),
        1 => " (and 1 other scene)".to_owned(),
        _ => format!(" (and {others} other scenes)"),
    };
    let letters = Letters::of(script);
    let advice = match letters.voice {
        _ if voice == "ja" && script == Script::Han => "write them in kana or name a provider's voice".to_owned(),
        Some(best) => format!("name a voice that does, such as {best}"),
        None => "name a provider's voice that does".to_owned(),
    };
    format!("scene {first}{more}: the voice {voice} cannot read {} and spells them; {advice}", letters.name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::MediaOrigin;

    fn warned(voice: &str, texts: &[&str]) -> Vec<String> {
        let scenes: Vec<_> = texts.iter().map(|text| json!({"text": text})).collect();
        let spec = json!({"scenes": scenes, "voice": {"name": voice}});
        warnings(&VideoSpec::from_json(spec.to_string().as_bytes(), MediaOrigin::Remote).unwrap())
    }

    #[test]
    fn a_voice_that_spells_the_letters_is_named_with_the_place_and_a_better_one() {
        let wanted = "scene 2 (and 1 other scene): the voice en-us cannot read Chinese characters and spells them; \
            name a voice that does, such as cmn";
        assert_eq!(warned("en-us", &["Hello", "今天", "天气 today"]), [wanted]);
        let wanted = "scene 1: the voice ja cannot read Chinese characters and spells them; write them in kana or name a \
            provider's voice";
        assert_eq!(warned("ja", &["今日は東京に行きます。"]), [wanted]);
        assert_eq!(warned("en-us", &["Привет", "مرحبا"]).len(), 2);
        assert_eq!(warned("he", &["Hello world"]).len(), 1);
    }

    #[test]
    fn nobody_is_warned_of_what_is_read_or_not_known() {
        for (voice, text) in [
            ("ru", "Привет, iPhone"),
            ("he", "שלום עולם, iPhone"),
            ("en-us", "α is 5"),
            ("openai:alloy", "今天"),
            ("hi", "नमस्ते"),
            ("de", "한국"),
        ] {
            assert_eq!(warned(voice, &[text]), [""; 0], "{voice}");
        }
    }
}
