//! How much is taken: a bucket that fills with so many requests a second and holds twice as many;
//! and how much of that is worked on at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use crate::handler::Service;
use crate::problem::Problem;

/// Requests worked on at once; others wait. Each holds connections to AWS with their buffers:
/// six hundred at once were no faster than these and took 14 MB more for ever.
const AT_ONCE: usize = 64;

/// The limit of one process.
#[derive(Debug)]
pub struct Limiter {
    places: Arc<Semaphore>,
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
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Self { places, per_second, bucket: Mutex::new(Bucket { left: per_second * 2.0, filled_at: Instant::now() }) }
    }

    /// A place for one request, not yet taken.
    fn place(&self) -> Place {
        Place { places: Arc::clone(&self.places), taken: Arc::default() }
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

/// A request's place among those that are worked on at once. Clones are the same place; it is free again
/// when the last of them is dropped.
#[derive(Clone, Debug)]
pub struct Place {
    places: Arc<Semaphore>,
    taken: Arc<OnceCell<Option<OwnedSemaphorePermit>>>,
}

impl Place {
    /// Waits until the place is free; whoever has it keeps it.
    pub async fn take(&self) {
        // Closed never: without a permit the request is answered all the same.
        self.taken.get_or_init(async || Arc::clone(&self.places).acquire_owned().await.ok()).await;
    }
}

/// Refuses what is over the limit, before anything of its body is read. What has no body takes its place
/// here; what has one takes it when all of it is there ([`crate::body`]), so that a body that never ends
/// keeps nobody waiting.
pub async fn within_limit(
    State(service): State<Arc<Service>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    service.limiter.admit(Instant::now()).map_err(Problem::too_many)?;
    let place = service.limiter.place();
    if request.body().is_end_stream() {
        place.take().await;
    }
    request.extensions_mut().insert(place.clone());
    let response = next.run(request).await;
    drop(place);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_comes_while_every_place_is_taken_waits_for_the_first_that_is_free() {
        let limiter = Limiter::new(10);
        let mut taken = Vec::new();
        for _ in 0..AT_ONCE {
            let place = limiter.place();
            place.take().await;
            // Taken twice it is one place.
            place.take().await;
            taken.push(place);
        }
        let next = limiter.place();
        let mut waiting = Box::pin(next.take());
        let is_waiting = tokio::select! { biased; () = &mut waiting => false, () = std::future::ready(()) => true };
        assert!(is_waiting);
        taken.pop();
        waiting.await;
    }

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
