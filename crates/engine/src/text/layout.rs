//! One layout for all texts of a scene: none lies over another.

use std::collections::HashMap;
use std::ops::Range;

use rushes_core::spec::{CaptionMode, CaptionPosition, CaptionStyle, Output};

use super::captions::{CaptionFrame, Page};
use super::placement::{PlacedText, Placement, StandingText};
use super::safe_area::SafeArea;
use super::set_caption::{POP_STEPS, caption_rows, set_caption};
use super::stack::{Rectangle, Rows, stack};
use super::{PageText, Typesetter, pixels};

/// A text of a scene and when it is seen.
#[derive(Clone, Debug)]
pub struct SeenText {
    /// What is written.
    pub text: StandingText,
    /// Frames of the video.
    pub frames: Range<u64>,
}

/// Where a text of a scene stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaidText {
    /// How it departs from its usual place; `None` where there is no room for it at all.
    pub placement: Option<Placement>,
    /// Whether words are left out because they do not fit.
    pub is_cut: bool,
}

/// Finds a place for each text, and moves caption pages that are in its way.
///
/// Where nothing meets, everything stands where it usually does. Otherwise texts are moved up and down, first those
/// that are below; where that is not enough they are made smaller, captions last, then cut, then left out.
pub fn lay_out(
    texts: &[SeenText],
    pages: &mut [Page],
    style: &CaptionStyle,
    output: &Output,
    typesetter: &mut Typesetter,
) -> Vec<LaidText> {
    let mut scene = Scene { texts, style, output, typesetter, captions: HashMap::new() };
    if scene.may_meet(pages) {
        let seen: Vec<usize> = (0..pages.len()).filter(|index| scene.is_beside_a_text(&pages[*index])).collect();
        let beside: Vec<&Page> = seen.iter().map(|index| &pages[*index]).collect();
        if scene.meets(&beside) {
            let (laid, captions) = scene.find_places(&beside);
            for index in seen {
                captions.apply(&mut pages[index].text);
            }
            return laid;
        }
    }
    let usual = |text| LaidText { placement: Some(Placement::default()), is_cut: scene.is_cut(text) };
    texts.iter().map(|seen| &seen.text).map(usual).collect()
}

/// How the pages of captions that are seen beside other texts depart from their usual size and place.
#[derive(Clone, Copy, Debug)]
struct CaptionPlacement {
    scale: f32,
    down_px: i32,
}

impl CaptionPlacement {
    fn apply(self, page: &mut PageText) {
        page.size_px *= self.scale;
        page.down_px = self.down_px;
    }
}

/// What is tried, the least change first.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    /// Of headings, cards and lower thirds.
    text_scale: f32,
    /// Of captions.
    caption_scale: f32,
    /// Of headings, cards and lower thirds.
    most_lines: usize,
    /// How many of them are shown, the most important first.
    shown: usize,
}

/// Shares of the usual size down to which headings, cards and lower thirds are made smaller before captions are.
const READY_SCALES: [f32; 3] = [0.9, 0.8, 0.7];
/// Those that are tried once captions are no larger than usual.
const RELUCTANT_SCALES: [f32; 2] = [0.6, 0.5];
const CAPTION_SCALES: [f32; 7] = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3];
/// Captions are never smaller than this share of the frame's shorter side, unless they are wished so.
const LEAST_CAPTION: f32 = 0.03;
/// Pixels between two texts: this part of the frame's shorter side.
const GAP: u32 = 40;

