//! How long to wait before asking again.

use std::time::Duration;

use jiff::Timestamp;

/// No wait is longer, whatever the other side says.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The wait after attempt number `attempt` (1 for the first): what the other side asked for, else
/// a random part of a time that doubles with each attempt ("full jitter"), so that many who
/// failed together do not come back together.
pub fn wait(back_off: Duration, attempt: u32, retry_after: Option<Duration>) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let longest = back_off.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    let jittered = longest.mul_f64(fastrand::f64());
    // Asked to wait, all wait that long and a little more.
    retry_after.map_or(jittered, |asked| asked + jittered.min(back_off))
}

/// Reads `Retry-After` (RFC 9110, §10.2.3): seconds, or a date.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_with_each_attempt_and_have_an_end() {
        let back_off = Duration::from_millis(500);
        for (attempt, longest_ms) in [(1, 500), (2, 1_000), (4, 4_000), (20, 60_000), (u32::MAX, 60_000)] {
            for _ in 0..50 {
                assert!(wait(back_off, attempt, None) <= Duration::from_millis(longest_ms));
            }
        }
    }

    #[test]
    fn whoever_is_asked_to_wait_waits_at_least_that_long() {
        let asked = Duration::from_secs(7);
        for attempt in 1..5 {
            let wait = wait(Duration::from_millis(500), attempt, Some(asked));
            assert!(asked <= wait && wait <= asked + Duration::from_millis(500));
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        assert_eq!(retry_after(" 12 ", now), Some(Duration::from_secs(12)));
        assert_eq!(retry_after("Tue, 24 Nov 2026 08:00:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Tue, 24 Nov 2026 07:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-1", now), None);
    }
}
