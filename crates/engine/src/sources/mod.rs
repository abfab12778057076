//! The media of users, brought into a form that can be drawn.

mod still;

use std::sync::Arc;

use rushes_core::ports::RenderError;
use rushes_core::spec::Output;
use rushes_core::timeline::Still;
use tokio::sync::{Mutex, OnceCell};

use crate::ffmpeg::Ffmpeg;
use crate::look::{Look, Moment};
use crate::picture::Picture;
use still::decode_still;

/// Decoded pictures kept for the next segment that shows them.
const KEPT_BYTES: usize = 64 << 20;

/// A picture that whoever comes first decodes.
type DecodedOnce = Arc<OnceCell<Arc<Picture>>>;

/// What the looks of one segment show, decoded.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    stills: Vec<(Arc<Still>, Arc<Picture>)>,
}

impl Sources {
    /// The decoded picture of a still.
    ///
    /// # Errors
    /// [`RenderError::Broken`] when it was not loaded before.
    pub fn still(&self, still: &Still) -> Result<&Picture, RenderError> {
        let found = self.stills.iter().find(|(known, _)| **known == *still);
        found.map(|(_, picture)| picture.as_ref()).ok_or_else(|| missing("a still was not decoded"))
    }
}

fn missing(what: &str) -> RenderError {
    RenderError::Broken { reason: what.to_owned(), source: None }
}

/// Decodes media, each piece once for all segments that show it at the same time.
#[derive(Debug)]
pub struct Loader {
    ffmpeg: Ffmpeg,
    output: Output,
    recent: Mutex<Vec<(Arc<Still>, DecodedOnce)>>,
}

impl Loader {
    /// A loader for pictures of one shape.
    #[must_use]
    pub fn new(ffmpeg: Ffmpeg, output: Output) -> Self {
        Self { ffmpeg, output, recent: Mutex::default() }
    }

    /// Decodes what the looks show.
    ///
    /// # Errors
    /// [`RenderError::Picture`] when a file is not what its kind says.
    pub async fn load<'a>(&self, looks: impl Iterator<Item = &'a Look>) -> Result<Sources, RenderError> {
        let mut sources = Sources::default();
        for scenery in looks.flat_map(|look| look.ground.sceneries()) {
            if let Moment::Still(still, _) = &scenery.backdrop
                && !sources.stills.iter().any(|(known, _)| known == still)
            {
                sources.stills.push((Arc::clone(still), self.still(still).await?));
            }
        }
        Ok(sources)
    }

    async fn still(&self, still: &Arc<Still>) -> Result<Arc<Picture>, RenderError> {
        let cell = self.cell(still).await;
        let decode = || async { decode_still(&self.ffmpeg, still, &self.output).await.map(Arc::new) };
        cell.get_or_try_init(decode).await.cloned()
    }

    /// The place of a still among the recent ones, which are as many as the limit allows.
    async fn cell(&self, still: &Arc<Still>) -> DecodedOnce {
        let mut recent = self.recent.lock().await;
        let found = recent.iter().position(|(known, _)| known == still);
        let entry = found.map_or_else(|| (Arc::clone(still), Arc::default()), |index| recent.remove(index));
        let cell = Arc::clone(&entry.1);
        recent.push(entry);
        let mut kept_bytes = 0;
        let mut kept = recent.len();
        for (_, cell) in recent.iter().rev() {
            kept_bytes += cell.get().map_or(0, |picture| picture.bytes().len());
            kept -= usize::from(kept_bytes <= KEPT_BYTES);
        }
        recent.drain(..kept);
        cell
    }
}
