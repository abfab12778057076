//! Sentences to caption pages: at most two balanced lines, or each word alone.

use std::ops::Range;

use rushes_core::spec::{CaptionMode, CaptionStyle, Language, Output};
use rushes_core::timeline::{TimedSentence, TimedWord};

use super::block::{ASCENT, DESCENT, outline_radius};
use super::cuts::WordRoom;
use super::line::{Line, Word};
use super::lines::{Extent, line_width, pages};
use super::safe_area::{SafeArea, is_wide};
use super::script::{Writing, line_height};
use super::{Typesetter, pixels};

/// Multiple of the letter size for words that stand alone.
const POP_SCALE: f32 = 1.9;
/// The largest a popping word becomes before it rests.
pub const POP_OVERSHOOT: f32 = 1.06;
/// Multiples of the letter size from the letters to the edges of a box behind them:
/// beside, and above and below.
const BOX_PADDING: (f32, f32) = (0.45, 0.3);

/// The share of the usual size of words in lines down to which a long word is made smaller rather than cut.
const LEAST_WORD_SCALE: f32 = 0.62;

/// Some words of a sentence that are on screen together.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// First frame with the page.
    pub first_frame: u64,
    /// First frame without it.
    pub end_frame: u64,
    /// First frame of each word; of one that began on the page before, the first frame of the page.
    pub word_frames: Vec<u64>,
    /// What is written.
    pub text: PageText,
}

/// The words of a page, ready to be set.
#[derive(Clone, Debug, PartialEq)]
pub struct PageText {
    /// One or two.
    pub lines: Vec<Line>,
    /// Which of the page's spoken words each word of the lines is a part of.
    pub spoken: Vec<usize>,
    /// Height of the letters in pixels.
    pub size_px: f32,
    /// How far down they are moved to leave room for other texts; an even number.
    pub down_px: i32,
}

/// The measures of captions on a frame.
#[derive(Clone, Copy, Debug)]
pub struct CaptionFrame {
    /// Height of the letters where they fit.
    pub size_px: f32,
    /// Pixels that a line may take.
    pub line_width: f32,
    /// The least share of the size that the letters of a long word may have.
    pub least_scale: f32,
}

impl CaptionFrame {
    /// The measures that a style has on frames of that shape.
    pub fn new(output: &Output, style: &CaptionStyle) -> Self {
        let (width, height) = (pixels(output.width), pixels(output.height));
        let portion = if is_wide(output) { 0.056 } else { 0.066 };
        #[expect(clippy::cast_possible_truncation, reason = "0.5 to 2")]
        let scale = style.font_scale as f32;
        let pop = if style.mode == CaptionMode::Pop { POP_SCALE } else { 1.0 };
        let size_px = (width.min(height) * portion * scale * pop).round();
        let overshoot = if style.mode == CaptionMode::Pop { POP_OVERSHOOT } else { 1.0 };
        let room = SafeArea::new(output).width() - 2.0 * reach(style, size_px * overshoot).0 - 2.0;
        Self { size_px, line_width: room.min(width * 0.84) / overshoot, least_scale: LEAST_WORD_SCALE / pop }
    }

    /// Pixels from the top of the first of two usual lines to the bottom of the second, without
    /// what is drawn around them.
    pub fn two_lines_height(&self) -> f32 {
        self.size_px * (ASCENT + line_height("") + DESCENT)
    }
}

/// Pixels from the letters to the edges of what is drawn around them: beside, and above
/// and below.
pub fn reach(style: &CaptionStyle, size_px: f32) -> (f32, f32) {
    let outline = style.outline.map_or(0.0, |outline| pixels(outline_radius(&outline, size_px)));
    let (beside, above) = style.text_box.map_or((0.0, 0.0), |_| box_padding(size_px));
    (outline + beside, outline + above)
}

/// Pixels from the letters to the edges of a box: beside, and above and below.
pub fn box_padding(size_px: f32) -> (f32, f32) {
    ((size_px * BOX_PADDING.0).round(), (size_px * BOX_PADDING.1).round())
}

/// The first row that usual captions at the bottom may take, their outline included; what stands
/// above stays free of them.
pub fn bottom_captions_top(output: &Output) -> f32 {
    let style = CaptionStyle::default();
    let frame = CaptionFrame::new(output, &style);
    SafeArea::new(output).bottom - frame.two_lines_height() - 2.0 * reach(&style, frame.size_px).1
}

