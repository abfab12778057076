//! How results lie in a memo.

use std::marker::PhantomData;

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ports::{MemoKey, Source};
use crate::seal::{open, seal};

/// Puts results into a memo and takes them out again. What lies under the key itself is put there
/// by whoever has the right to; a storage may put parts beside it before.
#[async_trait]
pub trait Storage: Sync {
    /// A result.
    type Value: Send + Sync;

    /// What is to lie under the key, under a checksum ([`crate::seal`]).
    ///
    /// # Errors
    /// Whatever keeps the result, or a part of it, from being written.
    async fn close(&self, key: MemoKey, value: &Self::Value) -> Result<Bytes, Source>;

    /// Back from there; `None` when it is damaged or a part is missing.
    async fn open(&self, key: MemoKey, sealed: Bytes) -> Option<Self::Value>;
}

/// What can lie under its key as a whole.
pub trait Memorable: Sized {
    /// As it lies in a memo, under a checksum ([`crate::seal`]).
    ///
    /// # Errors
    /// Whatever keeps it from being written.
    fn close(&self) -> Result<Bytes, Source>;

    /// Back from there; `None` when it is damaged.
    fn open(sealed: &[u8]) -> Option<Self>;
}

/// A storage of what is [`Memorable`].
#[derive(Clone, Copy, Debug)]
pub struct Whole<T>(PhantomData<fn() -> T>);

impl<T> Default for Whole<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

#[async_trait]
impl<T: Memorable + Send + Sync> Storage for Whole<T> {
    type Value = T;

    async fn close(&self, _key: MemoKey, value: &T) -> Result<Bytes, Source> {
        value.close()
    }

    async fn open(&self, _key: MemoKey, sealed: Bytes) -> Option<T> {
        T::open(&sealed)
    }
}

/// A value that is remembered as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> Memorable for Json<T> {
    fn close(&self) -> Result<Bytes, Source> {
        Ok(seal(&[&serde_json::to_vec(&self.0)?]))
    }

    fn open(sealed: &[u8]) -> Option<Self> {
        Some(Self(serde_json::from_slice(open(sealed)?).ok()?))
    }
}
