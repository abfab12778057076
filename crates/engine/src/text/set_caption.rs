//! Caption pages to artwork.

use rushes_core::spec::{CaptionMode, CaptionPosition, CaptionStyle, Output};

use super::block::{ASCENT, Across, DESCENT, Layout, TextBlock};
use super::captions::{CaptionFrame, POP_OVERSHOOT, PageText, box_padding, reach};
use super::placement::rough_rows;
use super::safe_area::SafeArea;
use super::script::line_height;
use super::{Artwork, Typesetter, pixels};

/// Frames that a word takes to pop up before it rests. Step 1 is the first of them,
/// step 0 the rest.
pub const POP_STEPS: u8 = 2;
/// Half the height of capitals, as a multiple of their size: what the eye takes for the middle.
const MIDDLE: f32 = 0.357;

/// A page that was set once and is drawn for each of its words.
#[derive(Clone, Debug, PartialEq)]
pub struct SetCaption {
    block: TextBlock,
    /// Which spoken word each set one is a part of.
    spoken: Vec<usize>,
    style: CaptionStyle,
}

impl SetCaption {
    /// Sets a page where the style wants it. `step` says how far a popping word is;
    /// the other modes know step 0 only.
    #[must_use]
    pub fn new(page: &PageText, step: u8, style: &CaptionStyle, output: &Output, typesetter: &mut Typesetter) -> Self {
        let scale = match (style.mode, step) {
            (CaptionMode::Pop, 1) => 0.72,
            (CaptionMode::Pop, 2) => POP_OVERSHOOT,
            _ => 1.0,
        };
        let area = SafeArea::new(output);
        let layout = layout(page, scale, style, output);
        let mut block = TextBlock::set(&page.lines, layout, typesetter);
        if let Some(outline) = &style.outline {
            block = block.outlined(outline, layout.size_px);
        }
        if let Some(text_box) = &style.text_box {
            let last = layout.baseline + further_lines(&layout, page.lines.len());
            let rows = (layout.baseline - layout.size_px * 0.76, last + layout.size_px * 0.12);
            block = block.boxed(text_box, box_padding(layout.size_px), rows);
        }
        Self { block: block.kept_inside(&area).moved((0, page.down_px)), spoken: page.spoken.clone(), style: *style }
    }

    /// What is drawn while the word with that index is spoken.
    #[must_use]
    pub fn artwork(&self, spoken_word: Option<usize>) -> Artwork {
        let style = &self.style;
        let is_spoken = |word: usize| spoken_word.is_some() && self.spoken.get(word).copied() == spoken_word;
        self.block.artwork(|word| if is_spoken(word) { style.highlight_color } else { style.color })
    }
}

/// Sets a page and draws it for one of its words. Where a page is drawn for several
/// words, [`SetCaption`] sets it once.
#[must_use]
pub fn set_caption(
    page: &PageText,
    spoken_word: Option<usize>,
    step: u8,
    style: &CaptionStyle,
    output: &Output,
    typesetter: &mut Typesetter,
) -> Artwork {
    SetCaption::new(page, step, style, output, typesetter).artwork(spoken_word)
}

/// The rows that a page may touch in any of its steps.
pub fn caption_rows(page: &PageText, style: &CaptionStyle, output: &Output) -> (i32, i32) {
    let layout = layout(page, if style.mode == CaptionMode::Pop { POP_OVERSHOOT } else { 1.0 }, style, output);
    rough_rows(&layout, page.lines.len(), reach(style, layout.size_px).1, &SafeArea::new(output))
}

fn layout(page: &PageText, scale: f32, style: &CaptionStyle, output: &Output) -> Layout {
    let height = page.lines.iter().map(|line| line_height(&line.text)).fold(0.0, f32::max);
    let mut layout = Layout {
        font: style.font,
        size_px: page.size_px * scale,
        line_height: height,
        baseline: 0.0,
        across: Across::Centered(pixels(output.width) / 2.0),
    };
    layout.baseline = match style.mode {
        CaptionMode::Pop => {
            pop_middle(style, output) - further_lines(&layout, page.lines.len()) / 2.0 + layout.size_px * MIDDLE
        }
        CaptionMode::Highlight | CaptionMode::Block | CaptionMode::None => {
            first_baseline(&layout, page.lines.len(), style, output)
        }
    };
    layout
}

fn first_baseline(layout: &Layout, lines: usize, style: &CaptionStyle, output: &Output) -> f32 {
    let area = SafeArea::new(output);
    let (reach, further) = (reach(style, layout.size_px).1, further_lines(layout, lines));
    match style.position {
        CaptionPosition::Top => area.top + reach + layout.size_px * ASCENT,
        CaptionPosition::Center => (pixels(output.height) - further) / 2.0 + layout.size_px * MIDDLE,
        CaptionPosition::Bottom => area.bottom - reach - layout.size_px * DESCENT - further,
    }
}

