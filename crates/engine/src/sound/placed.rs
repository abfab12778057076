//! A sound at its place: when it plays, how it begins, ends and begins again.

use std::sync::Arc;

use rushes_core::ports::RenderError;

use super::ducking::Ducking;
use super::spool::Spool;
use super::time::{RATE_HZ, index};

/// A cut is faded over this many samples (5 ms): too short to be heard, too long to click.
pub const CUT: u64 = RATE_HZ as u64 / 200;
/// What begins as its maker wanted keeps its attack: 1 ms.
pub const ONSET: u64 = RATE_HZ as u64 / 1000;
/// The end of a loop and its beginning overlap by this many samples, 10 ms.
const OVERLAP: u64 = RATE_HZ as u64 / 100;
/// What is shorter than this (100 ms) would only buzz, and plays once.
const SHORTEST_LOOP: u64 = RATE_HZ as u64 / 10;

/// A sound and its place, in samples of 48 kHz.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The part that is played.
    pub spool: Arc<Spool>,
    /// When it begins, from the start of the video.
    pub start: u64,
    /// It plays no longer than this.
    pub length: u64,
    /// Whether it begins again at its end.
    pub is_looped: bool,
    /// From silence to its volume.
    pub fade_in: u64,
    /// Back to silence at its end.
    pub fade_out: u64,
    /// A factor.
    pub gain: f32,
    /// What it steps back for.
    pub ducking: Option<Ducking>,
}

impl Placed {
    /// Adds what falls into the block that begins at `position`.
    ///
    /// # Errors
    /// [`RenderError::Io`] when the sound cannot be read.
    pub fn add_to(&self, position: u64, block: &mut [[f32; 2]]) -> Result<(), RenderError> {
        let end = self.start.saturating_add(self.duration());
        let (from, to) = (self.start.max(position), end.min(position + block.len() as u64));
        if from >= to {
            return Ok(());
        }
        let mut own = vec![[0.0; 2]; index(to - from)];
        self.play(from - self.start, &mut own)?;
        self.fade(from - self.start, &mut own);
        if let Some(ducking) = &self.ducking {
            ducking.apply(from, &mut own);
        }
        for (target, [left, right]) in block[index(from - position)..].iter_mut().zip(own) {
            *target = [target[0] + left * self.gain, target[1] + right * self.gain];
        }
        Ok(())
    }

    /// How long it plays.
    fn duration(&self) -> u64 {
        match self.spool.frames {
            0 => 0,
            _ if self.begins_again() => self.length,
            frames => frames.min(self.length),
        }
    }

    fn begins_again(&self) -> bool {
        self.is_looped && self.spool.frames >= SHORTEST_LOOP
    }

    /// The samples from `at` on, lap after lap.
    fn play(&self, mut at: u64, mut target: &mut [[f32; 2]]) -> Result<(), RenderError> {
        let overlap = if self.begins_again() { OVERLAP } else { 0 };
        let lap = self.spool.frames - overlap;
        while !target.is_empty() {
            let within = at % lap;
            let joint = if at >= lap && within < overlap { overlap - within } else { 0 };
            let run = if joint > 0 { joint } else { lap - within };
            let (now, later) = target.split_at_mut(index(run).min(target.len()));
            self.spool.read(within, now)?;
            if joint > 0 {
                self.join(within, overlap, now)?;
            }
            at += now.len() as u64;
            target = later;
        }
        Ok(())
    }

    /// Blends the beginning of a lap with the end of the one before.
    fn join(&self, within: u64, overlap: u64, beginning: &mut [[f32; 2]]) -> Result<(), RenderError> {
        let mut ending = vec![[0.0; 2]; beginning.len()];
        self.spool.read(self.spool.frames - overlap + within, &mut ending)?;
        for (at, (new, old)) in (within..).zip(beginning.iter_mut().zip(ending)) {
            let weight = ramp(at + 1, overlap + 1);
            *new = [old[0] + (new[0] - old[0]) * weight, old[1] + (new[1] - old[1]) * weight];
        }
        Ok(())
    }

