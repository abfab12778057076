//! Objects in S3.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use rushes_core::keys::ObjectKey;
use rushes_core::ports::{Bucket, BucketError};

use crate::cause;
use crate::clients::timeouts;

/// A video of an hour may take a while on a slow line.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// One bucket.
#[derive(Clone, Debug)]
pub struct S3Bucket {
    client: Client,
    name: String,
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
}

#[async_trait]
impl Bucket for S3Bucket {
    async fn put(&self, key: ObjectKey, bytes: Bytes) -> Result<(), BucketError> {
        self.put_object(key, ByteStream::from(bytes)).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn put_file(&self, key: ObjectKey, path: &Path) -> Result<(), BucketError> {
        let body =
            ByteStream::from_path(path).await.map_err(|error| BucketError::LocalFile(std::io::Error::other(error)))?;
        let limits = aws_sdk_s3::config::Builder::new().timeout_config(timeouts(UPLOAD_TIMEOUT, UPLOAD_TIMEOUT));
        self.put_object(key, body).customize().config_override(limits).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn get(&self, key: ObjectKey) -> Result<Option<Bytes>, BucketError> {
        match self.client.get_object().bucket(&self.name).key(key.to_string()).send().await {
            Ok(object) => Ok(Some(object.body.collect().await.map_err(unavailable)?.into_bytes())),
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn delete(&self, key: ObjectKey) -> Result<(), BucketError> {
        self.client.delete_object().bucket(&self.name).key(key.to_string()).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn presign(&self, key: ObjectKey, valid_for: Duration) -> Result<String, BucketError> {
        let presigning = PresigningConfig::expires_in(valid_for).map_err(unavailable)?;
        let request = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key.to_string())
            .response_content_disposition("inline")
            .presigned(presigning)
            .await
            .map_err(unavailable)?;
        Ok(request.uri().to_owned())
    }

    async fn check(&self) -> Result<(), BucketError> {
        self.client.head_bucket().bucket(&self.name).send().await.map_err(unavailable)?;
        Ok(())
    }
}

fn unavailable<E>(error: E) -> BucketError
where
    E: std::error::Error + Send + Sync + 'static,
{
    BucketError::Unavailable(cause(error))
}
