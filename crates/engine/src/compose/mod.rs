//! From a look to a picture.

mod ground;
mod lettering;

use rushes_core::ports::RenderError;
use rushes_core::spec::Output;
use rushes_core::timeline::PlacedPicture;

use crate::look::{Ground, Look};
use crate::picture::Picture;
use crate::sources::Sources;
use ground::GroundPainter;
use lettering::Lettering;

/// Draws the pictures of one segment, one after another. What two looks in a row
/// share is not drawn again.
pub struct Composer<'a> {
    painter: GroundPainter<'a>,
    lettering: Lettering,
    canvas: Picture,
    /// A ground that stays while captions change, and its picture.
    kept: Option<(Ground, Picture)>,
    /// Rows of the canvas that show more than the kept ground.
    drawn_over: Option<(usize, usize)>,
}

impl<'a> Composer<'a> {
    /// A composer for pictures of one shape.
    #[must_use]
    pub fn new(output: Output, sources: &'a Sources) -> Self {
        Self {
            painter: GroundPainter::new(output, sources),
            lettering: Lettering::new(output),
            canvas: Picture::black(output.width as usize, output.height as usize),
            kept: None,
            drawn_over: None,
        }
    }

    /// The picture of a look.
    ///
    /// # Errors
    /// [`RenderError`] when a piece of media cannot be drawn.
    pub fn compose(&mut self, look: &Look) -> Result<&Picture, RenderError> {
        self.lay_ground(&look.ground, &look.overlays)?;
        let is_still = look.ground.is_still();
        let caption = look.caption.as_ref().map(|caption| self.lettering.caption(caption, is_still, &mut self.canvas));
        self.drawn_over = union(caption, self.lettering.progress(look.progress, &mut self.canvas));
        Ok(&self.canvas)
    }

    /// Makes the canvas show the ground and the pictures over every scene only.
    /// These are the same all through a video.
    fn lay_ground(&mut self, ground: &Ground, overlays: &[PlacedPicture]) -> Result<(), RenderError> {
        if let Some((kept, picture)) = &self.kept
            && kept == ground
        {
            if let Some((from, to)) = self.drawn_over {
                self.canvas.restore_rows(picture, from, to);
            }
            return Ok(());
        }
        self.painter.draw(ground, &mut self.canvas, &mut self.lettering)?;
        self.painter.overlay(overlays, &mut self.canvas);
        self.kept = ground.is_still().then(|| (ground.clone(), self.canvas.clone()));
        Ok(())
    }
}

/// The rows of both.
fn union(one: Option<(usize, usize)>, other: Option<(usize, usize)>) -> Option<(usize, usize)> {
    match (one, other) {
        (Some((from, to)), Some((other_from, other_to))) => Some((from.min(other_from), to.max(other_to))),
        (rows, None) | (None, rows) => rows,
    }
}
