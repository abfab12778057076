//! How loud everything is.
//!
//! Where someone speaks, the voice is brought to the target. Music is first made as loud as it, whatever the
//! level it was recorded at, and effects stay as they are; then their volumes apply. Where nobody speaks, music
//! alone, and all effects together, are at the target at a volume of 1. So a volume says the same whatever else
//! is heard, and however little of the time someone speaks.

use std::ops::Range;
use std::sync::Arc;

use rushes_core::ports::RenderError;
use rushes_core::spec::Trim;
use rushes_core::timeline::{MusicTrack, SoundFile, Soundtrack};

use super::ducking::{Ducking, spans_of_speech};
use super::gather::Files;
use super::loudness::{Playable, find_gain, gain_to_target, measure};
use super::mix::Mix;
use super::placed::{CUT, ONSET, Placed, Repetition};
use super::spool::Spool;
use super::time::{RATE_HZ, sample_at};

/// Everything in its place, at its loudness.
///
/// # Errors
/// [`RenderError`] when decoded sound cannot be read.
pub fn balance(soundtrack: &Soundtrack, files: &Files, voice: Option<Arc<Spool>>) -> Result<Mix, RenderError> {
    let length = sample_at(soundtrack.duration, RATE_HZ);
    let music = soundtrack.music.as_ref().and_then(|music| Some((music, place_music(music, files, length)?)));
    let effects = soundtrack.effects.iter().filter_map(|effect| place_effect(effect, files)).collect();
    let speech = voice.map(|spool| level_voice(spool, length)).transpose()?.flatten();
    match speech {
        Some(speech) => beside(speech, music, effects, length),
        None => alone(music.map(|(_, placed)| placed), effects, length),
    }
}

/// A voice at the target loudness, and where it is heard.
struct Speech {
    voice: Placed,
    spans: Vec<Range<u64>>,
}

/// `None` when there is nothing but silence.
fn level_voice(spool: Arc<Spool>, length: u64) -> Result<Option<Speech>, RenderError> {
    let loudness = measure(spool.blocks(), RATE_HZ)?;
    if !loudness.is_finite() {
        return Ok(None);
    }
    let spans = spans_of_speech(spool.blocks(), loudness)?;
    let voice = everywhere(spool, length);
    let gain = find_gain(&Mix::new(vec![voice.clone()], length, 1.0), loudness)?;
    Ok(Some(Speech { voice: Placed { gain, ..voice }, spans }))
}

fn beside(
    speech: Speech,
    music: Option<(&MusicTrack, Placed)>,
    effects: Vec<Placed>,
    length: u64,
) -> Result<Mix, RenderError> {
    let mut placed = vec![speech.voice];
    if let Some((track, music)) = music {
        let as_loud = gain_to_target(measure(music.spool.blocks(), RATE_HZ)?);
        let ducking = Some(Ducking::new(speech.spans, track.ducking_db));
        placed.push(Placed { gain: music.gain * as_loud, ducking, ..music });
    }
    placed.extend(effects);
    Ok(Mix::new(placed, length, 1.0))
}

/// The loudest volume applies after the limiter: what is played at a tenth is what would be played at 1, a tenth as
/// high, with the same peaks limited.
fn alone(music: Option<Placed>, effects: Vec<Placed>, length: u64) -> Result<Mix, RenderError> {
    let volume = music.iter().chain(&effects).map(|placed| placed.gain).fold(0.0, f32::max).min(1.0);
    let mut placed = Vec::new();
    for group in [music.into_iter().collect(), effects].into_iter().filter(|group: &Vec<Placed>| !group.is_empty()) {
        let gain = gain_of_group(&group, length)? / volume;
        placed.extend(group.into_iter().map(|placed| Placed { gain: placed.gain * gain, ..placed }));
    }
    Ok(Mix::new(placed, length, volume))
}

/// The gain that brings sounds to the target together, each at a volume of 1.
fn gain_of_group(group: &[Placed], length: u64) -> Result<f32, RenderError> {
    let plain = group.iter().map(|placed| Placed { gain: 1.0, ..placed.clone() }).collect();
    let together = Mix::new(plain, length, 1.0);
    find_gain(&together, measure(together.play(), RATE_HZ)?)
}

/// Plays from the start to the end of the video, as it is.
const fn everywhere(spool: Arc<Spool>, length: u64) -> Placed {
    Placed { spool, start: 0, length, repetition: Repetition::Once, fade_in: 0, fade_out: 0, gain: 1.0, ducking: None }
}

/// Music in its place, its gain its volume; `None` when nothing of it is heard.
fn place_music(music: &MusicTrack, files: &Files, length: u64) -> Option<Placed> {
    Some(Placed {
        repetition: if music.is_looped { Repetition::AtItsEnd } else { Repetition::Once },
        fade_in: sample_at(music.fade_in, RATE_HZ).max(onset(music.trim)),
        fade_out: sample_at(music.fade_out, RATE_HZ).max(CUT),
        gain: factor(music.volume)?,
        ..everywhere(files.sounding(&music.path, music.trim)?, length)
    })
}

/// An effect, or the sound of a clip, in its place, its gain its volume; `None` when nothing of it is heard.
fn place_effect(effect: &SoundFile, files: &Files) -> Option<Placed> {
    let start = sample_at(effect.start, RATE_HZ);
    let length = sample_at(effect.end, RATE_HZ).saturating_sub(start);
    Some(Placed {
        start,
        repetition: files.period(effect).map_or(Repetition::Once, Repetition::Every),
        fade_in: onset(effect.trim),
        fade_out: CUT,
        gain: factor(effect.volume)?,
        ..everywhere(files.sounding(&effect.path, effect.trim)?, length)
    })
}

/// `None` where nothing is left.
fn factor(volume: f64) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "a factor")]
    let factor = volume as f32;
    (factor > 0.0).then_some(factor)
}

fn onset(trim: Trim) -> u64 {
    if trim.start.is_zero() { ONSET } else { CUT }
}
