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

/// Draws the pictures of one segment, one after another. A ground that two looks in a
/// row share is not drawn again.
pub struct Composer<'a> {
    painter: GroundPainter<'a>,
    lettering: Lettering,
    /// A ground that stays while captions change, and its picture.
    kept: Option<(Ground, Picture)>,
}

impl<'a> Composer<'a> {
    /// A composer for pictures of one shape.
    #[must_use]
    pub fn new(output: Output, sources: &'a Sources) -> Self {
        Self { painter: GroundPainter::new(output, sources), lettering: Lettering::new(output), kept: None }
    }

    /// Makes `canvas` the picture of a look, whatever it showed before.
    ///
    /// # Errors
    /// [`RenderError`] when a piece of media cannot be drawn.
    pub fn compose(&mut self, look: &Look, canvas: &mut Picture) -> Result<(), RenderError> {
        self.lay_ground(&look.ground, &look.overlays, canvas)?;
        if let Some(caption) = &look.caption {
            self.lettering.caption(caption, look.ground.is_still(), canvas);
        }
        self.lettering.progress(look.progress, canvas);
        Ok(())
    }

    /// Makes the canvas show the ground and the pictures over every scene only.
    /// These are the same all through a video.
    fn lay_ground(
        &mut self,
        ground: &Ground,
        overlays: &[PlacedPicture],
        canvas: &mut Picture,
    ) -> Result<(), RenderError> {
        if let Some((kept, picture)) = &self.kept
            && kept == ground
        {
            canvas.clone_from(picture);
            return Ok(());
        }
        self.painter.draw(ground, canvas, &mut self.lettering)?;
        self.painter.overlay(overlays, canvas);
        self.kept = ground.is_still().then(|| (ground.clone(), canvas.clone()));
        Ok(())
    }
}
