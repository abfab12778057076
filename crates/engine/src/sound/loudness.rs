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
}

/// A sound raised by `gain` and limited, block by block, without delay.
pub struct Mastered<const CHANNELS: usize, B> {
    blocks: B,
    limiter: Limiter<CHANNELS>,
    gain: f32,
    /// Samples to drop at the start, which the limiter is late by.
    early: usize,
    /// Samples to draw out of the limiter at the end.
    late: usize,
}

/// Plays `sound` raised by `gain` and limited.
pub fn master<const CHANNELS: usize>(
    sound: &impl Playable<CHANNELS>,
    gain: f32,
) -> Mastered<CHANNELS, impl Iterator<Item = Block<CHANNELS>>> {
    let limiter = sound.limiter();
    let delay = limiter.delay();
    Mastered { blocks: sound.play(), limiter, gain, early: delay, late: delay }
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
            *frame = self.limiter.next(frame.map(|sample| sample * self.gain));
        }
        let dropped = self.early.min(block.len());
        block.drain(..dropped);
        self.early -= dropped;
        Some(Ok(block))
    }
}

/// The gain at which the limited sound has the target loudness. Limiting
/// makes it quieter again, so the gain is found in a few rounds.
///
/// # Errors
/// [`RenderError`] when the sound cannot be read or its loudness cannot be measured.
pub fn find_gain<const CHANNELS: usize>(sound: &impl Playable<CHANNELS>) -> Result<f32, RenderError> {
    let loudness = measure(sound.play(), sound.rate_hz())?;
    if !loudness.is_finite() {
        return Ok(1.0);
    }
    let mut gain_db = in_steps(TARGET_LUFS - loudness);
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

/// Integrated loudness in LUFS; minus infinity for silence.
///
/// # Errors
/// [`RenderError`] when the sound cannot be read or its loudness cannot be measured.
pub fn measure<const CHANNELS: usize>(
    blocks: impl Iterator<Item = Block<CHANNELS>>,
    rate_hz: u32,
) -> Result<f64, RenderError> {
    let failed = |error: ebur128::Error| RenderError::Broken {
        reason: "the loudness could not be measured".to_owned(),
        source: Some(error.into()),
    };
    let channels = u32::try_from(CHANNELS).unwrap_or(u32::MAX);
    let mut meter = EbuR128::new(channels, rate_hz, Mode::I).map_err(failed)?;
    if CHANNELS == 1 {
        // The one channel is played on both sides.
        meter.set_channel(0, Channel::DualMono).map_err(failed)?;
    }
    for block in blocks {
        meter.add_frames_f32(block?.as_flattened()).map_err(failed)?;
    }
    meter.loudness_global().map_err(failed)
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
            let loudness = measure(master(&voice, find_gain(&voice).unwrap()), 22_050).unwrap();
            assert!((loudness - TARGET_LUFS).abs() < 0.3, "{amplitude}: {loudness}");
        }
    }

    #[test]
    fn silence_stays_silent_and_mastering_keeps_the_length() {
        let mut soundtrack = tone(0.5);
        let voice = Voice::of(&soundtrack).unwrap();
        assert_eq!(master(&voice, 1.0).map(|block| block.unwrap().len()).sum::<usize>(), 22_050 * 6);
        soundtrack.pieces[0].samples = vec![0; 100].into();
        assert_eq!(find_gain(&Voice::of(&soundtrack).unwrap()).unwrap(), 1.0);
    }
}
