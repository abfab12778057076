//! From JSON to what is meant, collecting every fault on the way. `json` reads
//! what was written, `node` and `values` take it apart, the rest reads one kind
//! of thing each.

mod background;
mod captions;
mod json;
mod media;
mod node;
mod output;
mod overlay;
mod scene;
mod sound;
mod values;

use std::collections::HashSet;

use super::{
    MAX_MEDIA, MAX_NARRATION_CHARACTERS, MAX_SPEC_BYTES, MediaOrigin, Quality, Scene, SpecError, Transition, VideoSpec,
    VoiceChoice, voices,
};
use background::background;
use captions::captions;
use json::Json;
use node::{Checker, Fields, Node, listed};
use output::outputs;
use overlay::{overlays, progress_bar, transition};
use scene::{Defaults, scenes, script};
use sound::music;

const QUALITIES: [(&str, Quality); 3] =
    [("draft", Quality::Draft), ("standard", Quality::Standard), ("high", Quality::High)];

/// Reads and checks a spec.
///
/// # Errors
/// [`SpecError`] with every fault found, or with the place where the text stops being JSON.
pub fn read(json: &[u8], origin: MediaOrigin) -> Result<VideoSpec, SpecError> {
    if json.len() > MAX_SPEC_BYTES {
        return Err(SpecError::TooLarge { limit_bytes: MAX_SPEC_BYTES });
    }
    let mut checker = Checker::new(origin);
    let spec = Node::root(Json::parse(json)?).object(&mut checker).map(|fields| video(fields, &mut checker));
    match spec {
        Some(spec) if checker.violations.is_empty() => spec.ok_or(SpecError::WriterUnavailable),
        _ => Err(SpecError::Invalid(checker.violations)),
    }
}

/// The whole spec; `None` where it has a topic, for which a script must be written first.
fn video(mut fields: Fields, checker: &mut Checker) -> Option<VideoSpec> {
    let title = fields.title("title", checker);
    let voice = voice(fields.take("voice"), checker);
    let quality = fields.choice("quality", &QUALITIES, checker).unwrap_or_default();
    let defaults = Defaults {
        background: fields.take("background").map_or(background::DEFAULT, |node| background(node, checker)),
        captions: captions(fields.take("captions"), super::CaptionStyle::default(), checker),
        transition: transition(fields.take("transition"), Transition::default(), checker),
    };
    let overlays = overlays(fields.take("overlays"), checker);
    let music = fields.take("music").and_then(|node| music(node, checker));
    let progress_bar = fields.take("progress_bar").and_then(|node| progress_bar(node, checker));
    let outputs = outputs(fields.take("output"), fields.take("outputs"), checker);
    let scenes = narration(&mut fields, &defaults, checker);
    fields.close(checker);
    let spec = VideoSpec { title, scenes: scenes?, voice, music, overlays, progress_bar, quality, outputs };
    count_media(&spec, checker);
    Some(spec)
}

/// What is told, from the one of three fields that says it; `None` for a topic.
fn narration(fields: &mut Fields, defaults: &Defaults, checker: &mut Checker) -> Option<Vec<Scene>> {
    let mut given: Vec<(&str, Node)> =
        ["topic", "script", "scenes"].into_iter().filter_map(|name| Some((name, fields.take(name)?))).collect();
    let Some((name, node)) = given.pop() else {
        checker.fault("", "one of `script`, `scenes` or `topic` is needed");
        return Some(Vec::new());
    };
    if !given.is_empty() {
        let mut names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
        names.push(name);
        let message = format!("give one of `topic`, `script` and `scenes`, not {}", listed(&names, "and"));
        checker.fault(&node.pointer, message);
        return Some(Vec::new());
    }
    let pointer = node.pointer.clone();
    let scenes = match name {
        "script" => script(node, defaults, checker).into_iter().collect::<Vec<_>>(),
        "scenes" => scenes(node, defaults, checker),
        _ => return node.text(checker).and(None),
    };
    let characters: usize = scenes.iter().map(|scene| scene.text.chars().count()).sum();
    if characters > MAX_NARRATION_CHARACTERS {
        checker.fault(&pointer, format!("the narration has more than {MAX_NARRATION_CHARACTERS} characters"));
    }
    Some(scenes)
}

fn voice(node: Option<Node>, checker: &mut Checker) -> VoiceChoice {
    let mut choice = VoiceChoice { name: voices::DEFAULT.to_owned(), rate_wpm: 175, pitch: 50 };
    let Some(mut fields) = node.and_then(|node| node.object(checker)) else { return choice };
    if let Some(name) = fields.take("name").and_then(|node| node.text(checker)) {
        if !voices::is_known(&name) {
            let message = format!("there is no voice {name:?}; voices are named like en-us, de, fr-fr, es, hi");
            checker.fault(&fields.pointer_to("name"), message);
        }
        choice.name = name;
    }
    choice.rate_wpm = fields.whole_number("rate_wpm", 80..=450, " words a minute", checker).unwrap_or(choice.rate_wpm);
    choice.pitch = fields.whole_number("pitch", 0..=99, "", checker).unwrap_or(choice.pitch);
    fields.close(checker);
    choice
}

/// Many media make a task slow, whatever their size.
fn count_media(spec: &VideoSpec, checker: &mut Checker) {
    let mut different = HashSet::new();
    let surplus = spec.media().find(|media| different.insert(&media.source) && different.len() > MAX_MEDIA);
    if let Some(media) = surplus {
        checker.fault(&media.pointer, format!("a video has at most {MAX_MEDIA} different pictures, clips and sounds"));
    }
}
