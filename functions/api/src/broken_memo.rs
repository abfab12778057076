//! A memo that does not answer, for tests.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use rushes_core::memo::Counts;
use rushes_core::ports::{
    Entry, EntryFacts, EntryPage, Found, KindFacts, MemoCatalog, MemoClaim, MemoError, MemoKey, MemoKind, MemoStore,
    Stock,
};
use rushes_core::task::TaskId;

/// Answers nothing.
pub struct BrokenMemo;

fn down<T>() -> Result<T, MemoError> {
    Err(MemoError("secret-host.internal refused".into()))
}

#[async_trait]
impl MemoStore for BrokenMemo {
    async fn get(&self, _: MemoKey) -> Result<Option<Found>, MemoError> {
        down()
    }

    async fn put(&self, _: MemoKey, _: &Entry, _: Option<TaskId>) -> Result<(), MemoError> {
        down()
    }

    async fn claim(&self, _: MemoKey, _: &str, _: Duration) -> Result<MemoClaim, MemoError> {
        down()
    }

    async fn extend(&self, _: MemoKey, _: &str, _: Duration) -> Result<(), MemoError> {
        down()
    }

    async fn finish(&self, _: MemoKey, _: &str, _: &Entry, _: Option<TaskId>) -> Result<bool, MemoError> {
        down()
    }

    async fn release(&self, _: MemoKey, _: &str) -> Result<(), MemoError> {
        down()
    }

    async fn forget(&self, _: MemoKey) -> Result<bool, MemoError> {
        down()
    }

    async fn add_counts(&self, _: MemoKind, _: &Counts) -> Result<(), MemoError> {
        down()
    }
}

#[async_trait]
impl MemoCatalog for BrokenMemo {
    async fn facts(&self, _: MemoKey) -> Result<Option<EntryFacts>, MemoError> {
        down()
    }

    async fn list(&self, _: MemoKind, _: Option<String>) -> Result<EntryPage, MemoError> {
        down()
    }

    async fn made_for(&self, _: TaskId) -> Result<Vec<MemoKey>, MemoError> {
        down()
    }

    async fn kinds(&self) -> Result<BTreeMap<MemoKind, KindFacts>, MemoError> {
        down()
    }

    async fn set_stock(&self, _: MemoKind, _: Stock) -> Result<(), MemoError> {
        down()
    }
}
