//! How many requests a host gets at once, and how long one that asks for patience is left alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rushes_core::ports::MediaError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// Less than what browsers allow themselves (six): a host cannot tell whom it serves.
const REQUESTS_AT_ONCE: usize = 4;
/// No host is left alone for longer, whatever it asks for.
const LONGEST_REST: Duration = Duration::from_secs(60 * 60);

/// All hosts that are asked for files now.
#[derive(Debug, Default)]
pub struct Hosts(Mutex<HashMap<String, Arc<Host>>>);

#[derive(Debug)]
struct Host {
    requests: Arc<Semaphore>,
    /// It asked not to be asked before.
    left_alone_until: Mutex<Instant>,
}

impl Host {
    fn left_alone_for(&self) -> Duration {
        let until = *self.left_alone_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.saturating_duration_since(Instant::now())
    }
}

/// The right to one request to a host at a time.
#[derive(Debug)]
pub struct Place {
    name: String,
    host: Arc<Host>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Hosts {
    /// Waits for a place at the host of `url`, and until that may be asked again.
    ///
    /// # Errors
    /// [`MediaError::Unavailable`] when the host is to be left alone for longer than `patience`.
    pub async fn enter(&self, url: &Url, patience: Duration) -> Result<Place, MediaError> {
        let name = name(url);
        let host = self.host(&name);
        // It is never closed; if it were, there would be no limit to keep.
        let permit = Arc::clone(&host.requests).acquire_owned().await.ok();
        loop {
            let left_alone = host.left_alone_for();
            if left_alone.is_zero() {
                return Ok(Place { name, host, _permit: permit });
            }
            if left_alone > patience {
                let reason = "the server asked to be left alone for a while".to_owned();
                return Err(MediaError::Unavailable { reason, retry_after: Some(left_alone), source: None });
            }
            tokio::time::sleep(left_alone).await;
        }
    }

    /// A place at the host of `url` for one that was held elsewhere, perhaps.
    ///
    /// # Errors
    /// As [`Self::enter`].
    pub async fn move_to(&self, place: Place, url: &Url, patience: Duration) -> Result<Place, MediaError> {
        if place.name == name(url) {
            return Ok(place);
        }
        drop(place);
        self.enter(url, patience).await
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.retain(|_, host| Arc::strong_count(host) > 1 || !host.left_alone_for().is_zero());
        let new = || {
            Arc::new(Host {
                requests: Arc::new(Semaphore::new(REQUESTS_AT_ONCE)),
                left_alone_until: Mutex::new(Instant::now()),
            })
        };
        Arc::clone(hosts.entry(name.to_owned()).or_insert_with(new))
    }
}

impl Place {
    /// Lets nobody ask the host for so long.
    pub fn leave_alone(&self, time: Duration) {
        let mut until = self.host.left_alone_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(moment) = Instant::now().checked_add(time.min(LONGEST_REST)) {
            *until = moment.max(*until);
        }
    }
}

fn name(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_host_has_four_places_and_another_has_its_own() {
        let hosts = Hosts::default();
        let [one, other] = ["https://a.b/1", "https://a.b:8443/1"].map(|url| Url::parse(url).unwrap());
        let mut places = Vec::new();
        for _ in 0..REQUESTS_AT_ONCE {
            places.push(hosts.enter(&one, PATIENCE).await.unwrap());
        }
        assert!(hosts.enter(&one, PATIENCE).now_or_never().is_none());
        let elsewhere = hosts.move_to(places.remove(0), &other, PATIENCE).await.unwrap();
        assert!(hosts.enter(&one, PATIENCE).now_or_never().is_some(), "the place was given back");
        drop(elsewhere);
    }

    #[tokio::test]
    async fn a_host_that_asks_for_patience_is_not_asked_and_one_that_asks_for_too_much_not_waited_for() {
        let hosts = Hosts::default();
        let url = Url::parse("https://a.b/1").unwrap();
        hosts.enter(&url, PATIENCE).await.unwrap().leave_alone(PATIENCE / 2);
        assert!(hosts.enter(&url, PATIENCE).now_or_never().is_none());
        let error = hosts.enter(&url, PATIENCE / 4).await.unwrap_err();
        assert!(error.retry_after().is_some_and(|asked| asked > PATIENCE / 4), "{error}");
    }
}
