//! Pictures that users name by URL or, at the command line, by path.

mod fetch;
mod guard;
mod picture;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use rushes_core::ports::{FetchedMedia, MediaError, MediaLibrary};
use rushes_core::spec::{Media, MediaSource};
use tokio::io::AsyncReadExt;
use tokio::sync::Mutex;

pub use guard::{AllowedHosts, InvalidHost};

use fetch::Fetcher;

/// How long and how much is waited for and read.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// For a connection.
    connect: Duration,
    /// Between two pieces of an answer.
    read: Duration,
    /// For a look at a picture's header, redirects included.
    check: Duration,
    /// For a whole picture, redirects included.
    fetch: Duration,
    /// Of a file.
    bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(10),
            // Someone waits for the answer of the API meanwhile, and its function has 15 s in all.
            check: Duration::from_secs(8),
            fetch: Duration::from_secs(60),
            bytes: 50 << 20,
        }
    }
}

/// Fetches and checks pictures.
#[derive(Debug)]
pub struct Library {
    fetcher: Fetcher,
    limits: Limits,
    reads_local_files: bool,
    /// One lock for each file being fetched, so that the same source is fetched once.
    in_flight: Mutex<HashMap<PathBuf, Weak<Mutex<()>>>>,
}

/// The library cannot be set up: this system's certificates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("no HTTPS client can be made here")]
pub struct SetupError(#[from] reqwest::Error);

impl Library {
    /// For strangers: public `https` URLs only, and `allowed` hosts.
    ///
    /// # Errors
    /// [`SetupError`] when TLS cannot be set up.
    pub fn for_service(allowed: AllowedHosts) -> Result<Self, SetupError> {
        Self::new(allowed, Limits::default(), false)
    }

    /// For a person at their own machine: local files too.
    ///
    /// # Errors
    /// [`SetupError`] when TLS cannot be set up.
    pub fn for_command_line(allowed: AllowedHosts) -> Result<Self, SetupError> {
        Self::new(allowed, Limits::default(), true)
    }

    fn new(allowed: AllowedHosts, limits: Limits, reads_local_files: bool) -> Result<Self, SetupError> {
        let fetcher = Fetcher::new(allowed, limits)?;
        Ok(Self { fetcher, limits, reads_local_files, in_flight: Mutex::default() })
    }

    /// The first bytes of a file of the person at the command line.
    async fn check_file(&self, path: &Path) -> Result<(), MediaError> {
        if !self.reads_local_files {
            return Err(MediaError::Forbidden { reason: "local files are not read by the service".to_owned() });
        }
        let missing = |error: std::io::Error| MediaError::Missing { reason: format!("{}: {error}", path.display()) };
        let file = tokio::fs::File::open(path).await.map_err(missing)?;
        let metadata = file.metadata().await.map_err(missing)?;
        if !metadata.is_file() {
            return Err(MediaError::Unreadable { reason: format!("{} is no file", path.display()) });
        }
        picture::check_size(metadata.len(), self.limits.bytes)?;
        let mut bytes = Vec::new();
        file.take(self.limits.bytes).read_to_end(&mut bytes).await.map_err(missing)?;
        picture::check(&bytes)
    }

    /// Brings what lies at `url` into `directory`, unless it was brought before.
    async fn fetch_url(&self, url: &str, directory: &Path) -> Result<FetchedMedia, MediaError> {
        let path = directory.join(format!("media-{}", blake3::hash(url.as_bytes()).to_hex()));
        let lock = self.lock_of(&path).await;
        let _guard = lock.lock().await;
        if tokio::fs::try_exists(&path).await.map_err(local)? {
            return Ok(FetchedMedia { path });
        }
        let bytes = within(self.limits.fetch, self.fetcher.download(url)).await?;
        picture::check(&bytes)?;
        // Written under another name first: what bears the final name is whole.
        let partial = path.with_extension("part");
        tokio::fs::write(&partial, &bytes).await.map_err(local)?;
        tokio::fs::rename(&partial, &path).await.map_err(local)?;
        Ok(FetchedMedia { path })
    }

    async fn lock_of(&self, path: &Path) -> Arc<Mutex<()>> {
        let mut in_flight = self.in_flight.lock().await;
        in_flight.retain(|_, lock| lock.strong_count() > 0);
        if let Some(lock) = in_flight.get(path).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::new(Mutex::new(()));
        in_flight.insert(path.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

#[async_trait]
impl MediaLibrary for Library {
    async fn check(&self, media: &Media) -> Result<(), MediaError> {
        match &media.source {
            MediaSource::Asset(_) => Err(no_assets()),
            MediaSource::Path(path) => self.check_file(path).await,
            MediaSource::Url(url) => within(self.limits.check, self.fetcher.check(url)).await,
        }
    }

    async fn fetch(&self, media: &Media, directory: &Path) -> Result<FetchedMedia, MediaError> {
        match &media.source {
            MediaSource::Asset(_) => Err(no_assets()),
            MediaSource::Path(path) => {
                self.check_file(path).await?;
                Ok(FetchedMedia { path: path.clone() })
            }
            MediaSource::Url(url) => self.fetch_url(url, directory).await,
        }
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, MediaError>>) -> Result<T, MediaError> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        let reason = format!("no whole answer within {} s", limit.as_secs_f32());
        Err(MediaError::Unavailable { reason, source: None })
    })
}

fn no_assets() -> MediaError {
    MediaError::Forbidden { reason: "there are no uploads here".to_owned() }
}

/// The work directory cannot be written.
fn local(error: std::io::Error) -> MediaError {
    MediaError::Unavailable { reason: "it could not be kept".to_owned(), source: Some(Box::new(error)) }
}