/// The attempts for so many texts. `usual_scale` brings captions that are wished larger to the usual size,
/// `least_scale` to the smallest that is readable.
fn attempts(usual_scale: f32, least_scale: f32, texts: usize) -> Vec<Attempt> {
    let captions =
        |from: f32, to: f32| CAPTION_SCALES.into_iter().filter(move |scale| *scale < from && *scale > to).chain([to]);
    let mut last = Attempt { text_scale: 1.0, caption_scale: 1.0, most_lines: usize::MAX, shown: texts };
    let mut attempts = vec![last];
    let mut then = |change: &mut dyn FnMut(&mut Attempt)| {
        change(&mut last);
        attempts.push(last);
    };
    for scale in READY_SCALES {
        then(&mut |attempt| attempt.text_scale = scale);
    }
    for scale in captions(1.0, usual_scale) {
        then(&mut |attempt| attempt.caption_scale = scale);
    }
    for scale in RELUCTANT_SCALES {
        then(&mut |attempt| attempt.text_scale = scale);
    }
    for scale in captions(usual_scale, least_scale) {
        then(&mut |attempt| attempt.caption_scale = scale);
    }
    for most_lines in [3, 2, 1] {
        then(&mut |attempt| attempt.most_lines = most_lines);
    }
    for shown in (0..texts).rev() {
        then(&mut |attempt| attempt.shown = shown);
    }
    attempts
}

/// The texts of a scene while places are looked for.
struct Scene<'a> {
    texts: &'a [SeenText],
    style: &'a CaptionStyle,
    output: &'a Output,
    typesetter: &'a mut Typesetter,
    /// The rows of all pages of captions, by their scale's bits.
    captions: HashMap<u32, Rows>,
}

/// What stands in a row of texts from the top to the bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Text(usize),
    Captions,
}

