//! A memo in memory, for tests.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use rushes_core::ports::{Memo, MemoError, MemoKey};

/// Remembers in memory.
#[derive(Default)]
pub struct Kept(Mutex<HashMap<MemoKey, Bytes>>);

#[async_trait::async_trait]
impl Memo for Kept {
    async fn get(&self, key: MemoKey) -> Result<Option<Bytes>, MemoError> {
        Ok(self.0.lock().unwrap().get(&key).cloned())
    }

    async fn put(&self, key: MemoKey, value: Bytes) -> Result<(), MemoError> {
        self.0.lock().unwrap().insert(key, value);
        Ok(())
    }
}
