//! A sound at its place: when it plays, how it begins, ends and begins again.

use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::RenderError;

use super::ducking::Ducking;
use super::spool::Spool;
use super::time::{RATE_HZ, index, sample_at};

/// A cut is faded over this many samples (5 ms): too short to be heard, too long to click.
pub const CUT: u64 = RATE_HZ as u64 / 200;
/// What begins as its maker wanted keeps its attack: 1 ms.
pub const ONSET: u64 = RATE_HZ as u64 / 1000;
/// The end of a loop and its beginning overlap by this many samples, 10 ms.
const OVERLAP: u64 = RATE_HZ as u64 / 100;
/// What is shorter than this (100 ms) would only buzz, and plays once.
pub const SHORTEST_LOOP: u64 = RATE_HZ as u64 / 10;

/// Whether and when a sound begins again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repetition {
    /// It plays once.
    Once,
    /// At its own end, which overlaps its beginning.
    AtItsEnd,
    /// Whenever so much time has passed, to the sample, whatever its own length: what is longer is
    /// cut, what is shorter is followed by silence. Its fades lie within each lap.
    Every(Duration),
}

/// A sound and its place, in samples of 48 kHz.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The part that is played.
    pub spool: Arc<Spool>,
    /// When it begins, from the start of the video.
    pub start: u64,
    /// It plays no longer than this.
    pub length: u64,
    /// Whether it begins again.
    pub repetition: Repetition,
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
        fade(from - self.start, &mut own, self.duration(), (self.fade_in, self.fade_out));
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
        match (self.spool.frames, self.lap()) {
            (0, _) => 0,
            (frames, Lap::Only) => frames.min(self.length),
            _ => self.length,
        }
    }

    fn lap(&self) -> Lap {
        match self.repetition {
            Repetition::AtItsEnd if self.spool.frames >= SHORTEST_LOOP => Lap::Overlapping(self.spool.frames - OVERLAP),
            Repetition::Every(period) if sample_at(period, RATE_HZ) >= SHORTEST_LOOP => Lap::Timed(period),
            Repetition::Once | Repetition::AtItsEnd | Repetition::Every(_) => Lap::Only,
        }
    }

    /// The samples from `at` on, lap after lap.
    fn play(&self, mut at: u64, mut target: &mut [[f32; 2]]) -> Result<(), RenderError> {
        let lap = self.lap();
        while !target.is_empty() {
            let played = match lap {
                Lap::Only => self.spool.read(at, target).map(|()| target.len())?,
                Lap::Overlapping(length) => self.play_overlapping(at, length, target)?,
                Lap::Timed(period) => self.play_timed(at, period, target)?,
            };
            at += played as u64;
            target = target.split_at_mut(played).1;
        }
        Ok(())
    }

    /// Plays up to the next joint or its end; tells how many samples that were.
    fn play_overlapping(&self, at: u64, length: u64, target: &mut [[f32; 2]]) -> Result<usize, RenderError> {
        let within = at % length;
        let is_joint = at >= length && within < OVERLAP;
        let run = index(if is_joint { OVERLAP - within } else { length - within }).min(target.len());
        self.spool.read(within, &mut target[..run])?;
        if is_joint {
            self.join(within, &mut target[..run])?;
        }
        Ok(run)
    }

    /// Plays up to the end of a lap; tells how many samples that were.
    fn play_timed(&self, at: u64, period: Duration, target: &mut [[f32; 2]]) -> Result<usize, RenderError> {
        let (number, start, end) = lap_at(at, period);
        let run = index(end - at).min(target.len());
        let (target, within) = (&mut target[..run], at - start);
        let sounding = self.spool.frames.min(end - start);
        let heard = index(sounding.saturating_sub(within)).min(run);
        let (own, silence) = target.split_at_mut(heard);
        self.spool.read(within, own)?;
        let fade_in = if number == 0 { 0 } else { self.fade_in };
        fade(within, own, sounding, (fade_in, self.fade_out));
        silence.fill([0.0; 2]);
        Ok(run)
    }

    /// Blends the beginning of a lap with the end of the one before.
    fn join(&self, within: u64, beginning: &mut [[f32; 2]]) -> Result<(), RenderError> {
        let mut ending = vec![[0.0; 2]; beginning.len()];
        self.spool.read(self.spool.frames - OVERLAP + within, &mut ending)?;
        for (at, (new, old)) in (within..).zip(beginning.iter_mut().zip(ending)) {
            let weight = ramp(at + 1, OVERLAP + 1);
            *new = [old[0] + (new[0] - old[0]) * weight, old[1] + (new[1] - old[1]) * weight];
        }
        Ok(())
    }
}