/// Cuts a sentence into pages.
pub fn paginate(
    sentence: &TimedSentence,
    output: &Output,
    style: &CaptionStyle,
    language: Option<&Language>,
    typesetter: &mut Typesetter,
) -> Vec<Page> {
    let frame = CaptionFrame::new(output, style);
    let writing = Writing::of(&TimedWord::joined(&sentence.words));
    let room = WordRoom {
        font: style.font,
        size_px: frame.size_px,
        width: frame.line_width,
        least_scale: frame.least_scale,
        writing,
    };
    let pieces = pieces(sentence, style, language, &room, typesetter);
    let words: Vec<Word> = pieces.iter().map(|piece| piece.word.clone()).collect();
    let extents = typesetter.extents(&words, style.font, frame.size_px, writing);
    let ranges = match style.mode {
        CaptionMode::Pop => pop_pages(&pieces, &extents, frame.line_width),
        CaptionMode::Highlight | CaptionMode::Block | CaptionMode::None => pages(&extents, frame.line_width),
    };
    let page = |lines: Vec<Range<usize>>| {
        let (start, end) = (lines.first().map_or(0, |line| line.start), lines.last().map_or(0, |line| line.end));
        let end_frame = pieces.get(end).map_or(sentence.end_frame, |next| next.first_frame);
        let widest = lines.iter().map(|line| line_width(&extents[line.clone()])).fold(1.0, f32::max);
        let (spoken, word_frames) = spoken_words(&pieces[start..end]);
        let text = PageText {
            lines: lines.iter().map(|line| Line::new(&words[line.clone()], writing)).collect(),
            spoken,
            // A word a little longer than a line is made smaller rather than cut.
            size_px: frame.size_px * (frame.line_width / widest).min(1.0),
            down_px: 0,
        };
        Page { first_frame: pieces[start].first_frame, end_frame, word_frames, text }
    };
    ranges.into_iter().map(page).collect()
}

/// A word of a sentence, or a part of one that is longer than a line.
struct Piece {
    word: Word,
    /// Index of the spoken word.
    spoken: usize,
    /// When the voice comes to it.
    first_frame: u64,
}

fn pieces(
    sentence: &TimedSentence,
    style: &CaptionStyle,
    language: Option<&Language>,
    room: &WordRoom,
    typesetter: &mut Typesetter,
) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(sentence.words.len());
    for (spoken, timed) in sentence.words.iter().enumerate() {
        let word = Word::spoken(timed, style.is_uppercase, language);
        let parts = typesetter.parts(&word.text, room);
        let frames = timed.end_frame.saturating_sub(timed.first_frame);
        let frames_before = |part: &Range<usize>| frames * part.start as u64 / (word.text.len() as u64).max(1);
        pieces.extend(word.cut(&parts).into_iter().zip(&parts).map(|(word, part)| Piece {
            word,
            spoken,
            first_frame: timed.first_frame + frames_before(part),
        }));
    }
    pieces
}

/// Each spoken word alone; the parts of a long one on pages of their own where they do not fit one.
fn pop_pages(pieces: &[Piece], extents: &[Extent], limit: f32) -> Vec<Vec<Range<usize>>> {
    let mut all = Vec::new();
    let mut start = 0;
    for word in pieces.chunk_by(|piece, next| piece.spoken == next.spoken) {
        let end = start + word.len();
        let of_word = pages(&extents[start..end], limit).into_iter();
        let moved = |line: Range<usize>| line.start + start..line.end + start;
        all.extend(of_word.map(|page| page.into_iter().map(moved).collect::<Vec<_>>()));
        start = end;
    }
    all
}

/// Which spoken word of a page each piece belongs to, and the frame at which each of those begins.
fn spoken_words(pieces: &[Piece]) -> (Vec<usize>, Vec<u64>) {
    let (mut spoken, mut frames) = (Vec::with_capacity(pieces.len()), Vec::new());
    for word in pieces.chunk_by(|piece, next| piece.spoken == next.spoken) {
        spoken.extend(word.iter().map(|_| frames.len()));
        frames.extend(word.first().map(|piece| piece.first_frame));
    }
    (spoken, frames)
}
