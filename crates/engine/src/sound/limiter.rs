//! A look-ahead peak limiter: the gain is already down when a peak arrives, and
//! never so fast that it clicks.

use std::collections::VecDeque;

/// Keeps samples under a ceiling. Output comes `look_ahead` samples late.
pub struct Limiter {
    ceiling: f32,
    look_ahead: usize,
    release: f32,
    delayed: VecDeque<f32>,
    /// Wanted gains of the samples ahead, the smallest in front (a monotonic queue).
    ahead: VecDeque<(u64, f32)>,
    /// The last `look_ahead` smallest gains, whose mean is applied.
    recent: VecDeque<f32>,
    recent_sum: f64,
    held: f32,
    received: u64,
}

impl Limiter {
    /// `ceiling` is the highest absolute sample value let through.
    pub fn new(ceiling: f32, rate_hz: u32) -> Self {
        let look_ahead = (rate_hz / 200).max(1) as usize;
        #[expect(clippy::cast_precision_loss, reason = "sample rates are small")]
        let release = 1.0 - (-1.0 / (0.08 * rate_hz as f32)).exp();
        Self {
            ceiling,
            look_ahead,
            release,
            delayed: VecDeque::from(vec![0.0; look_ahead]),
            ahead: VecDeque::new(),
            recent: VecDeque::from(vec![1.0; look_ahead]),
            #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
            recent_sum: look_ahead as f64,
            held: 1.0,
            received: 0,
        }
    }

    /// Samples by which output is late.
    pub const fn delay(&self) -> usize {
        self.look_ahead
    }

    /// Takes one sample and gives the one received `delay` samples before.
    pub fn next(&mut self, sample: f32) -> f32 {
        let wanted = (self.ceiling / sample.abs().max(f32::MIN_POSITIVE)).min(1.0);
        while self.ahead.back().is_some_and(|(_, gain)| *gain >= wanted) {
            self.ahead.pop_back();
        }
        self.ahead.push_back((self.received, wanted));
        while self.ahead.front().is_some_and(|(at, _)| at + (self.look_ahead as u64) < self.received) {
            self.ahead.pop_front();
        }
        self.received += 1;
        let smallest = self.ahead.front().map_or(1.0, |(_, gain)| *gain);
        self.held = smallest.min(self.held + (1.0 - self.held) * self.release);
        self.apply(sample)
    }

    fn apply(&mut self, sample: f32) -> f32 {
        self.recent.push_back(self.held);
        self.recent_sum += f64::from(self.held) - f64::from(self.recent.pop_front().unwrap_or(1.0));
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a mean of gains of 0–1")]
        let gain = (self.recent_sum / self.look_ahead as f64) as f32;
        self.delayed.push_back(sample);
        let out = self.delayed.pop_front().unwrap_or(0.0) * gain;
        out.clamp(-self.ceiling, self.ceiling)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_exceeds_the_ceiling_and_the_clamp_hardly_ever_works(samples in proptest::collection::vec(-3f32..3.0, 1..2000)) {
            let mut limiter = Limiter::new(0.8, 22_050);
            for sample in samples {
                prop_assert!(limiter.next(sample).abs() <= 0.8);
            }
        }

        #[test]
        fn quiet_sound_passes_unchanged_and_late(samples in proptest::collection::vec(-0.79f32..0.79, 200..1000)) {
            let mut limiter = Limiter::new(0.8, 22_050);
            let delay = limiter.delay();
            let out: Vec<f32> = samples.iter().map(|sample| limiter.next(*sample)).collect();
            for (index, sample) in samples[..samples.len() - delay].iter().enumerate() {
                prop_assert!((out[index + delay] - sample).abs() < 1e-6);
            }
        }
    }
}
