//! One loudness for every video (ITU-R BS.1770-5, EBU R 128).

use ebur128::{Channel, EbuR128, Mode};
use rushes_core::ports::RenderError;

use super::limiter::Limiter;

/// Integrated loudness of every video, in LUFS: what the large platforms play at.
pub const TARGET_LUFS: f64 = -14.0;
/// How near the target is near enough, in LU.
const TOLERANCE_LU: f64 = 0.15;
/// A gain beyond this would only raise noise, in dB.
const MAX_GAIN_DB: f64 = 40.0;
const MAX_ROUNDS: usize = 5;
/// Gains are multiples of this, in dB: an edit that changes the loudness a little leaves the gain,
/// and with it every phrase, as it was.
const GAIN_STEP_DB: f64 = 0.25;

/// The next samples of all channels, −1 to 1.
pub type Block<const CHANNELS: usize> = Result<Vec<[f32; CHANNELS]>, RenderError>;

/// Sound that can be heard from its start as often as wished.
pub trait Playable<const CHANNELS: usize> {
    /// Samples a second of each channel.
    fn rate_hz(&self) -> u32;

    /// All of it, block by block.
    fn play(&self) -> impl Iterator<Item = Block<CHANNELS>>;

    /// A limiter that suits it, with nothing in it yet.
    fn limiter(&self) -> Limiter<CHANNELS>;

    /// By what it is multiplied once it is limited, at most 1.
    fn volume(&self) -> f32 {
        1.0
    }
}

/// A sound raised by `gain` and limited, block by block, without delay.
pub struct Mastered<const CHANNELS: usize, B> {
    blocks: B,
    limiter: Limiter<CHANNELS>,
    gain: f32,
    volume: f32,
    /// Samples to drop at the start, which the limiter is late by.
    early: usize,
    /// Samples to draw out of the limiter at the end.
    late: usize,
}

/// Plays `sound` raised by `gain` and limited, at its volume.
pub fn master<const CHANNELS: usize>(
    sound: &impl Playable<CHANNELS>,
    gain: f32,
) -> Mastered<CHANNELS, impl Iterator<Item = Block<CHANNELS>>> {
    let limiter = sound.limiter();
    let delay = limiter.delay();
    Mastered { blocks: sound.play(), limiter, gain, volume: sound.volume(), early: delay, late: delay }
}

impl<const CHANNELS: usize, B: Iterator<Item = Block<CHANNELS>>> Iterator for Mastered<CHANNELS, B> {
    type Item = Block<CHANNELS>;

    fn next(&mut self) -> Option<Block<CHANNELS>> {
        let mut block = match self.blocks.next() {
            Some(Ok(block)) => block,
            Some(Err(error)) => return Some(Err(error)),
            None if self.late > 0 => vec![[0.0; CHANNELS]; std::mem::take(&mut self.late)],
            None => return None,
        };
        for frame in &mut block {
            *frame = self.limiter.next(frame.map(|sample| sample * self.gain)).map(|sample| sample * self.volume);
        }
        let dropped = self.early.min(block.len());
        block.drain(..dropped);
        self.early -= dropped;
        Some(Ok(block))
    }
}

/// The gain at which the limited sound, which has that loudness, has the target's: 1 for silence.
/// Limiting makes it quieter again, so the gain is found in a few rounds.
///
/// # Errors
/// [`RenderError`] when the sound cannot be read or its loudness cannot be measured.
pub fn find_gain<const CHANNELS: usize>(
    sound: &impl Playable<CHANNELS>,
    loudness_lufs: f64,
) -> Result<f32, RenderError> {
    if !loudness_lufs.is_finite() {
        return Ok(1.0);
    }
    let mut gain_db = in_steps(TARGET_LUFS - loudness_lufs);
    for _ in 0..MAX_ROUNDS {
        let missing = TARGET_LUFS - measure(master(sound, linear(gain_db)), sound.rate_hz())?;
        if !missing.is_finite() || missing.abs() <= TOLERANCE_LU || gain_db >= MAX_GAIN_DB {
            break;
        }
        let next_db = in_steps(gain_db + missing * 1.3);
        if next_db == gain_db {
            break;
        }
        gain_db = next_db;
    }
    Ok(linear(gain_db))
}

fn in_steps(gain_db: f64) -> f64 {
    (gain_db.min(MAX_GAIN_DB) / GAIN_STEP_DB).round() * GAIN_STEP_DB
}

