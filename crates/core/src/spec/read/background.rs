//! Backgrounds and cameras.

use super::super::{
    Background, Camera, CameraPath, Direction, Easing, Fit, Footage, FootageKind, Gradient, Image, MediaKind, Video,
    View,
};
use super::media::{media, trim, volume};
use super::node::{Checker, Fields, Node};
use super::values::clean;
use crate::units::{Color, Portion};

/// Lies behind a video that names no background.
pub const DEFAULT: Background = Background::Color(DEFAULT_COLOR);
const DEFAULT_COLOR: Color = Color::rgb(0x10, 0x18, 0x2b);
const DEFAULT_END_COLOR: Color = Color::rgb(0x1f, 0x40, 0x68);
const DEFAULT_AMOUNT: f64 = 0.15;
/// The smallest part of a picture that a camera shows, as a share of a side.
const SMALLEST_VIEW: f64 = 0.02;
/// Sums of shares written in decimals may pass 1 by this much.
const ROUNDING: f64 = 1e-9;

#[derive(Clone, Copy)]
enum Kind {
    Color,
    Gradient,
    Image,
    Video,
    Footage,
}

const KINDS: [(&str, Kind); 5] = [
    ("color", Kind::Color),
    ("gradient", Kind::Gradient),
    ("image", Kind::Image),
    ("video", Kind::Video),
    ("footage", Kind::Footage),
];
const FIELDS: [&str; 15] = [
    "color",
    "from",
    "to",
    "angle_deg",
    "url",
    "path",
    "asset",
    "fit",
    "camera",
    "start_s",
    "end_s",
    "loop",
    "volume",
    "terms",
    "kind",
];
const FOOTAGE_KINDS: [(&str, FootageKind); 3] =
    [("any", FootageKind::Any), ("video", FootageKind::Clips), ("image", FootageKind::Pictures)];
/// The longest words that are searched for, in characters; the providers take no more.
const MAX_TERMS_CHARACTERS: usize = 100;
const FITS: [(&str, Fit); 3] = [("cover", Fit::Cover), ("contain", Fit::Contain), ("fill", Fit::Fill)];

pub fn background(node: Node, checker: &mut Checker) -> Background {
    let Some(mut fields) = node.object(checker) else { return DEFAULT };
    let Some(kind) = fields.needed_choice("type", "a background", &KINDS, checker) else { return DEFAULT };
    let (background, name) = match kind {
        Kind::Color => (color(&mut fields, checker), "a plain colour"),
        Kind::Gradient => (gradient(&mut fields, checker), "a gradient"),
        Kind::Image => (image(&mut fields, checker), "an image background"),
        Kind::Video => (video(&mut fields, checker), "a video background"),
        Kind::Footage => (footage(&mut fields, checker), "footage"),
    };
    fields.close_kind(&FIELDS, name, checker);
    background
}

fn color(fields: &mut Fields, checker: &mut Checker) -> Background {
    Background::Color(fields.color("color", checker).unwrap_or(DEFAULT_COLOR))
}

fn gradient(fields: &mut Fields, checker: &mut Checker) -> Background {
    Background::Gradient(Gradient {
        from: fields.color("from", checker).unwrap_or(DEFAULT_COLOR),
        to: fields.color("to", checker).unwrap_or(DEFAULT_END_COLOR),
        angle_deg: fields.number("angle_deg", -360.0..=360.0, " degrees", checker).unwrap_or(180.0),
    })
}

fn image(fields: &mut Fields, checker: &mut Checker) -> Background {
    let media = media(fields, MediaKind::Picture, "an image background", checker);
    let fit = fields.choice("fit", &FITS, checker).unwrap_or_default();
    let camera = fields.take("camera").and_then(|node| camera(node, checker));
    if camera.is_some() && fit != Fit::Cover {
        checker.fault(&fields.pointer_to("fit"), "a camera always covers the frame: leave `fit` or `camera` out");
    }
    Background::Image(Image { media, fit, camera })
}

fn video(fields: &mut Fields, checker: &mut Checker) -> Background {
    Background::Video(Video {
        media: media(fields, MediaKind::Clip, "a video background", checker),
        fit: fields.choice("fit", &FITS, checker).unwrap_or_default(),
        trim: trim(fields, checker),
        is_looped: fields.boolean("loop", checker).unwrap_or(true),
        volume: volume(fields, 0.0, checker),
    })
}

