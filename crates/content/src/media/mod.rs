//! Pictures, clips and sounds that users name by URL, by the id of an upload or, at the command line, by path.

mod answer;
mod container;
mod decode;
mod fetch;
mod header;
mod hosts;
mod jpeg;
mod kept;
mod limits;
mod mpeg_audio;
mod patience;
mod picture;
mod redirect;
mod refusal;
#[cfg(test)]
mod tests;
mod uploads;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use rushes_core::ports::{Bucket, FetchedMedia, MediaError, MediaLibrary, Memo};
use rushes_core::spec::{Media, MediaKind, MediaSource};
use tokio::io::AsyncReadExt;
use tokio::sync::Mutex;

pub use crate::http::guard::{AllowedHosts, InvalidHost};

use crate::http::HttpClient;
use fetch::Fetcher;
use header::{Header, HeaderReader};
use kept::Kept;
use limits::Limits;
use uploads::Uploaded;

/// Bytes of a local file that are read at once.
const PIECE_BYTES: usize = 64 << 10;

/// Fetches and checks media.
#[derive(Debug)]
pub struct Library {
    fetcher: Fetcher,
    limits: Limits,
    reads_local_files: bool,
    uploaded: Uploaded,
    kept: Option<Kept>,
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
        let (uploaded, in_flight) = (Uploaded::default(), Mutex::default());
        Self { fetcher, limits, reads_local_files, uploaded, kept: None, in_flight }
    }

    /// The same library with the uploads in `bucket`.
    #[must_use]
    pub fn with_uploads(self, bucket: Arc<dyn Bucket>) -> Self {
        Self { uploaded: Uploaded::new(bucket), ..self }
    }

    /// The same library, which remembers in `memo` what it fetched for a task.
    #[must_use]
    pub fn with_memo(self, memo: Arc<dyn Memo>) -> Self {
        Self { kept: Some(Kept::new(memo)), ..self }
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
            return Err(MediaError::unreadable(format!("{} is no file", path.display())));
        }
        picture::check_size(metadata.len(), self.limits.bytes(kind))?;
        let mut file = tokio::fs::File::open(path).await.map_err(missing)?;
        let (mut header, mut piece) = (HeaderReader::new(kind), vec![0; PIECE_BYTES]);
        loop {
            let count = file.read(&mut piece).await.map_err(missing)?;
            if count == 0 || header.push(&piece[..count])? == Header::Good {
                return header.finish();
            }
        }
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
            let brought = self.recall_or_bring(media, &partial).await;
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

    async fn recall_or_bring(&self, media: &Media, path: &Path) -> Result<(), MediaError> {
        match &media.source {
            MediaSource::Url(url) => match &self.kept {
                // Checked again: it may be remembered as of another kind.
                Some(kept) if kept.recall(url, path).await => self.check_start(path, media.kind).await,
                Some(kept) => {
                    self.fetcher.download(url, media.kind, path).await?;
                    kept.keep(url, path).await;
                    Ok(())
                }
                None => self.fetcher.download(url, media.kind, path).await,
            },
            MediaSource::Asset(id) => {
                let limit = self.limits.fetch(media.kind);
                within(limit, self.uploaded.download(*id, media.kind, path)).await?;
                self.check_start(path, media.kind).await
            }
            MediaSource::Path(_) => Ok(()),
        }
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
            MediaSource::Asset(id) => within(self.limits.look, self.uploaded.check(*id, media.kind)).await,
            MediaSource::Path(path) => self.check_file(path, media.kind).await,
            MediaSource::Url(url) => within(self.limits.look, self.fetcher.look(url, media.kind)).await,
        }
    }

    async fn fetch(&self, media: &Media, directory: &Path) -> Result<FetchedMedia, MediaError> {
        if let MediaSource::Path(path) = &media.source {
            self.check_file(path, media.kind).await?;
        }
        self.bring(media, directory).await
    }

    async fn forget(&self, media: &Media) {
        if let (MediaSource::Url(url), Some(kept)) = (&media.source, &self.kept) {
            kept.forget(url).await;
        }
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, MediaError>>) -> Result<T, MediaError> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        Err(MediaError::unavailable(format!("the server did not send it within {} s", limit.as_secs_f32())))
    })
}

/// The work directory cannot be written.
fn local(error: std::io::Error) -> MediaError {
    let reason = "it could not be kept".to_owned();
    MediaError::Unavailable { reason, retry_after: None, source: Some(Box::new(error)) }
}
