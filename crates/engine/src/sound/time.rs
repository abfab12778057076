//! From moments to samples.

use std::time::Duration;

/// Samples a second of the finished sound.
pub const RATE_HZ: u32 = 48_000;

/// The sample nearest to a moment.
pub fn sample_at(time: Duration, rate_hz: u32) -> u64 {
    let samples = (time.as_nanos() * u128::from(rate_hz) + 500_000_000) / 1_000_000_000;
    u64::try_from(samples).unwrap_or(u64::MAX)
}

/// As an index; what does not fit is beyond all sound.
pub fn index(samples: u64) -> usize {
    usize::try_from(samples).unwrap_or(usize::MAX)
}