/// The gain that brings a sound of that loudness to the target: 1 for silence.
pub fn gain_to_target(loudness_lufs: f64) -> f32 {
    if loudness_lufs.is_finite() { linear((TARGET_LUFS - loudness_lufs).min(MAX_GAIN_DB)) } else { 1.0 }
}

/// Integrated loudness in LUFS; minus infinity for silence. Loudness is measured in blocks of 400 ms (BS.1770-5,
/// annex 1): what is shorter is as loud as it is played again and again.
///
/// # Errors
/// [`RenderError`] when the sound cannot be read or its loudness cannot be measured.
pub fn measure<const CHANNELS: usize>(
    blocks: impl Iterator<Item = Block<CHANNELS>>,
    rate_hz: u32,
) -> Result<f64, RenderError> {
    let channels = u32::try_from(CHANNELS).unwrap_or(u32::MAX);
    let mut meter = EbuR128::new(channels, rate_hz, Mode::I).map_err(unmeasurable)?;
    if CHANNELS == 1 {
        // The one channel is played on both sides.
        meter.set_channel(0, Channel::DualMono).map_err(unmeasurable)?;
    }
    let block_frames = rate_hz as usize * 2 / 5;
    let mut start: Vec<[f32; CHANNELS]> = Vec::new();
    for block in blocks {
        let block = block?;
        meter.add_frames_f32(block.as_flattened()).map_err(unmeasurable)?;
        if start.len() < block_frames {
            start.extend(block);
        }
    }
    if !start.is_empty() && start.len() < block_frames {
        for _ in 0..block_frames.div_ceil(start.len()) {
            meter.add_frames_f32(start.as_flattened()).map_err(unmeasurable)?;
        }
    }
    meter.loudness_global().map_err(unmeasurable)
}

fn unmeasurable(error: ebur128::Error) -> RenderError {
    RenderError::Broken { reason: "the loudness could not be measured".to_owned(), source: Some(error.into()) }
}

/// A gain in decibels as a factor.
pub fn linear(gain_db: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a gain of at most 100")]
    let gain = 10f64.powf(gain_db / 20.0) as f32;
    gain
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rushes_core::timeline::{SoundPiece, Soundtrack};

    use super::*;
    use crate::sound::voice::Voice;

    fn tone(amplitude: f32) -> Soundtrack {
        let samples: Vec<i16> =
            (0..22_050 * 5).map(|n| ((n as f32 * 0.3).sin() * amplitude * 32767.0) as i16).collect();
        let piece = SoundPiece { start: Duration::ZERO, sample_rate_hz: 22_050, samples: samples.into() };
        Soundtrack { pieces: vec![piece], duration: Duration::from_secs(6), ..Soundtrack::default() }
    }

    #[test]
    fn quiet_and_loud_sound_come_to_the_same_loudness() {
        for amplitude in [0.01, 0.2, 1.0] {
            let soundtrack = tone(amplitude);
            let voice = Voice::of(&soundtrack).unwrap();
            let gain = find_gain(&voice, measure(voice.play(), 22_050).unwrap()).unwrap();
            let loudness = measure(master(&voice, gain), 22_050).unwrap();
            assert!((loudness - TARGET_LUFS).abs() < 0.3, "{amplitude}: {loudness}");
        }
    }

    #[test]
    fn silence_stays_silent_and_mastering_keeps_the_length() {
        let mut soundtrack = tone(0.5);
        let voice = Voice::of(&soundtrack).unwrap();
        assert_eq!(master(&voice, 1.0).map(|block| block.unwrap().len()).sum::<usize>(), 22_050 * 6);
        soundtrack.pieces[0].samples = vec![0; 100].into();
        let voice = Voice::of(&soundtrack).unwrap();
        let loudness = measure(voice.play(), 22_050).unwrap();
        assert_eq!((loudness, find_gain(&voice, loudness).unwrap()), (f64::NEG_INFINITY, 1.0));
    }

    #[test]
    fn what_is_too_short_to_be_measured_is_as_loud_as_it_is_played_on() {
        let tone = |frames: usize| (0..frames).map(|n| [(n as f32 * 0.1).sin() * 0.1; 2]).collect::<Vec<_>>();
        let loudness = |frames: usize| measure(std::iter::once(Ok(tone(frames))), 48_000).unwrap();
        for frames in [2_400, 10_000, 19_199] {
            assert!((loudness(frames) - loudness(96_000)).abs() < 0.5, "{frames}: {}", loudness(frames));
        }
        assert_eq!(loudness(0), f64::NEG_INFINITY);
    }
}
