//! A circuit for each host: one that fails again and again is left alone for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures in a row that open the circuit.
const FAILURES: u32 = 8;
/// How long it stays open; then one call tries.
const OPEN_TIME: Duration = Duration::from_secs(20);

/// The circuits of all hosts.
#[derive(Debug, Default)]
pub struct Circuits(Mutex<HashMap<String, Circuit>>);

#[derive(Clone, Copy, Debug, Default)]
struct Circuit {
    /// Failures in a row.
    failures: u32,
    /// No call is let through before.
    closed_again: Option<Instant>,
}

impl Circuits {
    /// Whether `host` may be asked at `now`; else how long it may not.
    pub fn admit(&self, host: &str, now: Instant) -> Result<(), Duration> {
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(circuit) = circuits.get_mut(host) else { return Ok(()) };
        match circuit.closed_again {
            Some(moment) if now < moment => Err(moment - now),
            Some(_) => {
                // This call tries; until it has ended, or as long again, no other does.
                circuit.closed_again = Some(now + OPEN_TIME);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Remembers how a call to `host` ended at `now`.
    pub fn record(&self, host: &str, is_well: bool, now: Instant) {
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_well {
            circuits.remove(host);
            return;
        }
        let circuit = circuits.entry(host.to_owned()).or_default();
        circuit.failures = circuit.failures.saturating_add(1);
        if circuit.failures >= FAILURES {
            if circuit.failures == FAILURES {
                tracing::warn!(host, open_s = OPEN_TIME.as_secs(), "a host fails again and again and is left alone");
            }
            circuit.closed_again = Some(now + OPEN_TIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_fails_again_and_again_is_left_alone_until_one_call_has_tried() {
        let (circuits, start) = (Circuits::default(), Instant::now());
        for _ in 0..FAILURES {
            assert_eq!(circuits.admit("a", start), Ok(()));
            circuits.record("a", false, start);
        }
        assert_eq!(circuits.admit("a", start), Err(OPEN_TIME));
        assert_eq!(circuits.admit("b", start), Ok(()));
        let later = start + OPEN_TIME;
        assert_eq!(circuits.admit("a", later), Ok(()));
        assert!(circuits.admit("a", later).is_err(), "one call tries, no more");
        circuits.record("a", false, later);
        assert!(circuits.admit("a", later).is_err());
        assert_eq!(circuits.admit("a", later + OPEN_TIME), Ok(()));
        circuits.record("a", true, later + OPEN_TIME);
        assert_eq!(circuits.admit("a", later + OPEN_TIME), Ok(()));
        assert_eq!(circuits.admit("a", later + OPEN_TIME), Ok(()));
    }

    #[test]
    fn one_success_forgets_the_failures_before() {
        let (circuits, now) = (Circuits::default(), Instant::now());
        for _ in 0..5 {
            (1..FAILURES).for_each(|_| circuits.record("a", false, now));
            circuits.record("a", true, now);
        }
        assert_eq!(circuits.admit("a", now), Ok(()));
    }
}
