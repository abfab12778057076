//! Whether, and when, a file is asked for again.

use std::time::{Duration, Instant};

use rushes_core::ports::MediaError;
use rushes_core::spec::MediaKind;

use super::Limits;
use crate::http::retry;

/// How often a file is asked for at most, unless its host asks for patience.
const ATTEMPTS: u32 = 4;
/// How long a task waits at least whose host has asked for more patience than there was.
const SHORTEST_POSTPONEMENT: Duration = Duration::from_secs(30);

/// How much of it is left for one file.
#[derive(Debug)]
pub struct Patience {
    begun: Instant,
    attempt: u32,
    back_off: Duration,
    /// No attempt that a failure follows is followed by another after that.
    attempts_end: Duration,
    /// A host that asks for patience is not waited for beyond that.
    waiting_ends: Duration,
}

impl Patience {
    pub fn new(limits: &Limits, kind: MediaKind) -> Self {
        Self {
            begun: Instant::now(),
            attempt: 0,
            back_off: limits.back_off,
            attempts_end: limits.fetch(kind),
            waiting_ends: limits.patience,
        }
    }

    /// How long to wait before the next attempt, with jitter so that many who failed together do not come back
    /// together; `None` when there is to be none.
    pub fn wait_after(&mut self, error: &MediaError) -> Option<Duration> {
        self.attempt += 1;
        let jittered = retry::wait(self.back_off, self.attempt, None);
        let wait = error.retry_after().map_or(jittered, |asked| asked.saturating_add(jittered));
        let passed = self.begun.elapsed();
        let may_go_on = match error.retry_after() {
            Some(_) => passed.saturating_add(wait) <= self.waiting_ends,
            None => error.is_transient() && self.attempt < ATTEMPTS && passed < self.attempts_end,
        };
        may_go_on.then_some(wait)
    }
}

/// An error after which this worker does not ask again. Others may, not too soon.
pub fn last_word(error: MediaError) -> MediaError {
    match error {
        MediaError::Unavailable { reason, retry_after: Some(asked), source } => {
            MediaError::Unavailable { reason, retry_after: Some(asked.max(SHORTEST_POSTPONEMENT)), source }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(seconds: u64) -> MediaError {
        let retry_after = Some(Duration::from_secs(seconds));
        MediaError::Unavailable { reason: String::new(), retry_after, source: None }
    }

    #[test]
    fn what_fails_is_asked_for_four_times_and_what_is_missing_once() {
        let mut patience = Patience::new(&Limits::default(), MediaKind::Picture);
        let waits = (0..4).map(|_| patience.wait_after(&MediaError::unavailable("reset")));
        assert_eq!(waits.map(|wait| wait.is_some()).collect::<Vec<_>>(), [true, true, true, false]);
        let mut patience = Patience::new(&Limits::default(), MediaKind::Picture);
        assert_eq!(patience.wait_after(&MediaError::Missing { reason: String::new() }), None);
    }

    #[test]
    fn a_host_that_asks_for_patience_gets_it_however_often_until_there_is_no_more() {
        let mut patience = Patience::new(&Limits::default(), MediaKind::Picture);
        for _ in 0..20 {
            assert!(patience.wait_after(&asking(1)).is_some_and(|wait| wait >= Duration::from_secs(1)));
        }
        assert_eq!(patience.wait_after(&asking(3600)), None);
        assert_eq!(last_word(asking(3600)).retry_after(), Some(Duration::from_secs(3600)));
        assert_eq!(last_word(asking(1)).retry_after(), Some(SHORTEST_POSTPONEMENT));
    }
}
