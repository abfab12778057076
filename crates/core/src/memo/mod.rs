//! The memo: every costly step is a pure function, remembered by the hash of its inputs.
//!
//! [`once`] computes a result or recalls it, [`once_each`] many together, [`each_when_free`] many
//! one by one, while others do the same; a [`Storage`] says how one
//! lies in the memo. [`LeveledMemo`] keeps results at two levels, the near
//! one in this process, the far one shared by all ([`crate::ports::MemoStore`]), and lets one of
//! many who ask compute. [`Desk`] shows the owner what there is and forgets it, [`Sweeper`] keeps
//! it within its budget.

mod counts;
mod desk;
mod flights;
mod leveled;
mod line;
mod maker;
mod many;
mod near;
mod once;
mod rights;
mod share;
mod storage;
mod sweep;
mod ticket;

use async_trait::async_trait;
use bytes::Bytes;

use crate::ports::{Memo, MemoError, MemoKey};

pub use counts::{Counts, Level};
pub use desk::{CacheView, Desk, Forgotten, KindView, MOST_AT_ONCE, Scope};
pub use leveled::{LeveledMemo, Limits};
pub use line::Line;
pub use maker::{current as present_task, made_for};
pub use many::once_each;
pub use once::{Fresh, Recalled, once, once_in, once_unless_held, recall};
pub use share::{Attempt, each_when_free};
pub use storage::{Json, Memorable, Storage, Whole};
pub use sweep::{Budget, Sweep, Sweeper};
pub use ticket::{Ticket, Waiting};

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
