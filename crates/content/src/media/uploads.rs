//! Files that were uploaded before, in the service's bucket.

use std::path::Path;
use std::sync::Arc;

use rushes_core::keys::ObjectKey;
use rushes_core::ports::{Bucket, BucketError, MediaError};
use rushes_core::spec::{AssetId, MediaKind};

use super::header::{Header, HeaderReader};
use super::picture::check_size;

/// Read of an upload at first: more than most headers have.
const FIRST_BYTES: u64 = 1 << 20;
/// So many times as much is read where that does not tell what it is.
const GROWTH: u64 = 8;

/// The uploads of a service; a person's own machine has none.
#[derive(Clone, Default)]
pub struct Uploaded(Option<Arc<dyn Bucket>>);

impl std::fmt::Debug for Uploaded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Uploaded").field(&self.0.is_some()).finish()
    }
}

impl Uploaded {
    pub fn new(bucket: Arc<dyn Bucket>) -> Self {
        Self(Some(bucket))
    }

    fn bucket(&self) -> Result<&dyn Bucket, MediaError> {
        let none =
            || MediaError::Forbidden { reason: "there are no uploads here; name a file by path or url".to_owned() };
        self.0.as_deref().ok_or_else(none)
    }

    /// Reads no more than the header.
    pub async fn check(&self, id: AssetId, kind: MediaKind) -> Result<(), MediaError> {
        let mut count = FIRST_BYTES;
        loop {
            let start = self.bucket()?.get_start(ObjectKey::Asset(id), count).await.map_err(unavailable)?;
            let start = start.ok_or_else(missing)?;
            check_size(start.size_bytes, kind.max_bytes())?;
            let mut header = HeaderReader::new(kind);
            if header.push(&start.bytes)? == Header::Good || count >= start.size_bytes {
                return header.finish();
            }
            count *= GROWTH;
        }
    }

    /// Brings the upload into the file at `path`.
    pub async fn download(&self, id: AssetId, kind: MediaKind, path: &Path) -> Result<(), MediaError> {
        let size = self.bucket()?.get_file(ObjectKey::Asset(id), path, kind.max_bytes()).await.map_err(unavailable)?;
        size.map(|_| ()).ok_or_else(missing)
    }
}

fn missing() -> MediaError {
    MediaError::Missing { reason: "no file was uploaded under this id, or it has expired".to_owned() }
}

fn unavailable(error: BucketError) -> MediaError {
    match error {
        BucketError::TooLarge { size_bytes } => {
            MediaError::TooLarge { reason: format!("it has {size_bytes} bytes, which is more than is taken") }
        }
        other => MediaError::Unavailable {
            reason: "the uploads cannot be reached".to_owned(),
            retry_after: None,
            source: Some(Box::new(other)),
        },
    }
}