/// How a sound passes.
#[derive(Clone, Copy)]
enum Lap {
    /// Once.
    Only,
    /// Again after so many samples, a joint less than its own.
    Overlapping(u64),
    /// Again after that time.
    Timed(Duration),
}

/// The number of the lap that sample `at` lies in, its first sample and that of the next. Each lap
/// begins at the sample nearest to its own time, so that an hour of laps is as long as an hour.
fn lap_at(at: u64, period: Duration) -> (u32, u64, u64) {
    let start = |number: u32| sample_at(period.saturating_mul(number), RATE_HZ);
    let number = u128::from(at) * 1_000_000_000 / (u128::from(RATE_HZ) * period.as_nanos().max(1));
    let number = u32::try_from(number).unwrap_or(u32::MAX - 1);
    // Rounding puts the border up to half a sample from the time.
    let number = if start(number + 1) <= at { number + 1 } else { number };
    (number, start(number), start(number.saturating_add(1)))
}

/// Fades a part, which begins at `first`, of something that lasts `duration` and has these fades at both ends.
fn fade(first: u64, own: &mut [[f32; 2]], duration: u64, (fade_in, fade_out): (u64, u64)) {
    if first >= fade_in && first + own.len() as u64 + fade_out <= duration {
        return;
    }
    for (at, frame) in (first..).zip(own) {
        let gain = ramp(at, fade_in) * ramp(duration - 1 - at, fade_out);
        *frame = frame.map(|sample| sample * gain);
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
            repetition: Repetition::Once,
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
            let looped = Placed { repetition: Repetition::AtItsEnd, ..placed(&sound) };
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

    fn repetitions() -> impl Strategy<Value = Repetition> {
        let every = (1u64..200_000_000).prop_map(|nanos| Repetition::Every(Duration::from_nanos(nanos)));
        prop_oneof![Just(Repetition::Once), Just(Repetition::AtItsEnd), every]
    }

    #[test]
    fn a_lap_begins_at_the_sample_nearest_to_its_time_after_an_hour_too() {
        // 29.97 pictures a second, fifty of them: 80,080 and two thirds samples at 48 kHz... which never come out even.
        let period = Duration::from_nanos(1_668_333_333);
        for number in [0, 1, 2, 3, 1_000, 2_158] {
            let wanted = (f64::from(number) * 1.668_333_333 * 48_000.0).round() as u64;
            let (found, start, end) = lap_at(wanted, period);
            assert_eq!((found, start), (number, wanted));
            assert_eq!(lap_at(end - 1, period), (number, start, end));
            assert_eq!(lap_at(end, period).0, number + 1);
        }
    }

    #[test]
    fn a_timed_loop_keeps_its_period_whatever_the_length_of_its_sound() {
        for length in [3_000, 9_600, 14_000] {
            let mut sound = vec![[0.1; 2]; length];
            sound[100] = [1.0; 2];
            let repetition = Repetition::Every(Duration::from_millis(200));
            let looped = Placed { repetition, length: 48_000, fade_in: 48, fade_out: 240, ..placed(&sound) };
            let played = play(&looped, 50_000, 4_096);
            let marks: Vec<usize> = (0..played.len()).filter(|at| played[*at][0] > 0.9).collect();
            assert_eq!(marks, [100, 9_700, 19_300, 28_900, 38_500], "{length}");
            assert!(played[48_000..].iter().all(|frame| *frame == [0.0; 2]));
            let smooth: Vec<[f32; 2]> = played.iter().map(|[left, right]| [left.min(0.1), right.min(0.1)]).collect();
            assert!(highest_jump(&smooth[1..]) < 0.01, "{length}: a click at a seam");
        }
    }

    proptest! {
        #[test]
        fn blocks_do_not_matter(
            length in 1usize..7000, block in 1usize..3000, start in 0u64..3000, end in 1u64..9000,
            repetition in repetitions(), fade_in in 0u64..500, fade_out in 0u64..500,
        ) {
            let placed = Placed { start, length: end, repetition, fade_in, fade_out, ..placed(&tone(length)) };
            prop_assert_eq!(play(&placed, 9000, block), play(&placed, 9000, 9000));
        }
    }
}
