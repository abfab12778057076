//! Pictures, clips and sounds that users name by URL, by the id of an upload or, at the command line, by path.

mod container;
mod fetch;
mod mpeg_audio;
mod picture;
#[cfg(test)]
mod tests;
mod uploads;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use rushes_core::ports::{Bucket, FetchedMedia, MediaError, MediaLibrary};
use rushes_core::spec::{Media, MediaKind, MediaSource};
use tokio::io::AsyncReadExt;
use tokio::sync::Mutex;

pub use crate::http::guard::{AllowedHosts, InvalidHost};

use crate::http::HttpClient;
use fetch::{Fetcher, HEADER_BYTES};
use uploads::Uploaded;

/// How long and how much is waited for and read.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Between two pieces of an answer.
    read: Duration,
    /// For a look at a file's header, redirects included.
    check: Duration,
    /// For a whole picture, redirects included; four times as long for a sound, ten times for a clip.
    fetch: Duration,
    /// Of a file, where its kind allows more.
    bytes: u64,
}

impl Limits {
    fn bytes(&self, kind: MediaKind) -> u64 {
        self.bytes.min(kind.max_bytes())
    }

    fn fetch(&self, kind: MediaKind) -> Duration {
        match kind {
            MediaKind::Picture => self.fetch,
            MediaKind::Sound => self.fetch * 4,
            MediaKind::Clip => self.fetch * 10,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            read: Duration::from_secs(10),
            // Someone waits for the answer of the API meanwhile, and its function has 15 s in all.
            check: Duration::from_secs(8),
            fetch: Duration::from_secs(60),
            bytes: u64::MAX,
        }
    }
}

/// Fetches and checks media.
#[derive(Debug)]
pub struct Library {
    fetcher: Fetcher,
    limits: Limits,
    reads_local_files: bool,
    uploaded: Uploaded,
    /// One lock for each file being fetched, so that the same source is fetched once.
    in_flight: Mutex<HashMap<PathBuf, Weak<Mutex<()>>>>,
}

impl Library {
    /// For strangers: public `https` URLs only, and `allowed` hosts.
    #[must_use]
    pub fn for_service(http: HttpClient, allowed: AllowedHosts) -> Self {
        Self::new(http, allowed, Limits::default(), false)
    }

    /// For a person at their own machine: local files too.
    #[must_use]
    pub fn for_command_line(http: HttpClient, allowed: AllowedHosts) -> Self {
        Self::new(http, allowed, Limits::default(), true)
    }

    fn new(http: HttpClient, allowed: AllowedHosts, limits: Limits, reads_local_files: bool) -> Self {
        let fetcher = Fetcher::new(http, allowed, limits);
        Self { fetcher, limits, reads_local_files, uploaded: Uploaded::default(), in_flight: Mutex::default() }
    }

    /// The same library with the uploads in `bucket`.
    #[must_use]
    pub fn with_uploads(self, bucket: Arc<dyn Bucket>) -> Self {
        Self { uploaded: Uploaded::new(bucket), ..self }
    }

    /// Whether a file of the person at the command line is of that kind.
    async fn check_file(&self, path: &Path, kind: MediaKind) -> Result<(), MediaError> {
        if !self.reads_local_files {
            return Err(MediaError::Forbidden { reason: "local files are not read by the service".to_owned() });
        }
        self.check_start(path, kind).await
    }

    /// Whether a file is of that kind, by its size and header.
    async fn check_start(&self, path: &Path, kind: MediaKind) -> Result<(), MediaError> {
        let missing = |error: std::io::Error| MediaError::Missing { reason: format!("{}: {error}", path.display()) };
        let metadata = tokio::fs::metadata(path).await.map_err(missing)?;
        if !metadata.is_file() {
            return Err(MediaError::Unreadable { reason: format!("{} is no file", path.display()) });
        }
        picture::check_size(metadata.len(), self.limits.bytes(kind))?;
        let file = tokio::fs::File::open(path).await.map_err(missing)?;
        let mut start = Vec::new();
        file.take(HEADER_BYTES as u64).read_to_end(&mut start).await.map_err(missing)?;
        container::check(kind, &start)
    }

    /// Brings media that do not lie on this machine into `directory`, unless they were brought before.
    async fn bring(&self, media: &Media, directory: &Path) -> Result<FetchedMedia, MediaError> {
        let name = match &media.source {
            MediaSource::Url(url) => blake3::hash(url.as_bytes()).to_hex().to_string(),
            MediaSource::Asset(id) => id.to_string(),
            MediaSource::Path(path) => return Ok(FetchedMedia { path: path.clone() }),
        };
        let path = directory.join(format!("media-{name}"));
        let lock = self.lock_of(&path).await;
        let _guard = lock.lock().await;
        if !tokio::fs::try_exists(&path).await.map_err(local)? {
            // Brought under another name first: what bears the final name is whole and checked.
            let partial = path.with_extension("part");
            let brought = self.bring_to(media, &partial).await;
            if brought.is_err() {
                // The directory goes too: a part left there is only untidy.
                let _ = tokio::fs::remove_file(&partial).await;
            }
            brought?;
            tokio::fs::rename(&partial, &path).await.map_err(local)?;
            return Ok(FetchedMedia { path });
        }
        self.check_start(&path, media.kind).await?;
        Ok(FetchedMedia { path })
    }

    async fn bring_to(&self, media: &Media, path: &Path) -> Result<(), MediaError> {
        let limit = self.limits.fetch(media.kind);
        match &media.source {
            MediaSource::Url(url) => within(limit, self.fetcher.download(url, media.kind, path)).await?,
            MediaSource::Asset(id) => within(limit, self.uploaded.download(*id, media.kind, path)).await?,
            MediaSource::Path(_) => {}
        }
        self.check_start(path, media.kind).await
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
            MediaSource::Asset(id) => within(self.limits.check, self.uploaded.check(*id, media.kind)).await,
            MediaSource::Path(path) => self.check_file(path, media.kind).await,
            MediaSource::Url(url) => within(self.limits.check, self.fetcher.check(url, media.kind)).await,
        }
    }

    async fn fetch(&self, media: &Media, directory: &Path) -> Result<FetchedMedia, MediaError> {
        if let MediaSource::Path(path) = &media.source {
            self.check_file(path, media.kind).await?;
        }
        self.bring(media, directory).await
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, MediaError>>) -> Result<T, MediaError> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        let reason = format!("no whole answer within {} s", limit.as_secs_f32());
        Err(MediaError::Unavailable { reason, source: None })
    })
}

/// The work directory cannot be written.
fn local(error: std::io::Error) -> MediaError {
    MediaError::Unavailable { reason: "it could not be kept".to_owned(), source: Some(Box::new(error)) }
}
