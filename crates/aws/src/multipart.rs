//! Files that are too large for one request: S3 takes five gigabytes in one, and a line that breaks
//! near the end of one would have it begin again.

use std::path::Path;

use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use futures::{StreamExt, TryStreamExt, stream};
use rushes_core::keys::ObjectKey;
use rushes_core::ports::BucketError;

use crate::bucket::{S3Bucket, transfer_limits, unavailable};

/// Files up to this size go in one request.
pub const LARGEST_SINGLE_PUT: u64 = 64 << 20;
/// S3 takes ten thousand parts: three hundred gigabytes.
const PART_BYTES: u64 = 32 << 20;
const PARTS_AT_ONCE: usize = 4;

impl S3Bucket {
    /// Uploads a file of that size in parts. Where that fails, the parts are dropped.
    pub async fn put_in_parts(&self, key: ObjectKey, path: &Path, size_bytes: u64) -> Result<(), BucketError> {
        let started = self.begin_upload(key).send().await.map_err(unavailable)?;
        let upload =
            started.upload_id().ok_or_else(|| unavailable(std::io::Error::other("an upload without an id")))?;
        let outcome = self.upload_parts(key, path, size_bytes, upload).await;
        if outcome.is_err() {
            self.abort(key, upload).await;
        }
        outcome
    }

    fn begin_upload(&self, key: ObjectKey) -> CreateMultipartUploadFluentBuilder {
        self.client
            .create_multipart_upload()
            .bucket(&self.name)
            .key(key.to_string())
            .content_type(key.content_type())
            .cache_control(key.cache_control())
    }

    async fn upload_parts(
        &self,
        key: ObjectKey,
        path: &Path,
        size_bytes: u64,
        upload: &str,
    ) -> Result<(), BucketError> {
        let parts: Vec<_> = (1_i32..)
            .zip((0..size_bytes.div_ceil(PART_BYTES)).map(|part| part * PART_BYTES))
            .map(|(number, offset)| {
                self.upload_part(key, path, upload, number, offset, PART_BYTES.min(size_bytes - offset))
            })
            .collect();
        let parts = stream::iter(parts).buffered(PARTS_AT_ONCE).try_collect().await?;
        let complete = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.client.complete_multipart_upload().bucket(&self.name).key(key.to_string());
        request.upload_id(upload).multipart_upload(complete).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn upload_part(
        &self,
        key: ObjectKey,
        path: &Path,
        upload: &str,
        number: i32,
        offset: u64,
        size_bytes: u64,
    ) -> Result<CompletedPart, BucketError> {
        let body = ByteStream::read_from().path(path).offset(offset).length(Length::Exact(size_bytes)).build().await;
        let body = body.map_err(|error| BucketError::LocalFile(std::io::Error::other(error)))?;
        let request = self.client.upload_part().bucket(&self.name).key(key.to_string()).upload_id(upload);
        let request = request.part_number(number).body(body).customize().config_override(transfer_limits());
        let sent = request.send().await.map_err(unavailable)?;
        Ok(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build())
    }

    /// The bucket does so by itself after a day.
    async fn abort(&self, key: ObjectKey, upload: &str) {
        let request = self.client.abort_multipart_upload().bucket(&self.name).key(key.to_string());
        if let Err(error) = request.upload_id(upload).send().await {
            tracing::warn!(%key, error = %unavailable(error), "parts of an upload that failed stay for a day");
        }
    }
}
