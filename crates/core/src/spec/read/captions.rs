//! How words are written.

use super::super::{CaptionMode, CaptionPosition, CaptionStyle, Font, Outline, TextBox};
use super::node::{Checker, Node};

const MODES: [(&str, CaptionMode); 4] = [
    ("highlight", CaptionMode::Highlight),
    ("pop", CaptionMode::Pop),
    ("block", CaptionMode::Block),
    ("none", CaptionMode::None),
];
const POSITIONS: [(&str, CaptionPosition); 3] =
    [("top", CaptionPosition::Top), ("center", CaptionPosition::Center), ("bottom", CaptionPosition::Bottom)];
const FONTS: [(&str, Font); 3] = [("sans", Font::Sans), ("serif", Font::Serif), ("mono", Font::Mono)];

/// `base` with what `node` changes.
pub fn captions(node: Option<Node>, base: CaptionStyle, checker: &mut Checker) -> CaptionStyle {
    let Some(mut fields) = node.and_then(|node| node.object(checker)) else { return base };
    let style = CaptionStyle {
        mode: fields.choice("style", &MODES, checker).unwrap_or(base.mode),
        position: fields.choice("position", &POSITIONS, checker).unwrap_or(base.position),
        font: fields.choice("font", &FONTS, checker).unwrap_or(base.font),
        font_scale: fields.number("font_scale", 0.5..=2.0, "", checker).unwrap_or(base.font_scale),
        color: fields.color("color", checker).unwrap_or(base.color),
        highlight_color: fields.color("highlight_color", checker).unwrap_or(base.highlight_color),
        outline: fields.take("outline").map_or(base.outline, |node| outline(node, base.outline, checker)),
        text_box: fields.take("box").map_or(base.text_box, |node| text_box(node, base.text_box, checker)),
        is_uppercase: fields.boolean("uppercase", checker).unwrap_or(base.is_uppercase),
    };
    fields.close(checker);
    style
}

fn outline(node: Node, base: Option<Outline>, checker: &mut Checker) -> Option<Outline> {
    let base = base.unwrap_or_default();
    let mut fields = match node.object_or_boolean(checker)? {
        Ok(fields) => fields,
        Err(is_wanted) => return is_wanted.then_some(base),
    };
    let outline = Outline {
        color: fields.color("color", checker).unwrap_or(base.color),
        width_scale: fields.number("width", 0.25..=4.0, "", checker).unwrap_or(base.width_scale),
    };
    fields.close(checker);
    Some(outline)
}

fn text_box(node: Node, base: Option<TextBox>, checker: &mut Checker) -> Option<TextBox> {
    let base = base.unwrap_or_default();
    let mut fields = match node.object_or_boolean(checker)? {
        Ok(fields) => fields,
        Err(is_wanted) => return is_wanted.then_some(base),
    };
    let text_box = TextBox {
        color: fields.color("color", checker).unwrap_or(base.color),
        opacity: fields.number("opacity", 0.0..=1.0, "", checker).unwrap_or(base.opacity),
    };
    fields.close(checker);
    Some(text_box)
}
