//! Texts that stand on a scene, and how each departs from its usual size and place.

use std::sync::Arc;

use rushes_core::spec::{Card, Output};

use super::block::{ASCENT, DESCENT, Layout};
use super::card::{card_facts, set_card};
use super::heading::{heading_facts, set_heading};
use super::lower_third::{NamePlate, lower_third_facts, set_lower_third};
use super::safe_area::SafeArea;
use super::{Artwork, Typesetter, pixels, whole};

/// A text that stays where it is for as long as it is seen.
#[derive(Clone, Debug, PartialEq)]
pub enum StandingText {
    /// A heading, near the top.
    Heading(Arc<str>),
    /// Large words in the middle.
    Card(Arc<Card>),
    /// A name low on the left.
    LowerThird(Arc<NamePlate>),
}

/// How a text departs from its usual size and place, so that none lies over another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Share of the usual letter size.
    pub scale: f32,
    /// The most lines of each of its parts, where that is fewer than usual.
    pub most_lines: usize,
    /// How far down it is moved; an even number of pixels, so that colours of emoji stay on the frame's own grid.
    pub down_px: i32,
}

impl Default for Placement {
    fn default() -> Self {
        Self { scale: 1.0, most_lines: usize::MAX, down_px: 0 }
    }
}

/// A text and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedText {
    /// What is written.
    pub text: StandingText,
    /// How it departs from its usual place.
    pub placement: Placement,
}

/// What is known of a text before it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextFacts {
    /// The first row that it may touch, and the first below that it does not.
    pub rows: (i32, i32),
    /// Whether words are left out because they do not fit.
    pub is_cut: bool,
}

impl PlacedText {
    /// What is drawn.
    #[must_use]
    pub fn artwork(&self, output: &Output, typesetter: &mut Typesetter) -> Artwork {
        let Self { text, placement } = self;
        match text {
            StandingText::Heading(text) => set_heading(text, placement, output, typesetter),
            StandingText::Card(card) => set_card(card, placement, output, typesetter),
            StandingText::LowerThird(plate) => set_lower_third(plate, placement, output, typesetter),
        }
    }

    /// What is known without drawing it.
    pub(super) fn facts(&self, output: &Output, typesetter: &mut Typesetter) -> TextFacts {
        let Self { text, placement } = self;
        let facts = match text {
            StandingText::Heading(text) => heading_facts(text, placement, output, typesetter),
            StandingText::Card(card) => card_facts(card, placement, output, typesetter),
            StandingText::LowerThird(plate) => lower_third_facts(plate, placement, output, typesetter),
        };
        let (top, bottom) = facts.rows;
        TextFacts { rows: (top + placement.down_px, bottom + placement.down_px), ..facts }
    }
}

/// The rows that lines may touch: as far as letters of any script reach, and what is drawn around them, also when
/// they are moved to be inside `area`.
pub fn rough_rows(layout: &Layout, lines: usize, around: f32, area: &SafeArea) -> (i32, i32) {
    let last = layout.baseline + layout.size_px * layout.line_height * pixels(lines.saturating_sub(1));
    let (above, below) = (layout.size_px * (ASCENT + TALLER), layout.size_px * (DESCENT + TALLER));
    let (top, bottom) = (whole(layout.baseline - above - around), whole(last + below + around));
    let (_, first, _, end) = area.edges();
    // Even steps may take a row more.
    let (down, up) = ((first - top + 1).max(0), (bottom - end + 1).max(0));
    (top - up, bottom + down)
}

/// How much further than Latin letters those of other scripts may reach, as a multiple of their size.
const TALLER: f32 = 0.65;
