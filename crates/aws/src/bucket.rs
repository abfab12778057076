//! Objects in S3.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use bytes::Bytes;
use rushes_core::file_name::FileName;
use rushes_core::keys::{ObjectKey, task_folder};
use rushes_core::ports::{Bucket, BucketError, ObjectStart, SignedUpload, UploadTerms};
use rushes_core::task::TaskId;
use tokio::io::AsyncWriteExt;

use crate::cause;
use crate::clients::timeouts;
use crate::multipart::LARGEST_SINGLE_PUT;

/// A video of an hour may take a while on a slow line.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(600);

/// One bucket.
#[derive(Clone, Debug)]
pub struct S3Bucket {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl S3Bucket {
    /// The bucket of that name.
    #[must_use]
    pub const fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    fn put_object(&self, key: ObjectKey, body: ByteStream) -> PutObjectFluentBuilder {
        self.client
            .put_object()
            .bucket(&self.name)
            .key(key.to_string())
            .content_type(key.content_type())
            .cache_control(key.cache_control())
            .body(body)
    }

    async fn presign_get(
        &self,
        key: ObjectKey,
        content_disposition: &str,
        valid_for: Duration,
    ) -> Result<String, BucketError> {
        let presigning = PresigningConfig::expires_in(valid_for).map_err(unavailable)?;
        let request = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key.to_string())
            .response_content_disposition(content_disposition)
            .presigned(presigning)
            .await
            .map_err(unavailable)?;
        Ok(request.uri().to_owned())
    }
}

#[async_trait]
impl Bucket for S3Bucket {
    async fn put(&self, key: ObjectKey, bytes: Bytes) -> Result<(), BucketError> {
        self.put_object(key, ByteStream::from(bytes)).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn put_file(&self, key: ObjectKey, path: &Path) -> Result<(), BucketError> {
        let size_bytes = tokio::fs::metadata(path).await.map_err(BucketError::LocalFile)?.len();
        if size_bytes > LARGEST_SINGLE_PUT {
            return self.put_in_parts(key, path, size_bytes).await;
        }
        let body =
            ByteStream::from_path(path).await.map_err(|error| BucketError::LocalFile(std::io::Error::other(error)))?;
        self.put_object(key, body).customize().config_override(transfer_limits()).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn get(&self, key: ObjectKey) -> Result<Option<Bytes>, BucketError> {
        match self.client.get_object().bucket(&self.name).key(key.to_string()).send().await {
            Ok(object) => Ok(Some(object.body.collect().await.map_err(unavailable)?.into_bytes())),
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn get_start(&self, key: ObjectKey, count: u64) -> Result<Option<ObjectStart>, BucketError> {
        let range = format!("bytes=0-{}", count.saturating_sub(1));
        match self.client.get_object().bucket(&self.name).key(key.to_string()).range(range).send().await {
            Ok(object) => {
                let whole = object.content_range().and_then(|range| range.rsplit_once('/')?.1.parse().ok());
                let length = object.content_length().and_then(|length| length.try_into().ok());
                let bytes = object.body.collect().await.map_err(unavailable)?.into_bytes();
                let size_bytes = whole.or(length).unwrap_or(bytes.len() as u64);
                Ok(Some(ObjectStart { bytes, size_bytes }))
            }
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            // An empty object has no first byte.
            Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 416) => {
                Ok(Some(ObjectStart { bytes: Bytes::new(), size_bytes: 0 }))
            }
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn get_file(&self, key: ObjectKey, path: &Path, max_bytes: u64) -> Result<Option<u64>, BucketError> {
        let request = self.client.get_object().bucket(&self.name).key(key.to_string());
        let mut object = match request.customize().config_override(transfer_limits()).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        let mut file = tokio::fs::File::create(path).await.map_err(BucketError::LocalFile)?;
        let mut size_bytes = 0;
        while let Some(piece) = object.body.try_next().await.map_err(unavailable)? {
            size_bytes += piece.len() as u64;
            if size_bytes > max_bytes {
                return Err(BucketError::TooLarge { size_bytes });
            }
            file.write_all(&piece).await.map_err(BucketError::LocalFile)?;
        }
        file.flush().await.map_err(BucketError::LocalFile)?;
        Ok(Some(size_bytes))
    }

    async fn delete(&self, key: ObjectKey) -> Result<(), BucketError> {
        self.client.delete_object().bucket(&self.name).key(key.to_string()).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn delete_task(&self, id: TaskId) -> Result<(), BucketError> {
        loop {
            // At most a thousand, which is as many as can be deleted at once.
            let listed = self.client.list_objects_v2().bucket(&self.name).prefix(task_folder(id)).send().await;
            let listed = listed.map_err(unavailable)?;
            let keys = listed.contents().iter().filter_map(aws_sdk_s3::types::Object::key);
            let objects: Result<Vec<_>, _> = keys.map(|key| ObjectIdentifier::builder().key(key).build()).collect();
            let objects = objects.map_err(unavailable)?;
            if objects.is_empty() {
                return Ok(());
            }
            let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build().map_err(unavailable)?;
            let deleted = self.client.delete_objects().bucket(&self.name).delete(delete).send().await;
            if let Some(error) = deleted.map_err(unavailable)?.errors().first() {
                let reason = format!("{}: {}", error.code().unwrap_or("?"), error.message().unwrap_or_default());
                return Err(unavailable(std::io::Error::other(reason)));
            }
        }
    }

    async fn presign(&self, key: ObjectKey, valid_for: Duration) -> Result<String, BucketError> {
        self.presign_get(key, "inline", valid_for).await
    }

    async fn presign_download(
        &self,
        key: ObjectKey,
        name: &FileName,
        valid_for: Duration,
    ) -> Result<String, BucketError> {
        self.presign_get(key, &name.as_attachment(), valid_for).await
    }

    async fn presign_put(
        &self,
        key: ObjectKey,
        upload: &UploadTerms,
        valid_for: Duration,
    ) -> Result<SignedUpload, BucketError> {
        let presigning = PresigningConfig::expires_in(valid_for).map_err(unavailable)?;
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key.to_string())
            .content_type(&upload.content_type)
            .content_length(upload.size_bytes.try_into().map_err(unavailable)?)
            // Stored once and never changed: what was checked is what is used.
            .if_none_match("*")
            .presigned(presigning)
            .await
            .map_err(unavailable)?;
        let headers = request.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(SignedUpload { url: request.uri().to_owned(), headers })
    }

    async fn check(&self) -> Result<(), BucketError> {
        self.client.head_bucket().bucket(&self.name).send().await.map_err(unavailable)?;
        Ok(())
    }
}

/// What a call may take that carries a file.
pub fn transfer_limits() -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::config::Builder::new().timeout_config(timeouts(TRANSFER_TIMEOUT, TRANSFER_TIMEOUT))
}

/// The bucket did not do it.
pub fn unavailable<E>(error: E) -> BucketError
where
    E: std::error::Error + Send + Sync + 'static,
{
    BucketError::Unavailable(cause(error))
}
