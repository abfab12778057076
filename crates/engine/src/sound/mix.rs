//! Voice, music and effects together, in stereo.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use rushes_core::ports::RenderError;
use rushes_core::spec::Trim;
use rushes_core::timeline::{MusicTrack, SoundFile, Soundtrack};

use super::decode::{decode_part, decode_voice};
use super::ducking::{Ducking, spans_of_speech};
use super::limiter::Limiter;
use super::loudness::{Block, Playable, gain_to_target, linear, measure};
use super::placed::{CUT, ONSET, Placed};
use super::spool::Spool;
use super::time::{RATE_HZ, index, sample_at};
use crate::ffmpeg::Ffmpeg;

/// Samples of one block.
const BLOCK: usize = 4096;
const DECODERS_AT_ONCE: usize = 2;

/// A whole soundtrack in stereo.
#[derive(Clone, Debug)]
pub struct Mix {
    placed: Vec<Placed>,
    length: u64,
    ceiling_dbtp: f64,
}

/// A part of a file, which is decoded once for all its uses.
type Source = (PathBuf, Trim);
type Files = HashMap<Source, Arc<Spool>>;

impl Mix {
    /// Decodes everything and puts it in its place; `None` when nothing sounds besides the voice.
    ///
    /// # Errors
    /// [`RenderError`] when a file cannot be decoded.
    pub async fn gather(
        ffmpeg: &Ffmpeg,
        soundtrack: &Arc<Soundtrack>,
        directory: &Path,
    ) -> Result<Option<Self>, RenderError> {
        let files = decode_files(ffmpeg, soundtrack, directory).await?;
        if files.values().all(|spool| spool.frames == 0) {
            return Ok(None);
        }
        let voice = decode_voice(ffmpeg, soundtrack, directory).await?.map(Arc::new);
        let mut mix = Self { placed: Vec::new(), length: sample_at(soundtrack.duration, RATE_HZ), ceiling_dbtp: 0.0 };
        let soundtrack = Arc::clone(soundtrack);
        let placing = tokio::task::spawn_blocking(move || mix.place(&soundtrack, &files, voice).map(|()| mix));
        placing
            .await
            .map_err(|error| RenderError::Broken { reason: "mixing panicked".to_owned(), source: Some(error.into()) })?
            .map(Some)
    }

    /// The same mix with another highest true peak before coding, in dBTP.
    pub fn with_ceiling(&self, ceiling_dbtp: f64) -> Self {
        Self { ceiling_dbtp, ..self.clone() }
    }

    fn place(&mut self, soundtrack: &Soundtrack, files: &Files, voice: Option<Arc<Spool>>) -> Result<(), RenderError> {
        let mut speech = Vec::new();
        if let Some(spool) = voice {
            let loudness = measure(spool.blocks(), RATE_HZ)?;
            speech = spans_of_speech(spool.blocks(), loudness)?;
            let gain = gain_to_target(loudness);
            self.placed.push(self.everywhere(spool, gain));
        }
        if let Some(music) = &soundtrack.music
            && let Some(spool) = files.get(&(music.path.clone(), music.trim))
        {
            self.placed.extend(self.music(music, spool, speech)?);
        }
        for effect in &soundtrack.effects {
            let spool = files.get(&(effect.path.clone(), effect.trim));
            self.placed.extend(spool.map(|spool| placed_effect(effect, spool)));
        }
        Ok(())
    }

    fn everywhere(&self, spool: Arc<Spool>, gain: f32) -> Placed {
        Placed { spool, start: 0, length: self.length, is_looped: false, fade_in: 0, fade_out: 0, gain, ducking: None }
    }

    /// Music is as loud as the voice before its volume is applied; `None` for silence.
    fn music(
        &self,
        music: &MusicTrack,
        spool: &Arc<Spool>,
        speech: Vec<Range<u64>>,
    ) -> Result<Option<Placed>, RenderError> {
        let loudness = measure(spool.blocks(), RATE_HZ)?;
        if !loudness.is_finite() {
            return Ok(None);
        }
        #[expect(clippy::cast_possible_truncation, reason = "a factor")]
        let gain = gain_to_target(loudness) * music.volume as f32;
        Ok(Some(Placed {
            is_looped: music.is_looped,
            fade_in: sample_at(music.fade_in, RATE_HZ).max(onset(music.trim)),
            fade_out: sample_at(music.fade_out, RATE_HZ).max(CUT),
            ducking: Some(Ducking::new(speech, music.ducking_db)),
            ..self.everywhere(Arc::clone(spool), gain)
        }))
    }
}

fn placed_effect(effect: &SoundFile, spool: &Arc<Spool>) -> Placed {
    let start = sample_at(effect.start, RATE_HZ);
    #[expect(clippy::cast_possible_truncation, reason = "a factor")]
    let gain = effect.volume as f32;
    Placed {
        spool: Arc::clone(spool),
        start,
        length: sample_at(effect.end, RATE_HZ).saturating_sub(start),
        is_looped: effect.is_looped,
        fade_in: onset(effect.trim),
        fade_out: CUT,
        gain,
        ducking: None,
    }
}

fn onset(trim: Trim) -> u64 {
    if trim.start.is_zero() { ONSET } else { CUT }
}

impl Playable<2> for Mix {
    fn rate_hz(&self) -> u32 {
        RATE_HZ
    }

    fn play(&self) -> impl Iterator<Item = Block<2>> {
        (0..self.length.div_ceil(BLOCK as u64)).map(|number| {
            let position = number * BLOCK as u64;
            let mut block = vec![[0.0; 2]; BLOCK.min(index(self.length - position))];
            self.placed.iter().try_for_each(|placed| placed.add_to(position, &mut block))?;
            Ok(block)
        })
    }

    fn limiter(&self) -> Limiter<2> {
        Limiter::of_true_peaks(linear(self.ceiling_dbtp), RATE_HZ)
    }
}

/// Every file that sounds, each decoded once, no further than it is played.
async fn decode_files(ffmpeg: &Ffmpeg, soundtrack: &Soundtrack, directory: &Path) -> Result<Files, RenderError> {
    let decodings: Vec<_> =
        parts(soundtrack).into_iter().map(|(source, length)| decode(ffmpeg, source, length, directory)).collect();
    stream::iter(decodings).buffer_unordered(DECODERS_AT_ONCE).try_collect().await
}

async fn decode(
    ffmpeg: &Ffmpeg,
    source: Source,
    length: Duration,
    directory: &Path,
) -> Result<(Source, Arc<Spool>), RenderError> {
    let spool = decode_part(ffmpeg, &source.0, source.1.start, length, directory).await?;
    Ok((source, Arc::new(spool)))
}

/// How much of each source is played.
fn parts(soundtrack: &Soundtrack) -> HashMap<Source, Duration> {
    let music = soundtrack.music.iter().map(|music| (&music.path, music.trim, soundtrack.duration));
    let effects = soundtrack
        .effects
        .iter()
        .map(|effect| (&effect.path, effect.trim, effect.end.min(soundtrack.duration).saturating_sub(effect.start)));
    let mut parts: HashMap<Source, Duration> = HashMap::new();
    for (path, trim, played) in music.chain(effects) {
        let whole = trim.end.map_or(Duration::MAX, |end| end.saturating_sub(trim.start));
        let length = parts.entry((path.clone(), trim)).or_default();
        *length = played.min(whole).max(*length);
    }
    parts
}