impl Scene<'_> {
    fn is_cut(&mut self, text: &StandingText) -> bool {
        placed(text, Placement::default()).facts(self.output, self.typesetter).is_cut
    }

    fn is_beside_a_text(&self, page: &Page) -> bool {
        self.texts.iter().any(|text| meet(&text.frames, &frames_of(page)))
    }

    /// Whether two texts are seen at once whose letters might touch: a look at sizes that costs little.
    fn may_meet(&mut self, pages: &[Page]) -> bool {
        let texts = self.texts;
        if texts.is_empty() || (texts.len() == 1 && pages.is_empty()) {
            return false;
        }
        let mut all: Vec<(Range<u64>, Rows)> = Vec::with_capacity(texts.len());
        for seen in texts {
            let rows = placed(&seen.text, Placement::default()).facts(self.output, self.typesetter).rows;
            if all.iter().any(|(frames, other)| meet(frames, &seen.frames) && other.1 > rows.0 && rows.1 > other.0) {
                return true;
            }
            all.push((seen.frames.clone(), rows));
        }
        pages.iter().any(|page| {
            let frames = frames_of(page);
            let mut beside = all.iter().filter(|(seen, _)| meet(seen, &frames)).peekable();
            beside.peek().is_some() && {
                let rows = caption_rows(&page.text, self.style, self.output);
                beside.any(|(_, other)| other.1 > rows.0 && rows.1 > other.0)
            }
        })
    }

    /// Whether two texts that are seen at once lie over each other.
    fn meets(&mut self, pages: &[&Page]) -> bool {
        let texts = self.texts;
        let mut all: Vec<(Range<u64>, Rectangle)> = Vec::with_capacity(texts.len());
        for seen in texts {
            let edges = self.edges(&seen.text, Placement::default());
            if all.iter().any(|(frames, other)| meet(frames, &seen.frames) && other.meets(&edges)) {
                return true;
            }
            all.push((seen.frames.clone(), edges));
        }
        pages.iter().any(|page| {
            let edges = self.page_edges(&page.text);
            all.iter().any(|(frames, other)| meet(frames, &frames_of(page)) && other.meets(&edges))
        })
    }

    fn edges(&mut self, text: &StandingText, placement: Placement) -> Rectangle {
        Rectangle::from(placed(text, placement).artwork(self.output, self.typesetter).edges())
    }

    /// The edges of a page at its largest.
    fn page_edges(&mut self, page: &PageText) -> Rectangle {
        let step = if self.style.mode == CaptionMode::Pop { POP_STEPS } else { 0 };
        Rectangle::from(set_caption(page, None, step, self.style, self.output, self.typesetter).edges())
    }

    /// The rows of all pages at a scale.
    fn caption_rows(&mut self, pages: &[&Page], scale: f32) -> Rows {
        if let Some(rows) = self.captions.get(&scale.to_bits()) {
            return *rows;
        }
        let mut rows: Option<Rows> = None;
        for page in pages {
            let mut text = page.text.clone();
            CaptionPlacement { scale, down_px: 0 }.apply(&mut text);
            let edges = self.page_edges(&text);
            if edges.top < edges.bottom {
                let (top, bottom) = rows.unwrap_or((edges.top, edges.bottom));
                rows = Some((top.min(edges.top), bottom.max(edges.bottom)));
            }
        }
        let rows = rows.unwrap_or_default();
        self.captions.insert(scale.to_bits(), rows);
        rows
    }

    fn find_places(&mut self, pages: &[&Page]) -> (Vec<LaidText>, CaptionPlacement) {
        let size_px = |style| CaptionFrame::new(self.output, style).size_px;
        let (wished_px, usual_px) = (size_px(self.style), size_px(&CaptionStyle { font_scale: 1.0, ..*self.style }));
        let least_px = LEAST_CAPTION * pixels(self.output.width.min(self.output.height));
        let usual_scale = (usual_px / wished_px).min(1.0);
        let least_scale = (least_px / wished_px).min(usual_scale);
        let mut attempts = attempts(usual_scale, least_scale, self.texts.len()).into_iter();
        let found = attempts.find_map(|attempt| self.places(pages, attempt));
        // Captions alone always fit.
        found.unwrap_or_else(|| {
            let left_out = LaidText { placement: None, is_cut: false };
            (vec![left_out; self.texts.len()], CaptionPlacement { scale: 1.0, down_px: 0 })
        })
    }

    /// Places for what an attempt shows, if there is room for it.
    fn places(&mut self, pages: &[&Page], attempt: Attempt) -> Option<(Vec<LaidText>, CaptionPlacement)> {
        let mut members = self.shown(attempt.shown);
        members.push(Member::Captions);
        members.sort_by_key(|member| self.order(*member));
        let placement = Placement { scale: attempt.text_scale, most_lines: attempt.most_lines, down_px: 0 };
        let mut rows = Vec::with_capacity(members.len());
        for member in &members {
            rows.push(match member {
                Member::Text(index) => self.edges(&self.texts[*index].text, placement).rows(),
                Member::Captions => self.caption_rows(pages, attempt.caption_scale),
            });
        }
        let area = SafeArea::new(self.output).edges();
        let gap = i32::try_from(self.output.width.min(self.output.height) / GAP).unwrap_or(0).max(4);
        let down = stack(&rows, (area.1, area.3), gap)?;
        let mut laid = vec![LaidText { placement: None, is_cut: false }; self.texts.len()];
        let mut captions = CaptionPlacement { scale: attempt.caption_scale, down_px: 0 };
        for (member, down_px) in members.into_iter().zip(down) {
            match member {
                Member::Captions => captions.down_px = down_px,
                Member::Text(index) => {
                    let placed = placed(&self.texts[index].text, Placement { down_px, ..placement });
                    let is_cut = placed.facts(self.output, self.typesetter).is_cut;
                    laid[index] = LaidText { placement: Some(placed.placement), is_cut };
                }
            }
        }
        Some((laid, captions))
    }

    /// The most important texts.
    fn shown(&self, count: usize) -> Vec<Member> {
        let mut texts: Vec<usize> = (0..self.texts.len()).collect();
        texts.sort_by_key(|index| match self.texts[*index].text {
            StandingText::Card(_) => 0,
            StandingText::Heading(_) => 1,
            StandingText::LowerThird(_) => 2,
        });
        texts.into_iter().take(count).map(Member::Text).collect()
    }

    /// How far down a member usually stands.
    fn order(&self, member: Member) -> u8 {
        match member {
            Member::Text(index) => match self.texts[index].text {
                StandingText::Heading(_) => 0,
                StandingText::Card(_) => 2,
                StandingText::LowerThird(_) => 4,
            },
            Member::Captions => match self.style.position {
                CaptionPosition::Top => 1,
                CaptionPosition::Center => 3,
                CaptionPosition::Bottom => 5,
            },
        }
    }
}

fn placed(text: &StandingText, placement: Placement) -> PlacedText {
    PlacedText { text: text.clone(), placement }
}

const fn frames_of(page: &Page) -> Range<u64> {
    page.first_frame..page.end_frame
}

const fn meet(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests;
