//! A voice alone, coded phrase by phrase: what was coded before is remembered.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use futures::future::try_join_all;
use rushes_core::memo::{Whole, once_each};
use rushes_core::ports::{Memo, MemoKey, RenderError};
use rushes_core::timeline::Soundtrack;

use super::aac::encode_apart;
use super::key::phrase_key;
use super::loudness::{Playable, find_gain, measure};
use super::memo::CodedPhrase;
use super::phrase::{Phrase, phrases, track_frames};
use super::stereo::on_both_sides;
use super::track::{AacTrack, TrackWriter};
use super::voice::Voice;
use crate::ffmpeg::Ffmpeg;
use crate::slots::processors;

/// Phrases that one program codes: about a minute of speech. Each has a coder and threads of its own there,
/// which take a megabyte; another program takes 20 and as many milliseconds.
const PHRASES_A_CODER: usize = 16;
/// Pictures take twelve times as long as speech: a program that codes phrases keeps up with this many processors.
const PROCESSORS_A_CODER: usize = 4;
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
    // No more than these are in memory at once, however long the video is.
    for run in phrases.chunks(PHRASES_A_CODER * coders_at_once()) {
        let coded = recall_or_encode(ffmpeg, memo, run, gain, directory).await?;
        for Keyed { phrase, key } in run {
            let CodedPhrase(coded) = coded.get(key).ok_or_else(not_coded)?;
            joiner.silence_until(phrase.first_frame.min(frames))?;
            joiner.push(coded.iter().take(usize::try_from(frames - joiner.written).unwrap_or(usize::MAX)))?;
        }
    }
    joiner.silence_until(frames)?;
    joiner.track.finish()
}

fn cut(soundtrack: &Soundtrack) -> Result<(f32, Vec<Keyed>), RenderError> {
    let find = |voice: Voice<'_>| find_gain(&voice, measure(voice.play(), voice.rate_hz())?);
    let gain = Voice::of(soundtrack).map_or(Ok(1.0), find)?;
    let keyed = |phrase: Phrase| Ok(Keyed { key: phrase_key(&phrase.sound, gain)?, phrase });
    Ok((gain, phrases(soundtrack)?.into_iter().map(keyed).collect::<Result<_, _>>()?))
}

/// The frames of each phrase. What is said twice is coded once.
async fn recall_or_encode(
    ffmpeg: &Ffmpeg,
    memo: &dyn Memo,
    phrases: &[Keyed],
    gain: f32,
    directory: &Path,
) -> Result<BTreeMap<MemoKey, CodedPhrase>, RenderError> {
    let different: BTreeMap<MemoKey, &Soundtrack> =
        phrases.iter().map(|Keyed { phrase, key }| (*key, &phrase.sound)).collect();
    let (keys, sounds): (Vec<MemoKey>, Vec<&Soundtrack>) = different.into_iter().unzip();
    let encode = |places: Vec<usize>| {
        let missing: Vec<Soundtrack> = places.into_iter().map(|place| sounds[place].clone()).collect();
        encode_in_shares(ffmpeg, missing, gain, directory)
    };
    let coded = once_each(memo, &keys, &Whole::<CodedPhrase>::default(), NonZeroUsize::MAX, encode).await?;
    Ok(keys.into_iter().zip(coded).filter_map(|(key, phrase)| Some((key, phrase?))).collect())
}

/// Programs that code phrases at once, beside the pictures.
fn coders_at_once() -> usize {
    processors().div_ceil(PROCESSORS_A_CODER)
}

/// Codes phrases in several programs at once.
async fn encode_in_shares(
    ffmpeg: &Ffmpeg,
    sounds: Vec<Soundtrack>,
    gain: f32,
    directory: &Path,
) -> Result<Vec<CodedPhrase>, RenderError> {
    let shares = sounds.chunks(sounds.len().div_ceil(coders_at_once()).max(1));
    let coding = shares.map(|share| encode_apart(ffmpeg, directory, share.to_vec(), gain));
    let coded = try_join_all(coding).await?.into_iter().flatten();
    coded
        .map(|frames| frames.iter().map(|frame| both_sides(frame)).collect::<Result<_, _>>().map(CodedPhrase))
        .collect()
}

fn not_coded() -> RenderError {
    RenderError::Broken { reason: "a phrase was not coded".to_owned(), source: None }
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
