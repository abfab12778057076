//! The memo: every costly step is a pure function, remembered by the hash of its inputs.
//!
//! [`once`] computes a result or recalls it. [`LeveledMemo`] keeps results at two levels, the near
//! one in this process, the far one shared by all ([`crate::ports::MemoStore`]), and lets one of
//! many who ask compute. [`Desk`] shows the owner what there is and forgets it, [`Sweeper`] keeps
//! it within its budget.

mod counts;
mod desk;
mod flights;
mod leveled;
mod maker;
mod near;
mod once;
mod sweep;
mod ticket;

use async_trait::async_trait;
use bytes::Bytes;

use crate::ports::{Memo, MemoError, MemoKey};

pub use counts::{Counts, Level};
pub use desk::{CacheView, Desk, Forgotten, KindView, MOST_AT_ONCE, Scope};
pub use leveled::{LeveledMemo, Limits};
pub use maker::made_for;
pub use once::{Fresh, Json, Memorable, Recalled, keep, once};
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
