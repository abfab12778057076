//! A voice alone, coded phrase by phrase: what was coded before is remembered.

use std::path::Path;
use std::sync::Arc;

use futures::future::{join_all, try_join_all};
use rushes_core::ports::{Memo, MemoKey, RenderError};
use rushes_core::timeline::Soundtrack;

use super::aac::{Frames, encode_apart};
use super::loudness::find_gain;
use super::memo::{phrase_key, recall_phrase, remember_phrase};
use super::phrase::{Phrase, phrases, track_frames};
use super::stereo::on_both_sides;
use super::track::{AacTrack, TrackWriter};
use super::voice::Voice;
use crate::ffmpeg::Ffmpeg;

/// Phrases whose coded frames are in memory at once: a few minutes of speech.
const PHRASES_AT_ONCE: usize = 64;
/// Programs that code phrases at once.
const CODERS_AT_ONCE: usize = 2;
/// What the coder makes of one silent channel.
const SILENT_FRAME: [u8; 4] = [0x01, 0x18, 0x20, 0x07];

/// A phrase and what it is remembered by.
struct Keyed {
    phrase: Phrase,
    key: MemoKey,
}

/// Codes the voice of a soundtrack. A voice comes from the middle: it is coded once for both sides.
///
/// # Errors
/// [`RenderError`] when speech cannot be read, or ffmpeg fails.
pub async fn encode_voice(
    ffmpeg: &Ffmpeg,
    memo: &dyn Memo,
    soundtrack: Arc<Soundtrack>,
    directory: &Path,
) -> Result<AacTrack, RenderError> {
    let frames = track_frames(soundtrack.duration);
    let cutting = tokio::task::spawn_blocking(move || cut(&soundtrack));
    let (gain, phrases) = cutting.await.map_err(|error| RenderError::Broken {
        reason: "mastering speech panicked".to_owned(),
        source: Some(error.into()),
    })??;
    let mut joiner = Joiner { track: TrackWriter::new(directory)?, silence: both_sides(&SILENT_FRAME)?, written: 0 };
    for run in phrases.chunks(PHRASES_AT_ONCE) {
        let coded = recall_or_encode(ffmpeg, memo, run, gain, directory).await?;
        for (Keyed { phrase, .. }, coded) in run.iter().zip(&coded) {
            joiner.silence_until(phrase.first_frame.min(frames))?;
            joiner.push(coded.iter().take(usize::try_from(frames - joiner.written).unwrap_or(usize::MAX)))?;
        }
    }
    joiner.silence_until(frames)?;
    joiner.track.finish()
}

fn cut(soundtrack: &Soundtrack) -> Result<(f32, Vec<Keyed>), RenderError> {
    let gain = Voice::of(soundtrack).map_or(Ok(1.0), |voice| find_gain(&voice))?;
    let keyed = |phrase: Phrase| Ok(Keyed { key: phrase_key(&phrase.sound, gain)?, phrase });
    Ok((gain, phrases(soundtrack)?.into_iter().map(keyed).collect::<Result<_, _>>()?))
}

/// The frames of each phrase, in order.
async fn recall_or_encode(
    ffmpeg: &Ffmpeg,
    memo: &dyn Memo,
    phrases: &[Keyed],
    gain: f32,
    directory: &Path,
) -> Result<Vec<Frames>, RenderError> {
    let mut coded = join_all(phrases.iter().map(|keyed| recall_phrase(memo, keyed.key))).await;
    let missing: Vec<usize> = (0..phrases.len()).filter(|place| coded[*place].is_none()).collect();
    let shares = missing.chunks(missing.len().div_ceil(CODERS_AT_ONCE).max(1));
    let coding = shares.map(|share| {
        let sounds = share.iter().map(|place| phrases[*place].phrase.sound.clone()).collect();
        encode_apart(ffmpeg, directory, sounds, gain)
    });
    let fresh = try_join_all(coding).await?.into_iter().flatten();
    for (place, frames) in missing.iter().copied().zip(fresh) {
        coded[place] = Some(frames.iter().map(|frame| both_sides(frame)).collect::<Result<Frames, _>>()?);
    }
    let fresh = missing.iter().filter_map(|place| Some((phrases[*place].key, coded[*place].as_ref()?)));
    join_all(fresh.map(|(key, frames)| remember_phrase(memo, key, frames))).await;
    Ok(coded.into_iter().map(Option::unwrap_or_default).collect())
}

fn both_sides(frame: &[u8]) -> Result<Vec<u8>, RenderError> {
    on_both_sides(frame).map_err(|error| RenderError::Broken {
        reason: "a sound frame could not be doubled".to_owned(),
        source: Some(error.into()),
    })
}

/// Puts phrases into a track, and silence between them.
struct Joiner {
    track: TrackWriter,
    silence: Vec<u8>,
    written: u64,
}

impl Joiner {
    fn silence_until(&mut self, frame: u64) -> Result<(), RenderError> {
        while self.written < frame {
            self.track.push(&self.silence)?;
            self.written += 1;
        }
        Ok(())
    }

    fn push<'a>(&mut self, frames: impl Iterator<Item = &'a Vec<u8>>) -> Result<(), RenderError> {
        for frame in frames {
            self.track.push(frame)?;
            self.written += 1;
        }
        Ok(())
    }
}
