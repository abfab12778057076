//! Words and pictures over the ground.

use std::sync::Arc;

use rushes_core::spec::{Output, ProgressBar};
use rushes_core::timeline::PlacedPicture;
use rushes_core::units::Color;

use crate::look::{Caption, Dressing};
use crate::picture::{Mask, Picture, Yuv, blend};
use crate::text::{PageText, TextBlock, Typesetter, set_heading};

const OUTLINE: Color = Color::rgb(0, 0, 0);
const OUTLINE_OPACITY: u8 = 200;
const HEADING: Color = Color::rgb(255, 255, 255);

/// Rows of a picture, from the first to the one after the last.
type Rows = (usize, usize);

/// Sets and draws what stands over grounds; keeps what was set last.
pub struct Lettering {
    output: Output,
    typesetter: Typesetter,
    heading: Option<(Arc<str>, TextBlock)>,
    page: Option<(Arc<PageText>, TextBlock)>,
}

impl Lettering {
    pub fn new(output: Output) -> Self {
        Self { output, typesetter: Typesetter::new(), heading: None, page: None }
    }

    /// Draws what stands on a backdrop.
    pub fn dress(&mut self, dressing: &Dressing, picture: &mut Picture) {
        let Some(heading) = &dressing.heading else { return };
        if self.heading.as_ref().is_none_or(|(known, _)| known != heading) {
            let block = set_heading(heading, &self.output, &mut self.typesetter);
            self.heading = Some((Arc::clone(heading), block));
        }
        if let Some((_, block)) = &self.heading {
            draw(picture, block, |_| HEADING);
        }
    }

    /// Draws pictures over everything.
    pub fn overlay(&mut self, _overlays: &[PlacedPicture], _picture: &mut Picture) -> Option<Rows> {
        None
    }

    /// Draws a caption.
    pub fn caption(&mut self, caption: &Caption, picture: &mut Picture) -> Option<Rows> {
        let is_set = self.page.as_ref().is_some_and(|(text, _)| *text == caption.text);
        if !is_set {
            let block = caption.text.set(&self.output, &caption.style, &mut self.typesetter);
            self.page = Some((Arc::clone(&caption.text), block));
        }
        let (_, block) = self.page.as_ref()?;
        let style = caption.style;
        draw(
            picture,
            block,
            |word| {
                if caption.spoken_word == Some(word) { style.highlight_color } else { style.color }
            },
        );
        Some(even_rows(&block.outline, picture.height()))
    }

    /// Draws the progress bar.
    pub fn progress(&mut self, _progress: Option<(ProgressBar, u32)>, _picture: &mut Picture) -> Option<Rows> {
        None
    }
}

fn draw(picture: &mut Picture, block: &TextBlock, color_of: impl Fn(usize) -> Color) {
    blend(picture, &block.outline, Yuv::from(OUTLINE), OUTLINE_OPACITY);
    for (index, word) in block.words.iter().enumerate() {
        blend(picture, word, Yuv::from(color_of(index)), 255);
    }
}

/// The rows that a mask touches, widened to whole chroma rows.
fn even_rows(mask: &Mask, height: usize) -> Rows {
    let within = |row: i32| usize::try_from(row).unwrap_or(0).min(height);
    (within(mask.top) / 2 * 2, within(mask.bottom()).div_ceil(2) * 2)
}
