//! From JSON to what is meant, collecting every fault on the way. `node` and
//! `values` take it apart, the rest reads one kind of thing each.

mod address;
mod background;
mod captions;
mod media;
mod node;
mod output;
mod overlay;
mod scene;
mod sound;
mod topic;
mod values;
mod voice;

use std::collections::HashSet;

use super::{
    CHANNEL, Language, MAX_MEDIA, MAX_NARRATION_CHARACTERS, MAX_SPEC_BYTES, MediaOrigin, Quality, Scene, SceneLook,
    SpecError, Topic, Transition, VideoSpec,
};
use crate::json::Json;
pub use node::{Checker, Fields, Node};
pub use topic::FIELDS as TOPIC_FIELDS;

use background::background;
use captions::captions;
use node::listed;
use output::outputs;
use overlay::{overlays, progress_bar, transition};
use scene::{Defaults, scenes, script};
use sound::music;
use voice::{language, settle, voice};

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
    read_node(Node::root(Json::parse(json).map_err(SpecError::Syntax)?), Checker::new(origin))
}

/// Reads and checks a spec that is JSON already.
///
/// # Errors
/// [`SpecError::Invalid`] with every fault found.
pub fn read_node(node: Node, mut checker: Checker) -> Result<VideoSpec, SpecError> {
    let spec = node.object(&mut checker).map(|fields| video(fields, &mut checker));
    match spec {
        Some(spec) if checker.violations.is_empty() => Ok(spec),
        _ => Err(SpecError::Invalid(checker.violations)),
    }
}

/// The whole spec.
fn video(mut fields: Fields, checker: &mut Checker) -> VideoSpec {
    if let Some(node) = fields.take(CHANNEL) {
        checker.fault(&node.pointer, "a channel is looked up by the service; here its file is named with --channel");
    }
    let title = fields.title("title", checker);
    let (mut voice, is_voice_named) = voice(fields.take("voice"), checker);
    let quality = fields.choice("quality", &QUALITIES, checker).unwrap_or_default();
    let look = SceneLook {
        background: fields.take("background").map(|node| background(node, checker)),
        captions: captions(fields.take("captions"), super::CaptionStyle::default(), checker),
        transition: transition(fields.take("transition"), Transition::default(), checker),
    };
    let overlays = overlays(fields.take("overlays"), checker);
    let music = fields.take("music").and_then(|node| music(node, checker));
    let progress_bar = fields.take("progress_bar").and_then(|node| progress_bar(node, checker));
    let outputs = outputs(fields.take("output"), fields.take("outputs"), checker);
    let said = fields.take("language").and_then(|node| language(node, checker));
    let (scenes, topic) = story(&mut fields, said.clone(), look, checker);
    settle(&mut voice, is_voice_named, topic.as_ref().map(|topic| topic.language.clone()).or(said), &scenes);
    fields.close_kind(&topic::FIELDS, "a spec without a topic", checker);
    let spec = VideoSpec { title, scenes, topic, voice, music, overlays, progress_bar, quality, outputs };
    count_media(&spec, checker);
    spec
}

/// What is told, or what a script has yet to be written about: from the one of three fields that says it.
fn story(
    fields: &mut Fields,
    language: Option<Language>,
    look: SceneLook,
    checker: &mut Checker,
) -> (Vec<Scene>, Option<Topic>) {
    let mut given: Vec<(&str, Node)> =
        ["topic", "script", "scenes"].into_iter().filter_map(|name| Some((name, fields.take(name)?))).collect();
    let Some((name, node)) = given.pop() else {
        checker.fault("", "one of `script`, `scenes` or `topic` is needed");
        return (Vec::new(), None);
    };
    if !given.is_empty() {
        let mut names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
        names.push(name);
        let message = format!("give one of `topic`, `script` and `scenes`, not {}", listed(&names, "and"));
        checker.fault(&node.pointer, message);
        return (Vec::new(), None);
    }
    if name == "topic" {
        return (Vec::new(), Some(topic::topic(node, fields, language.unwrap_or_default(), look, checker)));
    }
    let pointer = node.pointer.clone();
    let defaults = Defaults {
        background: look.background.unwrap_or(background::DEFAULT),
        captions: look.captions,
        transition: look.transition,
    };
    let scenes = match name {
        "script" => script(node, &defaults, checker).into_iter().collect(),
        _ => scenes(node, &defaults, checker),
    };
    let characters: usize = scenes.iter().map(|scene| scene.text.chars().count()).sum();
    if characters > MAX_NARRATION_CHARACTERS {
        checker.fault(&pointer, format!("the narration has more than {MAX_NARRATION_CHARACTERS} characters"));
    }
    (scenes, None)
}

/// Many media make a task slow, whatever their size.
fn count_media(spec: &VideoSpec, checker: &mut Checker) {
    let mut different = HashSet::new();
    let surplus = spec.media().find(|media| different.insert(&media.source) && different.len() > MAX_MEDIA);
    if let Some(media) = surplus {
        checker.fault(&media.pointer, format!("a video has at most {MAX_MEDIA} different pictures, clips and sounds"));
    }
}
