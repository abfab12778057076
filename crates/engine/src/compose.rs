//! From a look to a picture.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushes_core::ports::RenderError;
use rushes_core::spec::Output;
use rushes_core::timeline::Backdrop;
use rushes_core::units::Color;

use crate::picture::{Computed, Mask, Picture, Yuv, blend, draw_backdrop};
use crate::plan::{Caption, Look};
use crate::text::{PageText, TextBlock, Typesetter, set_heading};

const OUTLINE: Color = Color::rgb(0, 0, 0);
const OUTLINE_OPACITY: u8 = 200;
const HEADING: Color = Color::rgb(255, 255, 255);

/// Still pictures that were decoded to the size of the frame, by file.
pub type Stills = HashMap<PathBuf, Arc<Picture>>;

/// Draws the pictures of one segment, one after another. What two looks in a row
/// share is not drawn again.
pub struct Composer<'a> {
    output: Output,
    stills: &'a Stills,
    typesetter: Typesetter,
    ground: Option<Ground>,
    page: Option<(PageText, TextBlock)>,
    canvas: Picture,
}

/// Backdrop and heading, which stay while captions change.
struct Ground {
    backdrop: Backdrop,
    heading: Option<String>,
    picture: Picture,
}

impl<'a> Composer<'a> {
    /// A composer for pictures of one shape.
    #[must_use]
    pub fn new(output: Output, stills: &'a Stills) -> Self {
        let canvas = Picture::black(output.width as usize, output.height as usize);
        Self { output, stills, typesetter: Typesetter::new(), ground: None, page: None, canvas }
    }

    /// The picture of a look.
    ///
    /// # Errors
    /// [`RenderError::Picture`] when a still was not decoded before.
    pub fn compose(&mut self, look: &Look) -> Result<&Picture, RenderError> {
        self.lay_ground(look)?;
        if let Some(caption) = &look.caption {
            self.draw_caption(caption);
        }
        Ok(&self.canvas)
    }

    /// Makes the canvas show backdrop and heading only.
    fn lay_ground(&mut self, look: &Look) -> Result<(), RenderError> {
        if let Some(ground) = &self.ground
            && ground.backdrop == look.backdrop
            && ground.heading == look.heading
        {
            if let Some((_, block)) = &self.page {
                let (from, to) = even_rows(&block.outline, self.canvas.height());
                self.canvas.restore_rows(&ground.picture, from, to);
            }
            return Ok(());
        }
        let mut picture = self.backdrop(&look.backdrop)?;
        if let Some(heading) = &look.heading {
            let block = set_heading(heading, &self.output, &mut self.typesetter);
            draw(&mut picture, &block, |_| HEADING);
        }
        self.canvas = picture.clone();
        self.ground = Some(Ground { backdrop: look.backdrop.clone(), heading: look.heading.clone(), picture });
        Ok(())
    }

    fn backdrop(&self, backdrop: &Backdrop) -> Result<Picture, RenderError> {
        let (width, height) = (self.canvas.width(), self.canvas.height());
        match backdrop {
            Backdrop::Color(color) => Ok(draw_backdrop(width, height, &Computed::Color(*color))),
            Backdrop::Gradient(gradient) => Ok(draw_backdrop(width, height, &Computed::Gradient(*gradient))),
            Backdrop::Still(still) => self.still(&still.path),
            Backdrop::Clip(_) => Err(RenderError::Picture { reason: "clips are not drawn yet".to_owned() }),
        }
    }

    fn still(&self, path: &Path) -> Result<Picture, RenderError> {
        let still = self
            .stills
            .get(path)
            .ok_or_else(|| RenderError::Picture { reason: "a still was not decoded".to_owned() })?;
        Ok(Picture::clone(still))
    }

    fn draw_caption(&mut self, caption: &Caption) {
        let is_set = self.page.as_ref().is_some_and(|(text, _)| *text == caption.text);
        if !is_set {
            let block = caption.text.set(&self.output, &caption.style, &mut self.typesetter);
            self.page = Some((caption.text.clone(), block));
        }
        if let Some((_, block)) = &self.page {
            let style = caption.style;
            draw(&mut self.canvas, block, |word| {
                if caption.spoken_word == Some(word) { style.highlight_color } else { style.color }
            });
        }
    }
}

fn draw(picture: &mut Picture, block: &TextBlock, color_of: impl Fn(usize) -> Color) {
    blend(picture, &block.outline, Yuv::from(OUTLINE), OUTLINE_OPACITY);
    for (index, word) in block.words.iter().enumerate() {
        blend(picture, word, Yuv::from(color_of(index)), 255);
    }
}

/// The rows that a mask touches, widened to whole chroma rows.
fn even_rows(mask: &Mask, height: usize) -> (usize, usize) {
    let within = |row: i32| usize::try_from(row).unwrap_or(0).min(height);
    (within(mask.top) / 2 * 2, within(mask.bottom()).div_ceil(2) * 2)
}