    fn fade(&self, first: u64, own: &mut [[f32; 2]]) {
        let duration = self.duration();
        if first >= self.fade_in && first + own.len() as u64 + self.fade_out <= duration {
            return;
        }
        for (at, frame) in (first..).zip(own) {
            let gain = ramp(at, self.fade_in) * ramp(duration - 1 - at, self.fade_out);
            *frame = frame.map(|sample| sample * gain);
        }
    }
}

/// From 0 to 1 over `length`, smooth at both ends.
fn ramp(at: u64, length: u64) -> f32 {
    if at >= length {
        return 1.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = at as f64 / length as f64;
    #[expect(clippy::cast_possible_truncation, reason = "0–1")]
    let gain = (0.5 - 0.5 * (share * std::f64::consts::PI).cos()) as f32;
    gain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn placed(frames: &[[f32; 2]]) -> Placed {
        Placed {
            spool: Arc::new(Spool::of(frames)),
            start: 0,
            length: u64::MAX,
            is_looped: false,
            fade_in: 0,
            fade_out: 0,
            gain: 1.0,
            ducking: None,
        }
    }

    fn play(placed: &Placed, length: usize, block: usize) -> Vec<[f32; 2]> {
        let mut mix = vec![[0.0; 2]; length];
        for (number, frames) in mix.chunks_mut(block).enumerate() {
            placed.add_to((number * block) as u64, frames).unwrap();
        }
        mix
    }

    fn highest_jump(sound: &[[f32; 2]]) -> f32 {
        sound.windows(2).map(|pair| (pair[0][0] - pair[1][0]).abs()).fold(0.0, f32::max)
    }

    /// A tone that ends in the middle of a swing.
    fn tone(length: usize) -> Vec<[f32; 2]> {
        (0..length).map(|n| (n as f32 * 0.05).sin()).map(|sample| [sample, -sample]).collect()
    }

    #[test]
    fn a_sound_plays_sample_for_sample_at_its_place() {
        let sound = tone(1000);
        let played = play(&Placed { start: 777, gain: 0.5, ..placed(&sound) }, 3000, 256);
        assert!(played[..777].iter().chain(&played[1777..]).all(|frame| *frame == [0.0; 2]));
        assert!(
            played[777..1777].iter().zip(&sound).all(|(played, [left, right])| *played == [left * 0.5, right * 0.5])
        );
    }

    #[test]
    fn a_loop_jumps_no_more_than_its_material() {
        for length in [4800, 5000, 7777] {
            let sound = tone(length);
            let looped = Placed { is_looped: true, ..placed(&sound) };
            let played = play(&looped, 20_000, 1024);
            let (found, own) = (highest_jump(&played), highest_jump(&sound));
            assert!(found < own * 1.7 + 0.01, "{length}: {found} against {own}");
            assert!(played.iter().any(|frame| frame[0] != 0.0) && played[19_000..].iter().any(|frame| frame[0] != 0.0));
        }
    }

    #[test]
    fn fades_begin_and_end_in_silence_without_a_jump() {
        let sound = vec![[0.5, 0.5]; 48_000];
        let played =
            play(&Placed { fade_in: 12_000, fade_out: 24_000, length: 40_000, ..placed(&sound) }, 48_000, 4096);
        assert_eq!((played[0], played[39_999], played[45_000]), ([0.0; 2], [0.0; 2], [0.0; 2]));
        assert_eq!(played[14_000], [0.5; 2]);
        assert!((played[6_000][0] - 0.25).abs() < 1e-3 && (played[28_000][0] - 0.25).abs() < 1e-3);
        assert!(highest_jump(&played) < 1e-4);
    }

    proptest! {
        #[test]
        fn blocks_do_not_matter(
            length in 1usize..7000, block in 1usize..3000, start in 0u64..3000, is_looped: bool, end in 1u64..9000,
            fade_in in 0u64..500, fade_out in 0u64..500,
        ) {
            let placed = Placed { start, length: end, is_looped, fade_in, fade_out, ..placed(&tone(length)) };
            prop_assert_eq!(play(&placed, 9000, block), play(&placed, 9000, 9000));
        }
    }
}
