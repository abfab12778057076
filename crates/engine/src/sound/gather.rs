//! The files that sound, decoded.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use rushes_core::ports::RenderError;
use rushes_core::spec::Trim;
use rushes_core::timeline::{SoundFile, Soundtrack};

use super::decode::{Condition, Decoded, decode_part};
use super::placed::SHORTEST_LOOP;
use super::spool::Spool;
use super::time::{RATE_HZ, sample_at};
use crate::clip::{lap, shown_duration};
use crate::ffmpeg::Ffmpeg;

const DECODERS_AT_ONCE: usize = 2;

/// A part of a file.
type Part = (PathBuf, Trim);

/// Everything that sounds besides the voice, each part of a file decoded once for all its uses and no further
/// than it is played.
#[derive(Debug)]
pub struct Files {
    decoded: HashMap<Part, Decoded>,
    /// How long the pictures of each looped clip last.
    pictures: HashMap<PathBuf, Duration>,
}

impl Files {
    /// Decodes them.
    ///
    /// # Errors
    /// [`RenderError::Medium`] when a file cannot be decoded, or a clip's pictures cannot be read.
    pub async fn decode(ffmpeg: &Ffmpeg, soundtrack: &Soundtrack, directory: &Path) -> Result<Self, RenderError> {
        let pictures = measure_clips(ffmpeg, soundtrack).await?;
        let mut files = Self { decoded: HashMap::new(), pictures };
        let decodings: Vec<_> = files
            .lengths(soundtrack)
            .into_iter()
            .map(|((path, trim), length)| async move {
                let decoded = decode_part(ffmpeg, &path, trim.start, length, directory).await?;
                Ok::<_, RenderError>(((path, trim), decoded))
            })
            .collect();
        files.decoded = stream::iter(decodings).buffer_unordered(DECODERS_AT_ONCE).try_collect().await?;
        Ok(files)
    }

    /// What a part of a file sounds like; `None` where that is nothing.
    pub fn sounding(&self, path: &Path, trim: Trim) -> Option<Arc<Spool>> {
        let decoded = self.decoded.get(&(path.to_owned(), trim))?;
        (decoded.spool.frames > 0).then(|| Arc::clone(&decoded.spool))
    }

    /// What is to be said about a part of a file, and for how many samples it sounds.
    pub fn condition(&self, path: &Path, trim: Trim) -> Option<(Condition, u64)> {
        let decoded = self.decoded.get(&(path.to_owned(), trim))?;
        Some((decoded.condition, decoded.spool.frames))
    }

    /// Whether there is nothing to be heard.
    pub fn are_silent(&self) -> bool {
        self.decoded.values().all(|decoded| decoded.spool.frames == 0)
    }

    /// After what time a looped clip's sound begins again: when its pictures do. Where they are too short, it plays once.
    pub fn period(&self, clip: &SoundFile) -> Option<Duration> {
        let pictures = self.pictures.get(&clip.path).filter(|_| clip.is_looped)?;
        Some(lap(clip.trim, *pictures)).filter(|period| sample_at(*period, RATE_HZ) >= SHORTEST_LOOP)
    }

    /// How much of each part is played.
    fn lengths(&self, soundtrack: &Soundtrack) -> HashMap<Part, Duration> {
        let music = soundtrack.music.iter().map(|music| (&music.path, music.trim, soundtrack.duration));
        let effects = soundtrack.effects.iter().map(|effect| {
            let played = effect.end.min(soundtrack.duration).saturating_sub(effect.start);
            (&effect.path, effect.trim, self.period(effect).map_or(played, |period| played.min(period)))
        });
        let mut lengths: HashMap<Part, Duration> = HashMap::new();
        for (path, trim, played) in music.chain(effects) {
            let whole = trim.end.map_or(Duration::MAX, |end| end.saturating_sub(trim.start));
            let length = lengths.entry((path.clone(), trim)).or_default();
            *length = played.min(whole).max(*length);
        }
        lengths
    }
}

async fn measure_clips(ffmpeg: &Ffmpeg, soundtrack: &Soundtrack) -> Result<HashMap<PathBuf, Duration>, RenderError> {
    let clips: HashSet<&PathBuf> =
        soundtrack.effects.iter().filter(|effect| effect.is_looped).map(|effect| &effect.path).collect();
    let measure = |path: &PathBuf| {
        let path = path.clone();
        async move { shown_duration(ffmpeg, &path).await.map(|duration| (path, duration)) }
    };
    let measurings: Vec<_> = clips.into_iter().map(measure).collect();
    stream::iter(measurings).buffer_unordered(DECODERS_AT_ONCE).try_collect().await
}
