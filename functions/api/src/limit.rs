//! How much is taken: a bucket that fills with so many requests a second and holds twice as many.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::handler::Service;
use crate::problem::Problem;

/// The limit of one process.
#[derive(Debug)]
pub struct Limiter {
    per_second: f64,
    bucket: Mutex<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    filled_at: Instant,
}

impl Limiter {
    /// A limit that lets `per_second` requests through, and after a rest twice as many at once.
    pub fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second.max(1));
        Self { per_second, bucket: Mutex::new(Bucket { left: per_second * 2.0, filled_at: Instant::now() }) }
    }

    /// Lets a request through at `now`, or says in how many whole seconds it is worth coming again.
    fn admit(&self, now: Instant) -> Result<(), u64> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = now.saturating_duration_since(bucket.filled_at).as_secs_f64() * self.per_second;
        bucket.left = (bucket.left + filled).min(self.per_second * 2.0);
        bucket.filled_at = now;
        if bucket.left < 1.0 {
            // A bucket that fills with one request a second or more has room within one.
            return Err(1);
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

/// Refuses what is over the limit, before anything is read.
pub async fn within_limit(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    match service.limiter.admit(Instant::now()) {
        Ok(()) => Ok(next.run(request).await),
        Err(seconds) => Err(Problem::too_many(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_no_more_than_the_rate() {
        let limiter = Limiter::new(10);
        let start = Instant::now();
        assert!((0..20).all(|_| limiter.admit(start).is_ok()));
        assert_eq!(limiter.admit(start), Err(1));
        let later = start + Duration::from_millis(350);
        assert_eq!((0..10).filter(|_| limiter.admit(later).is_ok()).count(), 3);
        let long_after = start + Duration::from_secs(3600);
        assert_eq!((0..50).filter(|_| limiter.admit(long_after).is_ok()).count(), 20);
    }
}
