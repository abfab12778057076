//! The media of users, brought into a form that can be drawn.

mod damage;
mod decoder;
mod overlay;
mod profile;
mod recent;
mod salvage;
mod still;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushes_core::ports::RenderError;
use rushes_core::spec::Output;
use rushes_core::timeline::{Clip, PlacedPicture, Still};

use crate::clip::{ClipFacts, ClipReader, probe};
use crate::ffmpeg::Ffmpeg;
use crate::look::{Look, Moment, Scenery};
use crate::picture::{Bitmap, Picture};
pub use damage::{Damage, DamagedFile};
use decoder::Decoder;
use overlay::decode_overlay;
use recent::Recent;
use still::decode_still;

/// Decoded pictures kept for the next segment that shows them, in bytes.
const KEPT_STILLS: usize = 64 << 20;
const KEPT_OVERLAYS: usize = 16 << 20;
/// Measured clips kept, whatever their size: a table of their pictures' times each.
const KEPT_CLIPS: usize = 64;

/// What the looks of one segment show, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Sources {
    ffmpeg: Ffmpeg,
    output: Output,
    stills: Vec<(Arc<Still>, Arc<Picture>)>,
    overlays: Vec<(PlacedPicture, Arc<Bitmap>)>,
    clips: Vec<(Arc<Clip>, Arc<ClipFacts>)>,
    damaged: Vec<(PathBuf, Damage)>,
}

impl Sources {
    /// The decoded picture of a still.
    ///
    /// # Errors
    /// [`RenderError::Broken`] when it was not loaded before.
    pub fn still(&self, still: &Still) -> Result<&Picture, RenderError> {
        let found = self.stills.iter().find(|(known, _)| **known == *still);
        found.map(|(_, picture)| picture.as_ref()).ok_or_else(missing)
    }

    /// A picture over the background, in its place.
    pub fn overlay(&self, overlay: &PlacedPicture) -> Option<&Bitmap> {
        self.overlays.iter().find(|(known, _)| known == overlay).map(|(_, bitmap)| bitmap.as_ref())
    }

    /// A reader of a clip's pictures from the given frame of its scene on.
    ///
    /// # Errors
    /// [`RenderError::Broken`] when the clip was not loaded before; [`RenderError::Medium`] when it shows nothing.
    pub fn clip(&self, clip: &Clip, first_frame: u64) -> Result<ClipReader, RenderError> {
        let (_, facts) = self.clips.iter().find(|(known, _)| **known == *clip).ok_or_else(missing)?;
        ClipReader::open(&self.ffmpeg, clip, facts, &self.output, first_frame)
    }
}

impl Sources {
    /// Pictures of which something is missing, each once.
    pub fn damaged(&self) -> &[(PathBuf, Damage)] {
        &self.damaged
    }

    fn note(&mut self, path: &Path, damage: Option<Damage>) {
        if let Some(damage) = damage
            && !self.damaged.iter().any(|(known, _)| known == path)
        {
            self.damaged.push((path.to_owned(), damage));
        }
    }
}

fn missing() -> RenderError {
    RenderError::Broken { reason: "a piece of media was not loaded".to_owned(), source: None }
}

/// A picture, and what is missing of it.
#[derive(Clone, Debug)]
struct Loaded<T> {
    picture: Arc<T>,
    damage: Option<Damage>,
}

impl<T> From<(T, Option<Damage>)> for Loaded<T> {
    fn from((picture, damage): (T, Option<Damage>)) -> Self {
        Self { picture: Arc::new(picture), damage }
    }
}

/// Loads media, each piece once for all segments that show it at the same time.
pub struct Loader {
    ffmpeg: Ffmpeg,
    decoder: Decoder,
    output: Output,
    stills: Recent<Arc<Still>, Loaded<Picture>>,
    overlays: Recent<PlacedPicture, Loaded<Bitmap>>,
    clips: Recent<PathBuf, ClipFacts>,
}

impl Loader {
    /// A loader for pictures of one shape, with a folder for what ffmpeg needs in files meanwhile.
    #[must_use]
    pub fn new(ffmpeg: Ffmpeg, output: Output, scratch: PathBuf) -> Self {
        Self {
            decoder: Decoder::new(ffmpeg.clone(), scratch),
            ffmpeg,
            output,
            stills: Recent::new(KEPT_STILLS, |loaded| loaded.picture.bytes().len()),
            overlays: Recent::new(KEPT_OVERLAYS, |loaded| loaded.picture.size_bytes()),
            clips: Recent::new(KEPT_CLIPS, |_| 1),
        }
    }

    /// Loads what the looks show.
    ///
    /// # Errors
    /// [`RenderError::Medium`] when a file is not what its kind says.
    pub async fn load<'a>(&self, looks: impl Iterator<Item = &'a Look>) -> Result<Sources, RenderError> {
        let mut sources = Sources {
            ffmpeg: self.ffmpeg.clone(),
            output: self.output,
            stills: Vec::new(),
            overlays: Vec::new(),
            clips: Vec::new(),
            damaged: Vec::new(),
        };
        for look in looks {
            self.load_overlays(&look.overlays, &mut sources).await?;
            for scenery in look.ground.sceneries() {
                self.load_scenery(scenery, &mut sources).await?;
            }
        }
        Ok(sources)
    }

    /// Measures the clips that are not shown from their start: one that ends before it should begin is best told
    /// before anything is drawn.
    ///
    /// # Errors
    /// [`RenderError::Medium`] when a clip is to begin after its end, or is none.
    pub async fn check_starts(&self, clips: impl Iterator<Item = &Clip>) -> Result<(), RenderError> {
        for clip in clips.filter(|clip| !clip.trim.start.is_zero()) {
            self.facts(&clip.path).await?.check(clip)?;
        }
        Ok(())
    }

    async fn facts(&self, clip: &Path) -> Result<Arc<ClipFacts>, RenderError> {
        self.clips.get_or_load(&clip.to_owned(), probe(&self.ffmpeg, clip)).await
    }

    async fn load_scenery(&self, scenery: &Scenery, sources: &mut Sources) -> Result<(), RenderError> {
        match &scenery.backdrop {
            Moment::Still(still, _) if !sources.stills.iter().any(|(known, _)| known == still) => {
                let decode = async { decode_still(&self.decoder, still, &self.output).await.map(Loaded::from) };
                let loaded = self.stills.get_or_load(still, decode).await?;
                sources.note(&still.path, loaded.damage);
                sources.stills.push((Arc::clone(still), Arc::clone(&loaded.picture)));
            }
            Moment::Clip(clip, _) if !sources.clips.iter().any(|(known, _)| known == clip) => {
                sources.clips.push((Arc::clone(clip), self.facts(&clip.path).await?));
            }
            Moment::Color(_) | Moment::Gradient(_) | Moment::Still(..) | Moment::Clip(..) => {}
        }
        self.load_overlays(&scenery.dressing.overlays, sources).await
    }

    async fn load_overlays(&self, overlays: &[PlacedPicture], sources: &mut Sources) -> Result<(), RenderError> {
        for overlay in overlays {
            if sources.overlay(overlay).is_none() {
                let decode = async { decode_overlay(&self.decoder, overlay, &self.output).await.map(Loaded::from) };
                let loaded = self.overlays.get_or_load(overlay, decode).await?;
                sources.note(&overlay.path, loaded.damage);
                sources.overlays.push((overlay.clone(), Arc::clone(&loaded.picture)));
            }
        }
        Ok(())
    }
}
