//! Shapes and rate of the pictures.

use super::super::{Aspect, Output, Resolution, Shape};
use super::node::{Checker, Fields, Node, listed};
use crate::units::FrameRate;

/// The most files of one video.
const MAX_OUTPUTS: usize = 4;

/// From `output` and `outputs`; never empty.
pub fn outputs(output: Option<Node>, outputs: Option<Node>, checker: &mut Checker) -> Vec<Output> {
    let is_listed = outputs.is_some();
    let (mut shape, mut frame_rate) = (Shape::default(), FrameRate::default());
    if let Some(mut fields) = output.and_then(|node| node.object(checker)) {
        shape = one_shape(&mut fields, is_listed, checker);
        frame_rate = rate(&mut fields, checker);
        fields.close(checker);
    }
    let shapes = outputs.map_or_else(|| vec![shape], |node| shapes(node, checker));
    shapes.into_iter().map(|shape| Output::new(shape, frame_rate)).collect()
}

fn one_shape(fields: &mut Fields, is_listed: bool, checker: &mut Checker) -> Shape {
    let aspect = fields.choice("aspect", &Aspect::ALL.map(|aspect| (aspect.as_str(), aspect)), checker);
    let resolution =
        fields.choice("resolution", &Resolution::ALL.map(|resolution| (resolution.as_str(), resolution)), checker);
    for (name, is_given) in [("aspect", aspect.is_some()), ("resolution", resolution.is_some())] {
        if is_given && is_listed {
            checker.fault(&fields.pointer_to(name), format!("`outputs` says it already: leave `{name}` out"));
        }
    }
    Shape { aspect: aspect.unwrap_or_default(), resolution: resolution.unwrap_or_default() }
}

fn rate(fields: &mut Fields, checker: &mut Checker) -> FrameRate {
    let fps = fields.whole_number("fps", FrameRate::LOWEST..=FrameRate::HIGHEST, " frames a second", checker);
    fps.and_then(FrameRate::new).unwrap_or_default()
}

/// A list like `["16:9 1080p", "9:16 1080p"]`.
fn shapes(node: Node, checker: &mut Checker) -> Vec<Shape> {
    let pointer = node.pointer.clone();
    let Some(nodes) = node.list(checker) else { return vec![Shape::default()] };
    if nodes.is_empty() || nodes.len() > MAX_OUTPUTS {
        checker.fault(&pointer, format!("a video has 1 to {MAX_OUTPUTS} outputs"));
        return vec![Shape::default()];
    }
    let mut shapes = Vec::new();
    for node in nodes {
        let pointer = node.pointer.clone();
        let Some(text) = node.text(checker) else { continue };
        match Shape::parse(&text) {
            Some(shape) if shapes.contains(&shape) => checker.fault(&pointer, "this output is named already"),
            Some(shape) => shapes.push(shape),
            None => checker.fault(&pointer, wanted_shape()),
        }
    }
    if shapes.is_empty() { vec![Shape::default()] } else { shapes }
}

fn wanted_shape() -> String {
    format!(
        "an output is an aspect ({}) and a resolution ({}), like \"9:16 1080p\"",
        listed(&Aspect::ALL.map(Aspect::as_str), "or"),
        listed(&Resolution::ALL.map(Resolution::as_str), "or"),
    )
}
