//! One loudness for every video (ITU-R BS.1770-5, EBU R 128).

use ebur128::{Channel, EbuR128, Mode};
use rushes_core::ports::RenderError;
use rushes_core::timeline::Soundtrack;

use super::blocks::Blocks;
use super::limiter::Limiter;

/// Integrated loudness of every video, in LUFS: what the large platforms play at.
pub const TARGET_LUFS: f64 = -14.0;
/// Highest sample value, −3 dBFS: room for peaks between samples and for the
/// coder's, so that true peaks stay under −1 dBTP.
pub const CEILING: f32 = 0.708;
/// How near the target is near enough, in LU.
const TOLERANCE_LU: f64 = 0.1;
/// A gain beyond this would only raise noise, in dB.
const MAX_GAIN_DB: f64 = 40.0;
const MAX_ROUNDS: usize = 5;

/// The soundtrack raised by `gain` and limited, block by block, without delay.
pub struct Mastered<'a> {
    blocks: Blocks<'a>,
    limiter: Limiter,
    gain: f32,
    /// Samples to drop at the start, which the limiter is late by.
    early: usize,
    /// Samples to draw out of the limiter at the end.
    late: usize,
}

impl<'a> Mastered<'a> {
    /// `None` for a soundtrack without sound.
    pub fn new(soundtrack: &'a Soundtrack, gain: f32) -> Option<Self> {
        let blocks = Blocks::new(soundtrack)?;
        let limiter = Limiter::new(CEILING, blocks.rate_hz());
        let delay = limiter.delay();
        Some(Self { blocks, limiter, gain, early: delay, late: delay })
    }
}

impl Iterator for Mastered<'_> {
    type Item = Vec<f32>;

    fn next(&mut self) -> Option<Vec<f32>> {
        let mut block = match self.blocks.next() {
            Some(block) => block,
            None if self.late > 0 => vec![0.0; std::mem::take(&mut self.late)],
            None => return None,
        };
        for sample in &mut block {
            *sample = self.limiter.next(*sample * self.gain);
        }
        let dropped = self.early.min(block.len());
        block.drain(..dropped);
        self.early -= dropped;
        Some(block)
    }
}

/// The gain at which the limited soundtrack has the target loudness. Limiting
/// makes it quieter again, so the gain is found in a few rounds.
///
/// # Errors
/// [`RenderError::Broken`] when the loudness cannot be measured.
pub fn find_gain(soundtrack: &Soundtrack) -> Result<f32, RenderError> {
    let Some(blocks) = Blocks::new(soundtrack) else { return Ok(1.0) };
    let rate_hz = blocks.rate_hz();
    let loudness = measure(blocks, rate_hz)?;
    if !loudness.is_finite() {
        return Ok(1.0);
    }
    let mut gain_db = (TARGET_LUFS - loudness).min(MAX_GAIN_DB);
    for _ in 0..MAX_ROUNDS {
        let Some(mastered) = Mastered::new(soundtrack, linear(gain_db)) else { break };
        let missing = TARGET_LUFS - measure(mastered, rate_hz)?;
        if !missing.is_finite() || missing.abs() <= TOLERANCE_LU || gain_db >= MAX_GAIN_DB {
            break;
        }
        gain_db = (gain_db + missing * 1.3).min(MAX_GAIN_DB);
    }
    Ok(linear(gain_db))
}

/// Integrated loudness in LUFS; minus infinity for silence.
fn measure(blocks: impl Iterator<Item = Vec<f32>>, rate_hz: u32) -> Result<f64, RenderError> {
    let failed = |error: ebur128::Error| RenderError::Broken {
        reason: "the loudness could not be measured".to_owned(),
        source: Some(error.into()),
    };
    let mut meter = EbuR128::new(1, rate_hz, Mode::I).map_err(failed)?;
    // The one channel is played on both sides.
    meter.set_channel(0, Channel::DualMono).map_err(failed)?;
    for block in blocks {
        meter.add_frames_f32(&block).map_err(failed)?;
    }
    meter.loudness_global().map_err(failed)
}

fn linear(gain_db: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a gain of at most 100")]
    let gain = 10f64.powf(gain_db / 20.0) as f32;
    gain
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rushes_core::timeline::SoundPiece;

    use super::*;

    fn tone(amplitude: f32) -> Soundtrack {
        let samples = (0..22_050 * 5).map(|n| ((n as f32 * 0.3).sin() * amplitude * 32767.0) as i16).collect();
        let piece = SoundPiece { start: Duration::ZERO, sample_rate_hz: 22_050, samples };
        Soundtrack { pieces: vec![piece], duration: Duration::from_secs(6), ..Soundtrack::default() }
    }

    #[test]
    fn quiet_and_loud_sound_come_to_the_same_loudness() {
        for amplitude in [0.01, 0.2, 1.0] {
            let soundtrack = tone(amplitude);
            let mastered = Mastered::new(&soundtrack, find_gain(&soundtrack).unwrap()).unwrap();
            let loudness = measure(mastered, 22_050).unwrap();
            assert!((loudness - TARGET_LUFS).abs() < 0.3, "{amplitude}: {loudness}");
        }
    }

    #[test]
    fn silence_stays_silent_and_mastering_keeps_the_length() {
        let mut soundtrack = tone(0.5);
        assert_eq!(Mastered::new(&soundtrack, 1.0).unwrap().flatten().count(), 22_050 * 6);
        soundtrack.pieces[0].samples.fill(0);
        assert_eq!(find_gain(&soundtrack).unwrap(), 1.0);
    }
}
