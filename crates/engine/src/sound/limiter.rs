//! A look-ahead peak limiter: the gain is already down when a peak arrives, and
//! never so fast that it clicks. All channels get the same gain, so that nothing
//! moves from side to side.

use std::collections::VecDeque;

use super::true_peak::TruePeak;

/// Keeps sound under a ceiling. Output comes `delay` samples late.
pub struct Limiter<const CHANNELS: usize> {
    ceiling: f32,
    /// Looks between the samples; without it only samples are looked at.
    between: Option<TruePeak<CHANNELS>>,
    look_ahead: usize,
    release: f32,
    delayed: VecDeque<[f32; CHANNELS]>,
    /// Wanted gains of the samples ahead, the smallest in front (a monotonic queue).
    ahead: VecDeque<(u64, f32)>,
    /// The last `look_ahead` smallest gains, whose mean is applied.
    recent: VecDeque<f32>,
    recent_sum: f64,
    held: f32,
    received: u64,
    /// Samples in a row that no gain was held down for.
    at_rest: usize,
}

/// A gain nearer to 1 than this is 1: nobody hears a thousandth of a decibel.
const REST: f32 = 1e-4;

impl<const CHANNELS: usize> Limiter<CHANNELS> {
    /// `ceiling` is the highest absolute sample value let through.
    pub fn of_samples(ceiling: f32, rate_hz: u32) -> Self {
        Self::new(ceiling, rate_hz, None)
    }

    /// `ceiling` is the highest absolute value let through, between samples too.
    pub fn of_true_peaks(ceiling: f32, rate_hz: u32) -> Self {
        Self::new(ceiling, rate_hz, Some(TruePeak::default()))
    }

    fn new(ceiling: f32, rate_hz: u32, between: Option<TruePeak<CHANNELS>>) -> Self {
        let look_ahead = (rate_hz / 200).max(1) as usize;
        #[expect(clippy::cast_precision_loss, reason = "sample rates are small")]
        let release = 1.0 - (-1.0 / (0.08 * rate_hz as f32)).exp();
        let delay = look_ahead + between.as_ref().map_or(0, |_| TruePeak::<CHANNELS>::DELAY);
        Self {
            ceiling,
            between,
            look_ahead,
            release,
            delayed: VecDeque::from(vec![[0.0; CHANNELS]; delay]),
            ahead: VecDeque::new(),
            recent: VecDeque::from(vec![1.0; look_ahead]),
            #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
            recent_sum: look_ahead as f64,
            held: 1.0,
            received: 0,
            at_rest: look_ahead,
        }
    }

    /// Samples by which output is late.
    pub fn delay(&self) -> usize {
        self.delayed.len()
    }

    /// Takes one sample of each channel and gives those received `delay` samples before.
    pub fn next(&mut self, frame: [f32; CHANNELS]) -> [f32; CHANNELS] {
        let peak = match &mut self.between {
            Some(between) => between.next(frame),
            None => frame.iter().fold(0.0, |peak, sample| sample.abs().max(peak)),
        };
        if peak <= self.ceiling && self.at_rest >= self.look_ahead {
            // All gains ahead and all recent ones are 1: there is nothing to do but wait.
            self.ahead.clear();
            self.received += 1;
            return self.delay_by_one(frame).map(|sample| sample.clamp(-self.ceiling, self.ceiling));
        }
        let wanted = (self.ceiling / peak.max(f32::MIN_POSITIVE)).min(1.0);
        while self.ahead.back().is_some_and(|(_, gain)| *gain >= wanted) {
            self.ahead.pop_back();
        }
        self.ahead.push_back((self.received, wanted));
        while self.ahead.front().is_some_and(|(at, _)| at + (self.look_ahead as u64) < self.received) {
            self.ahead.pop_front();
        }
        self.received += 1;
        let smallest = self.ahead.front().map_or(1.0, |(_, gain)| *gain);
        let released = self.held + (1.0 - self.held) * self.release;
        self.held = smallest.min(if 1.0 - released < REST { 1.0 } else { released });
        self.at_rest = if self.held < 1.0 { 0 } else { self.at_rest + 1 };
        self.apply(frame)
    }

    fn delay_by_one(&mut self, frame: [f32; CHANNELS]) -> [f32; CHANNELS] {
        self.delayed.push_back(frame);
        self.delayed.pop_front().unwrap_or([0.0; CHANNELS])
    }

    fn apply(&mut self, frame: [f32; CHANNELS]) -> [f32; CHANNELS] {
        self.recent.push_back(self.held);
        self.recent_sum += f64::from(self.held) - f64::from(self.recent.pop_front().unwrap_or(1.0));
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a mean of gains of 0–1")]
        let gain = (self.recent_sum / self.look_ahead as f64) as f32;
        self.delay_by_one(frame).map(|sample| (sample * gain).clamp(-self.ceiling, self.ceiling))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_exceeds_the_ceiling_and_the_clamp_hardly_ever_works(samples in proptest::collection::vec(-3f32..3.0, 1..2000)) {
            let mut limiter = Limiter::of_samples(0.8, 22_050);
            for sample in samples {
                prop_assert!(limiter.next([sample])[0].abs() <= 0.8);
            }
        }

        #[test]
        fn quiet_sound_passes_unchanged_and_late(samples in proptest::collection::vec(-0.5f32..0.5, 300..1000), between: bool) {
            let mut limiter = if between { Limiter::of_true_peaks(0.99, 22_050) } else { Limiter::of_samples(0.8, 22_050) };
            let delay = limiter.delay();
            let out: Vec<f32> = samples.iter().map(|sample| limiter.next([*sample])[0]).collect();
            for (index, sample) in samples[..samples.len() - delay].iter().enumerate() {
                if between {
                    // Random samples do have peaks between them; the sign and the place stay.
                    prop_assert!((out[index + delay] - sample).abs() <= 0.6 * sample.abs() + 1e-6);
                } else {
                    prop_assert!((out[index + delay] - sample).abs() < 1e-6);
                }
            }
        }

        #[test]
        fn both_sides_get_the_same_gain(samples in proptest::collection::vec(-3f32..3.0, 600..2000)) {
            let mut limiter = Limiter::of_true_peaks(0.5, 22_050);
            for sample in samples {
                let [left, right] = limiter.next([sample, sample / 4.0]);
                prop_assert!(left.abs() <= 0.5 && (left.abs() >= 0.5 || (left / 4.0 - right).abs() < 1e-6));
            }
        }
    }

    #[test]
    fn a_peak_between_samples_is_seen_before_it_comes() {
        // A quarter of the sampling rate, half a sample off: the samples are at 0.707 of the peak.
        let tone = |n: usize| (std::f32::consts::FRAC_PI_2 * n as f32 + std::f32::consts::FRAC_PI_4).sin();
        let mut limiter = Limiter::of_true_peaks(0.8, 48_000);
        let limited: Vec<f32> = (0..48_000).map(|n| limiter.next([tone(n)])[0]).collect();
        let highest = limited[1000..].iter().fold(0f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.54..0.58).contains(&highest), "{highest}");
    }
}
