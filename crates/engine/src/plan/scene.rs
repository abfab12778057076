//! What a scene shows at each of its frames.

use std::sync::Arc;

use rushes_core::spec::{CaptionMode, CaptionStyle, Language, Output};
use rushes_core::timeline::{Backdrop, Clip, PlacedPicture, Still, TimedTransition, TimelineScene};

use super::texts::{PlannedText, Shortened, lay_texts, pages};
use crate::look::{Caption, Dressing, Moment, Scenery, Share};
use crate::text::{Page, PageText, Typesetter};

/// Frames during which a popping word grows.
const POP_FRAMES: u64 = 2;

/// A scene with its captions set into pages.
#[derive(Debug)]
pub struct PlannedScene {
    /// First frame, counted from the start of the video.
    pub first_frame: u64,
    /// How many frames.
    pub frames: u64,
    /// How it replaces the scene before.
    pub transition: Option<TimedTransition>,
    background: Ground,
    /// Frames for which its backdrop is seen: its own and those of the transition after it.
    seen_frames: u64,
    overlays: Arc<[PlacedPicture]>,
    /// The lowest first.
    texts: Vec<PlannedText>,
    /// Which kinds of its texts are not shown whole.
    pub shortened: Vec<Shortened>,
    captions: CaptionStyle,
    pages: Vec<PlannedPage>,
}

#[derive(Debug)]
enum Ground {
    Plain(Moment),
    Still(Arc<Still>),
    Clip(Arc<Clip>),
}

#[derive(Debug)]
struct PlannedPage {
    first_frame: u64,
    end_frame: u64,
    word_frames: Vec<u64>,
    text: Arc<PageText>,
}

impl PlannedScene {
    /// `after` is the transition to the next scene.
    pub fn new(
        scene: &TimelineScene,
        after: Option<TimedTransition>,
        output: &Output,
        language: Option<&Language>,
        typesetter: &mut Typesetter,
    ) -> Self {
        let mut pages = pages(scene, output, language, typesetter);
        let (texts, shortened) = lay_texts(scene, &mut pages, output, typesetter);
        Self {
            first_frame: scene.first_frame,
            frames: scene.frames,
            transition: scene.transition,
            background: match &scene.background {
                Backdrop::Color(color) => Ground::Plain(Moment::Color(*color)),
                Backdrop::Gradient(gradient) => Ground::Plain(Moment::Gradient(*gradient)),
                Backdrop::Still(still) => Ground::Still(Arc::new(still.clone())),
                Backdrop::Clip(clip) => Ground::Clip(Arc::new(clip.clone())),
            },
            seen_frames: scene.frames + after.map_or(0, |transition| transition.frames),
            overlays: scene.overlays.clone().into(),
            texts,
            shortened,
            captions: scene.captions,
            pages: pages.into_iter().map(PlannedPage::from).collect(),
        }
    }

    /// The clip behind it.
    pub fn clip(&self) -> Option<&Clip> {
        match &self.background {
            Ground::Clip(clip) => Some(clip),
            Ground::Plain(_) | Ground::Still(_) => None,
        }
    }

    /// The last frame of the video that belongs to the scene.
    pub const fn last_frame(&self) -> u64 {
        self.first_frame + self.frames - 1
    }

    /// What the scene shows under its captions at a frame of the video. Past its
    /// end its backdrop moves on, and what stands on it stays.
    pub fn scenery(&self, frame: u64) -> Scenery {
        let since = frame - self.first_frame;
        let backdrop = match &self.background {
            Ground::Plain(moment) => moment.clone(),
            Ground::Still(still) => {
                let share = Share { step: since.min(self.seen_frames - 1), of: (self.seen_frames - 1).max(1) };
                Moment::Still(Arc::clone(still), still.camera.map(|_| share))
            }
            Ground::Clip(clip) => Moment::Clip(Arc::clone(clip), since),
        };
        Scenery { backdrop, dressing: self.dressing(frame.min(self.last_frame())) }
    }

    fn dressing(&self, frame: u64) -> Dressing {
        let seen = self.texts.iter().filter(|text| text.frames.contains(&frame));
        Dressing { overlays: Arc::clone(&self.overlays), texts: seen.map(|text| text.placed.clone()).collect() }
    }

    /// The caption at a frame of the video.
    pub fn caption(&self, frame: u64) -> Option<Caption> {
        let before = self.pages.partition_point(|page| page.first_frame <= frame);
        let page = self.pages[..before].last().filter(|page| frame < page.end_frame)?;
        let since = frame - page.first_frame;
        let is_growing = self.captions.mode == CaptionMode::Pop && since < POP_FRAMES;
        Some(Caption {
            text: Arc::clone(&page.text),
            spoken_word: match self.captions.mode {
                CaptionMode::Highlight => page.word_frames.iter().rposition(|first| *first <= frame),
                CaptionMode::Pop => Some(0),
                CaptionMode::Block | CaptionMode::None => None,
            },
            step: if is_growing { u8::try_from(since + 1).unwrap_or(0) } else { 0 },
            style: self.captions,
        })
    }
}

impl From<Page> for PlannedPage {
    fn from(page: Page) -> Self {
        Self {
            first_frame: page.first_frame,
            end_frame: page.end_frame,
            word_frames: page.word_frames,
            text: Arc::new(page.text),
        }
    }
}