fn footage(fields: &mut Fields, checker: &mut Checker) -> Background {
    let kind = fields.choice("kind", &FOOTAGE_KINDS, checker).unwrap_or_default();
    let terms = fields.take("terms").and_then(|node| terms(node, checker)).filter(|terms| !terms.is_empty());
    Background::Footage(Footage { terms: terms.into_iter().collect(), kind, is_wished: true })
}

fn terms(node: Node, checker: &mut Checker) -> Option<String> {
    let pointer = node.pointer.clone();
    let text = node.text(checker)?;
    if text.chars().count() > MAX_TERMS_CHARACTERS {
        checker.fault(&pointer, format!("`terms` has at most {MAX_TERMS_CHARACTERS} characters"));
    }
    Some(clean(&text, &pointer, checker))
}

#[derive(Clone, Copy)]
enum Move {
    ZoomIn,
    ZoomOut,
    Pan(Direction),
}

const MOVES: [(&str, Move); 6] = [
    ("zoom-in", Move::ZoomIn),
    ("zoom-out", Move::ZoomOut),
    ("pan-left", Move::Pan(Direction::Left)),
    ("pan-right", Move::Pan(Direction::Right)),
    ("pan-up", Move::Pan(Direction::Up)),
    ("pan-down", Move::Pan(Direction::Down)),
];
const EASINGS: [(&str, Easing); 2] = [("linear", Easing::Linear), ("ease", Easing::InOut)];

fn camera(node: Node, checker: &mut Checker) -> Option<Camera> {
    let mut fields = node.object(checker)?;
    let easing = fields.choice("easing", &EASINGS, checker).unwrap_or_default();
    let (from, to) = (fields.take("from"), fields.take("to"));
    let path = match (from, to) {
        (None, None) => moved(&mut fields, checker),
        (Some(from), Some(to)) => {
            let (from, to) = (view(from, checker), view(to, checker));
            from.zip(to).map(|(from, to)| CameraPath::Between { from, to })
        }
        (from, _) => {
            let missing = if from.is_some() { "to" } else { "from" };
            checker.fault(&fields.pointer_to(missing), "a camera goes `from` one part of the picture `to` another");
            None
        }
    };
    fields.close_kind(&["move", "amount"], "a camera with `from` and `to`", checker);
    path.map(|path| Camera { path, easing })
}

fn moved(fields: &mut Fields, checker: &mut Checker) -> Option<CameraPath> {
    let amount = fields.number("amount", 0.01..=4.0, "", checker).unwrap_or(DEFAULT_AMOUNT);
    let direction = fields.needed_choice("move", "a camera without `from` and `to`", &MOVES, checker)?;
    Some(match direction {
        Move::ZoomIn => CameraPath::ZoomIn { amount },
        Move::ZoomOut => CameraPath::ZoomOut { amount },
        Move::Pan(direction) => CameraPath::Pan { direction, amount },
    })
}

fn view(node: Node, checker: &mut Checker) -> Option<View> {
    let mut fields = node.object(checker)?;
    let (x, width) = span(&mut fields, ["x", "width"], checker);
    let (y, height) = span(&mut fields, ["y", "height"], checker);
    fields.close(checker);
    Some(View { x: x?, y: y?, width: width?, height: height? })
}

/// Start and length on one axis, inside the picture.
fn span(
    fields: &mut Fields,
    [start, length]: [&'static str; 2],
    checker: &mut Checker,
) -> (Option<Portion>, Option<Portion>) {
    let from = needed_portion(fields, start, 0.0, checker);
    let extent = needed_portion(fields, length, SMALLEST_VIEW, checker);
    if let (Some(from), Some(extent)) = (from, extent)
        && from.get() + extent.get() > 1.0 + ROUNDING
    {
        let message = format!("`{start}` and `{length}` are shares of the picture: together at most 1");
        checker.fault(&fields.pointer_to(length), message);
    }
    (from, extent)
}

fn needed_portion(fields: &mut Fields, name: &'static str, lowest: f64, checker: &mut Checker) -> Option<Portion> {
    let faults = checker.violations.len();
    let portion = fields.portion(name, lowest..=1.0, checker);
    if portion.is_none() && checker.violations.len() == faults {
        checker.fault(&fields.pointer_to(name), "a part of the picture needs `x`, `y`, `width` and `height`");
    }
    portion
}
