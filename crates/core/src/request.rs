//! Names by which clients may send a request again without asking for two things.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::batch::BatchId;
use crate::task::TaskId;

/// What a caller calls a request. Only a hash is kept: it is of one length
/// whatever was sent, and the keys of different callers never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey([u8; 32]);

/// The text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key is 1 to {} visible ASCII characters", IdempotencyKey::MAX_LENGTH)]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    /// The longest text, in characters.
    pub const MAX_LENGTH: usize = 255;

    /// The key `text`, as sent by `caller` with a request to `operation`.
    ///
    /// # Errors
    /// [`InvalidIdempotencyKey`] when it is empty, too long, or has other characters than visible ASCII ones.
    pub fn new(caller: &[u8], operation: &str, text: &[u8]) -> Result<Self, InvalidIdempotencyKey> {
        if !(1..=Self::MAX_LENGTH).contains(&text.len()) || !text.iter().all(u8::is_ascii_graphic) {
            return Err(InvalidIdempotencyKey);
        }
        // Each part's hash has a fixed length, so that no two triples run together to the same bytes.
        let parts = [caller, operation.as_bytes(), text].map(blake3::hash);
        let mut whole = blake3::Hasher::new();
        for part in &parts {
            whole.update(part.as_bytes());
        }
        Ok(Self(whole.finalize().into()))
    }

    /// The request that bore this key and that body, as it was sent: what is filled into it from elsewhere may
    /// be another thing when it is sent again.
    #[must_use]
    pub fn of_body(self, body: &[u8]) -> KeyedRequest {
        KeyedRequest { key: self, hash: RequestHash::of(body) }
    }
}

/// A request that may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    /// What its caller calls it.
    pub key: IdempotencyKey,
    /// What it said.
    pub hash: RequestHash,
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hexadecimal(&self.0, formatter)
    }
}

/// Tells requests of one key apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestHash([u8; 32]);

impl RequestHash {
    /// The request with that body.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self(blake3::hash(body).into())
    }
}

impl fmt::Display for RequestHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hexadecimal(&self.0, formatter)
    }
}

/// Name of what a request makes: a task or a batch, as the operation says that is part of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductId(ulid::Ulid);

impl From<TaskId> for ProductId {
    fn from(id: TaskId) -> Self {
        Self(id.0)
    }
}

impl From<ProductId> for TaskId {
    fn from(id: ProductId) -> Self {
        Self(id.0)
    }
}

impl From<BatchId> for ProductId {
    fn from(id: BatchId) -> Self {
        Self(id.0)
    }
}

impl From<ProductId> for BatchId {
    fn from(id: ProductId) -> Self {
        Self(id.0)
    }
}

fn write_hexadecimal(bytes: &[u8], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_callers_and_its_operations_own() {
        let key = |caller: &str, operation, text: &str| {
            IdempotencyKey::new(caller.as_bytes(), operation, text.as_bytes()).unwrap()
        };
        let keys = [
            key("a", "videos", "k"),
            key("b", "videos", "k"),
            key("a", "batches", "k"),
            key("a", "videos", "l"),
            key("av", "ideos", "k"),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[index + 1..].contains(key));
        }
        assert_eq!(keys[0], key("a", "videos", "k"));
        assert_eq!(keys[0].to_string().len(), 64);
    }

    #[test]
    fn other_texts_are_no_keys() {
        let long = "a".repeat(255);
        assert!(IdempotencyKey::new(b"", "videos", long.as_bytes()).is_ok());
        for bad in ["", " ", "a b", "a\n", "ä", &format!("{long}a")] {
            assert!(IdempotencyKey::new(b"", "videos", bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
