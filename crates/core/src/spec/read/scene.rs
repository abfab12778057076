//! Scenes.

use std::time::Duration;

use super::super::{Background, CaptionStyle, MAX_SCENE_DURATION, MAX_SCENES, Scene, Transition};
use super::background::background;
use super::captions::captions;
use super::node::{Checker, Fields, Node};
use super::overlay::{card, lower_third, overlays, transition};
use super::sound::sounds;
use super::values::narration;

/// How long a card stands that says nothing of it.
const CARD_DURATION: Duration = Duration::from_secs(3);

/// What the video says for all its scenes.
pub struct Defaults {
    pub background: Background,
    pub captions: CaptionStyle,
    pub transition: Transition,
}

/// The one scene of a script.
pub fn script(node: Node, defaults: &Defaults, checker: &mut Checker) -> Option<Scene> {
    let pointer = node.pointer.clone();
    let script = node.text(checker)?;
    let faults = checker.violations.len();
    let text = narration(&script, &pointer, checker);
    if text.is_empty() && checker.violations.len() == faults {
        checker.fault(&pointer, "the script is empty");
    }
    Some(Scene {
        text,
        title: None,
        card: None,
        lower_third: None,
        background: defaults.background.clone(),
        overlays: Vec::new(),
        captions: defaults.captions,
        transition: defaults.transition,
        sounds: Vec::new(),
        minimum_duration: Duration::ZERO,
    })
}

pub fn scenes(node: Node, defaults: &Defaults, checker: &mut Checker) -> Vec<Scene> {
    let pointer = node.pointer.clone();
    let Some(nodes) = node.list(checker) else { return Vec::new() };
    if nodes.is_empty() {
        checker.fault(&pointer, "at least one scene is needed");
    }
    if nodes.len() > MAX_SCENES {
        checker.fault(&pointer, format!("{} scenes are more than the {MAX_SCENES} one video may have", nodes.len()));
        return Vec::new();
    }
    let objects: Vec<Fields> = nodes.into_iter().filter_map(|node| node.object(checker)).collect();
    objects.into_iter().map(|fields| scene(fields, defaults, checker)).collect()
}

fn scene(mut fields: Fields, defaults: &Defaults, checker: &mut Checker) -> Scene {
    let card = fields.take("card").and_then(|node| card(node, checker));
    let (text, minimum_duration) = length(&mut fields, card.is_some(), checker);
    let scene = Scene {
        text,
        title: fields.title("title", checker),
        card,
        lower_third: fields.take("lower_third").and_then(|node| lower_third(node, checker)),
        background: fields
            .take("background")
            .map_or_else(|| defaults.background.clone(), |node| background(node, checker)),
        overlays: overlays(fields.take("overlays"), checker),
        captions: captions(fields.take("captions"), defaults.captions, checker),
        transition: transition(fields.take("transition"), defaults.transition, checker),
        sounds: sounds(fields.take("sounds"), checker),
        minimum_duration,
    };
    fields.close(checker);
    scene
}

/// What is said, and how long the scene lasts at least.
fn length(fields: &mut Fields, has_card: bool, checker: &mut Checker) -> (String, Duration) {
    let faults = checker.violations.len();
    let text = fields.take("text").and_then(|node| {
        let pointer = node.pointer.clone();
        Some(narration(&node.text(checker)?, &pointer, checker))
    });
    let text = text.unwrap_or_default();
    let duration = fields.take("duration_s").and_then(|node| duration(node, checker));
    let is_wrong = checker.violations.len() > faults;
    if text.is_empty() && duration.is_none() && !has_card && !is_wrong {
        let message = "a scene needs a `text` to speak, a `card` to show, or a `duration_s` to stand for";
        checker.fault(&fields.pointer_to("text"), message);
    }
    let shortest = if has_card && text.is_empty() { CARD_DURATION } else { Duration::ZERO };
    (text, duration.unwrap_or(shortest))
}

fn duration(node: Node, checker: &mut Checker) -> Option<Duration> {
    let pointer = node.pointer.clone();
    let seconds = node.number(checker)?;
    let limit = MAX_SCENE_DURATION.as_secs_f64();
    if seconds > 0.0 && seconds <= limit {
        return Some(Duration::from_secs_f64(seconds));
    }
    checker.fault(&pointer, format!("a duration is more than 0 and at most {limit} seconds"));
    None
}
