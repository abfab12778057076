//! What lies over the background, and how one scene becomes the next.

use std::time::Duration;

use super::super::{
    Alignment, Card, Direction, LowerThird, MAX_OVERLAYS, MediaKind, Overlay, OverlayPosition, ProgressBar, Transition,
    TransitionKind,
};
use super::media::media;
use super::node::{Checker, Fields, Node};
use crate::units::{Color, Portion};

/// Marks a name or the progress, like the word being spoken.
const ACCENT: Color = Color::rgb(0xff, 0xd5, 0x4a);
const BLACK: Color = Color::rgb(0, 0, 0);

const POSITIONS: [(&str, OverlayPosition); 9] = [
    ("top-left", at(Alignment::Start, Alignment::Start)),
    ("top", at(Alignment::Center, Alignment::Start)),
    ("top-right", at(Alignment::End, Alignment::Start)),
    ("left", at(Alignment::Start, Alignment::Center)),
    ("center", at(Alignment::Center, Alignment::Center)),
    ("right", at(Alignment::End, Alignment::Center)),
    ("bottom-left", at(Alignment::Start, Alignment::End)),
    ("bottom", at(Alignment::Center, Alignment::End)),
    ("bottom-right", at(Alignment::End, Alignment::End)),
];

const fn at(horizontal: Alignment, vertical: Alignment) -> OverlayPosition {
    OverlayPosition { horizontal, vertical }
}

pub fn overlays(node: Option<Node>, checker: &mut Checker) -> Vec<Overlay> {
    let Some(node) = node else { return Vec::new() };
    let pointer = node.pointer.clone();
    let nodes = node.list(checker).unwrap_or_default();
    if nodes.len() > MAX_OVERLAYS {
        checker.fault(&pointer, format!("there are at most {MAX_OVERLAYS} overlays"));
        return Vec::new();
    }
    nodes.into_iter().filter_map(|node| overlay(node, checker)).collect()
}

fn overlay(node: Node, checker: &mut Checker) -> Option<Overlay> {
    let mut fields = node.object(checker)?;
    let overlay = Overlay {
        media: media(&mut fields, MediaKind::Picture, "an overlay", checker),
        position: fields.choice("position", &POSITIONS, checker).unwrap_or(at(Alignment::End, Alignment::Start)),
        width: share(&mut fields, "width", [0.01, 1.0], 0.12, checker),
        margin: share(&mut fields, "margin", [0.0, 0.4], 0.04, checker),
        opacity: share(&mut fields, "opacity", [0.0, 1.0], 1.0, checker),
    };
    fields.close(checker);
    Some(overlay)
}

fn share(fields: &mut Fields, name: &'static str, limits: [f64; 2], default: f64, checker: &mut Checker) -> Portion {
    let given = fields.portion(name, limits[0]..=limits[1], checker);
    given.or_else(|| Portion::new(default)).unwrap_or(Portion::WHOLE)
}

pub fn card(node: Node, checker: &mut Checker) -> Option<Card> {
    let mut fields = node.object(checker)?;
    let card = Card { title: fields.needed_title("a card", checker), subtitle: fields.title("subtitle", checker) };
    fields.close(checker);
    Some(card)
}

pub fn lower_third(node: Node, checker: &mut Checker) -> Option<LowerThird> {
    let mut fields = node.object(checker)?;
    let lower_third = LowerThird {
        title: fields.needed_title("a lower third", checker),
        subtitle: fields.title("subtitle", checker),
        start: fields.seconds("start_s", 0.0..=600.0, checker).unwrap_or(Duration::from_millis(500)),
        duration: fields.seconds("duration_s", 0.1..=600.0, checker).unwrap_or(Duration::from_secs(5)),
        color: fields.color("color", checker).unwrap_or(ACCENT),
    };
    fields.close(checker);
    Some(lower_third)
}

pub fn progress_bar(node: Node, checker: &mut Checker) -> Option<ProgressBar> {
    let mut fields = node.object(checker)?;
    let bar = ProgressBar {
        color: fields.color("color", checker).unwrap_or(ACCENT),
        is_at_top: fields.choice("position", &[("top", true), ("bottom", false)], checker).unwrap_or(false),
    };
    fields.close(checker);
    Some(bar)
}

#[derive(Clone, Copy)]
enum Kind {
    Cut,
    Crossfade,
    Fade,
    Slide,
    Wipe,
}

const KINDS: [(&str, Kind); 5] = [
    ("cut", Kind::Cut),
    ("crossfade", Kind::Crossfade),
    ("fade", Kind::Fade),
    ("slide", Kind::Slide),
    ("wipe", Kind::Wipe),
];
const DIRECTIONS: [(&str, Direction); 4] =
    [("left", Direction::Left), ("right", Direction::Right), ("up", Direction::Up), ("down", Direction::Down)];

pub fn transition(node: Option<Node>, default: Transition, checker: &mut Checker) -> Transition {
    let Some(mut fields) = node.and_then(|node| node.object(checker)) else { return default };
    let Some(kind) = fields.needed_choice("type", "a transition", &KINDS, checker) else { return default };
    let mut direction =
        |fields: &mut Fields| fields.choice("direction", &DIRECTIONS, checker).unwrap_or(Direction::Left);
    let (kind, name) = match kind {
        Kind::Cut => (TransitionKind::Cut, "a cut"),
        Kind::Crossfade => (TransitionKind::Crossfade, "a crossfade"),
        Kind::Slide => (TransitionKind::Slide(direction(&mut fields)), "a slide"),
        Kind::Wipe => (TransitionKind::Wipe(direction(&mut fields)), "a wipe"),
        Kind::Fade => (TransitionKind::Fade(fields.color("color", checker).unwrap_or(BLACK)), "a fade"),
    };
    let duration = if kind == TransitionKind::Cut {
        Duration::ZERO
    } else {
        fields.seconds("duration_s", 0.1..=5.0, checker).unwrap_or(Duration::from_millis(500))
    };
    fields.close_kind(&["duration_s", "color", "direction"], name, checker);
    Transition { kind, duration }
}