/// The row around which words pop up: the middle of where two usual lines would stand.
fn pop_middle(style: &CaptionStyle, output: &Output) -> f32 {
    let area = SafeArea::new(output);
    let lines = CaptionStyle { mode: CaptionMode::Block, ..*style };
    let half = CaptionFrame::new(output, &lines).two_lines_height() / 2.0;
    match style.position {
        CaptionPosition::Top => area.top + half,
        CaptionPosition::Center => pixels(output.height) / 2.0,
        CaptionPosition::Bottom => area.bottom - half,
    }
}

fn further_lines(layout: &Layout, lines: usize) -> f32 {
    layout.size_px * layout.line_height * pixels(lines.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rushes_core::narration::written_words;
    use rushes_core::spec::{Font, Outline, TextBox};
    use rushes_core::timeline::{TimedSentence, TimedWord};
    use rushes_core::units::{Color, FrameRate};

    use super::*;
    use crate::text::paginate;

    fn sentence(text: &str) -> TimedSentence {
        let word = |range: std::ops::Range<usize>| TimedWord {
            is_joined: range.start > 0 && !text[..range.start].ends_with(char::is_whitespace),
            text: text[range].to_owned(),
            first_frame: 0,
            end_frame: 1,
        };
        TimedSentence { words: written_words(text).into_iter().map(word).collect(), end_frame: 1 }
    }

    fn words() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            4 => "[a-zA-ZäßÅg,.]{1,14}",
            1 => "[А-я]{1,20}",
            1 => "[א-ת]{1,9}[.!]?",
            1 => "[ء-ي]{1,9}",
            1 => "[क-ह][ा-ौ]{0,2}",
            2 => "[一-龥ぁ-んァ-ン。、]{1,20}",
            1 => "[😀-😿]|👩‍🚀|🇩🇪",
            // Marks piled on one another, characters that nobody sees, and an endless word.
            1 => "a[\u{300}-\u{36f}]{0,30}",
            1 => "[\u{1}-\u{1f}\u{200b}-\u{200f}\u{2028}-\u{202e}]{1,4}",
            1 => "[WÅg]{60,90}",
        ];
        proptest::collection::vec(word, 1..14).prop_map(|words| words.join(" "))
    }

    fn styles() -> impl Strategy<Value = CaptionStyle> {
        let mode = prop_oneof![Just(CaptionMode::Highlight), Just(CaptionMode::Pop), Just(CaptionMode::Block)];
        let position =
            prop_oneof![Just(CaptionPosition::Top), Just(CaptionPosition::Center), Just(CaptionPosition::Bottom)];
        let font = prop_oneof![Just(Font::Sans), Just(Font::Serif), Just(Font::Mono)];
        let outline = proptest::option::of(0.25f64..=4.0);
        (mode, position, font, 0.5f64..=2.0, outline, any::<bool>(), any::<bool>()).prop_map(
            |(mode, position, font, font_scale, outline, is_boxed, is_uppercase)| CaptionStyle {
                mode,
                position,
                font,
                font_scale,
                outline: outline.map(|width_scale| Outline { width_scale, ..Outline::default() }),
                text_box: is_boxed.then_some(TextBox { color: Color::rgb(0, 0, 0), opacity: 0.5 }),
                is_uppercase,
                ..CaptionStyle::default()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
        #[test]
        fn captions_never_leave_the_safe_area_and_have_at_most_two_lines(
            text in words(), style in styles(), size in (90u32..320, 90u32..320), step in 0u8..3,
        ) {
            let output = Output { width: size.0 * 2, height: size.1 * 2, frame_rate: FrameRate::default() };
            let (left, top, right, bottom) = SafeArea::new(&output).edges();
            let mut typesetter = Typesetter::new();
            let sentence = sentence(&text);
            let pages = paginate(&sentence, &output, &style, None, &mut typesetter);
            // White space of every kind: a word may hold some, as in `10 000 €`.
            let letters = |text: &str| -> String {
                text.chars().filter(|character| !character.is_whitespace() && !character.is_control()).collect()
            };
            let written: String =
                pages.iter().flat_map(|page| &page.text.lines).map(|line| letters(&line.text)).collect();
            let expected = letters(&text);
            prop_assert!(style.is_uppercase || written == expected, "{written} is not {expected}");
            for page in pages {
                prop_assert!((1..=2).contains(&page.text.lines.len()));
                let edges = set_caption(&page.text, Some(0), step, &style, &output, &mut typesetter).edges();
                if edges != (0, 0, 0, 0) {
                    prop_assert!(
                        edges.0 >= left && edges.1 >= top && edges.2 <= right && edges.3 <= bottom,
                        "{:?} leaves {:?}", edges, (left, top, right, bottom)
                    );
                }
            }
        }
    }
}
