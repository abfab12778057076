//! What lies under captions: backdrops, what stands on them, transitions.

use std::sync::Arc;

use rushes_core::ports::RenderError;
use rushes_core::spec::{Output, TransitionKind};
use rushes_core::timeline::{Clip, PlacedPicture};

use super::lettering::Lettering;
use crate::camera::{Size, crop_at};
use crate::clip::ClipReader;
use crate::look::{Ground, Moment, Passage, Scenery, Share};
use crate::picture::{Computed, Picture, Resampler, Yuv, draw_backdrop, mix};
use crate::sources::Sources;

/// Clips seen at the same time: two during a transition.
const READERS: usize = 2;

/// Draws grounds.
pub struct GroundPainter<'a> {
    output: Output,
    sources: &'a Sources,
    resampler: Resampler,
    /// The scene that comes, while the one that goes is on the canvas.
    coming: Option<Picture>,
    /// The last used at the end.
    readers: Vec<Reading>,
}

/// A clip that is being read.
struct Reading {
    clip: Arc<Clip>,
    next_frame: u64,
    reader: ClipReader,
}

impl<'a> GroundPainter<'a> {
    pub fn new(output: Output, sources: &'a Sources) -> Self {
        Self { output, sources, resampler: Resampler::default(), coming: None, readers: Vec::new() }
    }

    /// Draws `ground` over the whole canvas.
    pub fn draw(
        &mut self,
        ground: &Ground,
        canvas: &mut Picture,
        lettering: &mut Lettering,
    ) -> Result<(), RenderError> {
        match ground {
            Ground::Scene(scenery) => self.scenery(scenery, canvas, lettering),
            Ground::Transition(passage) => self.transition(passage, canvas, lettering),
        }
    }

    fn transition(
        &mut self,
        passage: &Passage,
        canvas: &mut Picture,
        lettering: &mut Lettering,
    ) -> Result<(), RenderError> {
        self.scenery(&passage.from, canvas, lettering)?;
        let mut coming = self.coming.take().unwrap_or_else(|| Picture::black(canvas.width(), canvas.height()));
        self.scenery(&passage.to, &mut coming, lettering)?;
        let share = passage.share.get();
        match passage.kind {
            TransitionKind::Cut => canvas.clone_from(&coming),
            TransitionKind::Crossfade => mix::crossfade(canvas, &coming, share),
            TransitionKind::Fade(color) if share < 0.5 => mix::cover(canvas, Yuv::from(color), share * 2.0),
            TransitionKind::Fade(color) => {
                canvas.clone_from(&coming);
                mix::cover(canvas, Yuv::from(color), 2.0 - share * 2.0);
            }
            TransitionKind::Slide(direction) => mix::slide(canvas, &coming, direction, eased(share)),
            TransitionKind::Wipe(direction) => mix::wipe(canvas, &coming, direction, share),
        }
        self.coming = Some(coming);
        Ok(())
    }

    fn scenery(
        &mut self,
        scenery: &Scenery,
        canvas: &mut Picture,
        lettering: &mut Lettering,
    ) -> Result<(), RenderError> {
        self.backdrop(&scenery.backdrop, canvas)?;
        self.overlay(&scenery.dressing.overlays, canvas);
        lettering.dress(&scenery.dressing, canvas);
        Ok(())
    }

    /// Draws pictures over the canvas.
    pub fn overlay(&self, overlays: &[PlacedPicture], canvas: &mut Picture) {
        for bitmap in overlays.iter().filter_map(|overlay| self.sources.overlay(overlay)) {
            bitmap.draw(canvas);
        }
    }

    fn backdrop(&mut self, moment: &Moment, canvas: &mut Picture) -> Result<(), RenderError> {
        let (width, height) = (canvas.width(), canvas.height());
        match moment {
            Moment::Color(color) => canvas.fill(Yuv::from(*color)),
            Moment::Gradient(gradient) => *canvas = draw_backdrop(width, height, &Computed::Gradient(*gradient)),
            Moment::Still(still, None) => {
                let picture = self.sources.still(still)?;
                if (picture.width(), picture.height()) != (width, height) {
                    return Err(RenderError::Broken {
                        reason: "a decoded picture has another size".to_owned(),
                        source: None,
                    });
                }
                canvas.clone_from(picture);
            }
            Moment::Still(still, Some(share)) => {
                let picture = self.sources.still(still)?;
                self.seen_through(still.camera.as_ref(), picture, *share, canvas);
            }
            Moment::Clip(clip, frame) => self.clip(clip, *frame, canvas)?,
        }
        Ok(())
    }

    /// Draws a frame of a clip: the next of a reader that is there, or the first of a new one.
    fn clip(&mut self, clip: &Arc<Clip>, frame: u64, canvas: &mut Picture) -> Result<(), RenderError> {
        let found = self.readers.iter().position(|reader| reader.clip == *clip && reader.next_frame == frame);
        let mut reading = match found {
            Some(index) => self.readers.remove(index),
            None => Reading { clip: Arc::clone(clip), next_frame: frame, reader: self.sources.clip(clip, frame)? },
        };
        canvas.clone_from(reading.reader.next_picture()?);
        reading.next_frame += 1;
        self.readers.push(reading);
        let unused = self.readers.len().saturating_sub(READERS);
        self.readers.drain(..unused);
        Ok(())
    }

    fn seen_through(
        &mut self,
        camera: Option<&rushes_core::spec::Camera>,
        picture: &Picture,
        share: Share,
        canvas: &mut Picture,
    ) {
        let Some(camera) = camera else { return };
        let crop = crop_at(camera, Size::of_picture(picture), Size::of(&self.output), share.get());
        self.resampler.crop_into(picture, &crop, canvas);
    }
}

/// Slow at both ends.
fn eased(share: f64) -> f64 {
    share * share * (3.0 - 2.0 * share)
}
