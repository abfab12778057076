//! Memos: one that keeps results in the bucket, and one that keeps nothing.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::keys::ObjectKey;
use crate::ports::{Bucket, Memo, MemoError, MemoKey};

/// Keeps results in the bucket, where all workers find them.
#[derive(Clone)]
pub struct BucketMemo {
    /// Holds the results.
    pub bucket: Arc<dyn Bucket>,
}

#[async_trait]
impl Memo for BucketMemo {
    async fn get(&self, key: MemoKey) -> Result<Option<Bytes>, MemoError> {
        self.bucket.get(ObjectKey::Memo(key)).await.map_err(|error| MemoError(error.into()))
    }

    async fn put(&self, key: MemoKey, value: Bytes) -> Result<(), MemoError> {
        self.bucket.put(ObjectKey::Memo(key), value).await.map_err(|error| MemoError(error.into()))
    }
}

/// Remembers nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMemo;

#[async_trait]
impl Memo for NoMemo {
    async fn get(&self, _key: MemoKey) -> Result<Option<Bytes>, MemoError> {
        Ok(None)
    }

    async fn put(&self, _key: MemoKey, _value: Bytes) -> Result<(), MemoError> {
        Ok(())
    }
}
