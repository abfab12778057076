//! The texts of a scene, each with its frames and its place.

use std::ops::Range;
use std::sync::Arc;

use rushes_core::spec::{CaptionMode, Language, Output};
use rushes_core::timeline::TimelineScene;

use crate::text::{NamePlate, Page, PlacedText, SeenText, StandingText, Typesetter, lay_out, paginate};

/// A text and the frames of the video that show it.
#[derive(Debug)]
pub struct PlannedText {
    /// What is written, and where.
    pub placed: PlacedText,
    /// When it is seen.
    pub frames: Range<u64>,
}

/// A text that is not shown whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortened {
    /// What is cut or left out.
    pub kind: &'static str,
    /// Whether all of it is left out.
    pub is_left_out: bool,
}

/// The captions of a scene.
pub fn pages(
    scene: &TimelineScene,
    output: &Output,
    language: Option<&Language>,
    typesetter: &mut Typesetter,
) -> Vec<Page> {
    if scene.captions.mode == CaptionMode::None {
        return Vec::new();
    }
    let pages = scene.sentences.iter();
    pages.flat_map(|sentence| paginate(sentence, output, &scene.captions, language, typesetter)).collect()
}

/// Finds a place for each text of a scene, the lowest first, and moves captions that are in its way.
pub fn lay_texts(
    scene: &TimelineScene,
    pages: &mut [Page],
    output: &Output,
    typesetter: &mut Typesetter,
) -> (Vec<PlannedText>, Vec<Shortened>) {
    let seen = seen_texts(scene);
    let laid = lay_out(&seen, pages, &scene.captions, output, typesetter);
    let mut shortened = Vec::new();
    let mut texts = Vec::with_capacity(seen.len());
    for (SeenText { text, frames }, laid) in seen.into_iter().zip(laid) {
        if laid.is_cut || laid.placement.is_none() {
            shortened.push(Shortened { kind: kind(&text), is_left_out: laid.placement.is_none() });
        }
        texts.extend(laid.placement.map(|placement| PlannedText { placed: PlacedText { text, placement }, frames }));
    }
    (texts, shortened)
}

fn seen_texts(scene: &TimelineScene) -> Vec<SeenText> {
    let all = scene.first_frame..scene.first_frame + scene.frames;
    let card = scene.card.clone().map(|card| (StandingText::Card(Arc::new(card)), all.clone()));
    let heading = scene
        .title
        .as_ref()
        .map(|heading| (StandingText::Heading(heading.text.as_str().into()), all.start..heading.end_frame));
    let lower_third = scene.lower_third.as_ref().map(|third| {
        let plate = NamePlate { title: third.title.clone(), subtitle: third.subtitle.clone(), color: third.color };
        (StandingText::LowerThird(Arc::new(plate)), third.first_frame..third.end_frame)
    });
    let texts = [card, heading, lower_third].into_iter().flatten();
    texts.map(|(text, frames)| SeenText { text, frames }).collect()
}

const fn kind(text: &StandingText) -> &'static str {
    match text {
        StandingText::Heading(_) => "title",
        StandingText::Card(_) => "card",
        StandingText::LowerThird(_) => "lower third",
    }
}
