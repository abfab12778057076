//! Computing what is not remembered, once, however many ask.

use std::time::Duration;

use bytes::Bytes;

use super::rights::{Asked, begin, forget_damaged, keep};
use super::{Attempt, Json, Memorable, Storage, Ticket, Whole};
use crate::ports::{Memo, MemoKey, Source};

/// A result that was just computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh<T> {
    /// The result.
    pub value: T,
    /// How long it is remembered: short for what does not exist and may tomorrow.
    pub time_to_live: Duration,
}

impl<T> Json<T> {
    /// Just computed, to be remembered for so long.
    #[must_use]
    pub const fn lasting(self, time_to_live: Duration) -> Fresh<Self> {
        Fresh { value: self, time_to_live }
    }
}

/// A result, and whether work was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recalled<T> {
    /// The result.
    pub value: T,
    /// Whether it was remembered.
    pub is_remembered: bool,
}

/// The result under the key: remembered, or computed and then remembered. While another computes
/// it, here or in another process, this waits; if the other dies or fails, it computes.
/// A memo that fails only costs work. What `compute` fails with is not remembered.
///
/// # Errors
/// What `compute` fails with.
pub async fn once<T, E, F>(memo: &dyn Memo, key: MemoKey, compute: F) -> Result<Recalled<T>, E>
where
    T: Memorable + Send + Sync,
    F: Future<Output = Result<Fresh<T>, E>>,
{
    once_in(memo, key, &Whole::default(), compute).await
}

/// [`once`], of a result that lies in the memo as `storage` says. The right to it is kept up until
/// all of it lies there.
///
/// # Errors
/// What `compute` fails with.
pub async fn once_in<S, E, F>(memo: &dyn Memo, key: MemoKey, storage: &S, compute: F) -> Result<Recalled<S::Value>, E>
where
    S: Storage,
    F: Future<Output = Result<Fresh<S::Value>, E>>,
{
    match ask(memo, key, storage).await {
        Ok(value) => Ok(Recalled { value, is_remembered: true }),
        Err(ticket) => compute_with(memo, ticket, storage, compute).await,
    }
}

/// [`once`], but waits for nobody: what another computes right now is left for later
/// ([`super::each_when_free`]).
///
/// # Errors
/// What `compute` fails with.
pub async fn once_unless_held<T, E, F>(memo: &dyn Memo, key: MemoKey, compute: F) -> Result<Attempt<Recalled<T>>, E>
where
    T: Memorable + Send + Sync,
    F: Future<Output = Result<Fresh<T>, E>>,
{
    let storage = Whole::default();
    match begin(memo, key, &storage).await {
        Asked::Remembered(value) => Ok(Attempt::Done(Recalled { value, is_remembered: true })),
        Asked::Yours(ticket) => compute_with(memo, ticket, &storage, compute).await.map(Attempt::Done),
        Asked::Held(waiting) => Ok(Attempt::Held(waiting)),
    }
}

/// Computes what there is the right to, keeping it up meanwhile, and remembers it.
async fn compute_with<S, E, F>(
    memo: &dyn Memo,
    ticket: Ticket,
    storage: &S,
    compute: F,
) -> Result<Recalled<S::Value>, E>
where
    S: Storage,
    F: Future<Output = Result<Fresh<S::Value>, E>>,
{
    let key = ticket.key();
    let work = async {
        let Fresh { value, time_to_live } = compute.await?;
        let sealed = storage.close(key, &value).await;
        Ok((value, sealed, time_to_live))
    };
    let worked = tokio::select! {
        worked = work => worked,
        never = keep(memo, std::slice::from_ref(&ticket)) => match never {},
    };
    match worked {
        Ok((value, sealed, time_to_live)) => {
            finish(memo, ticket, sealed, time_to_live).await;
            Ok(Recalled { value, is_remembered: false })
        }
        Err(error) => {
            memo.abandon(ticket).await;
            Err(error)
        }
    }
}

/// The result, if it is remembered and whole; what is damaged is forgotten. Waits for nobody, and asks for no right.
pub async fn recall<S: Storage>(memo: &dyn Memo, key: MemoKey, storage: &S) -> Option<S::Value> {
    let sealed = match memo.get(key).await {
        Ok(sealed) => sealed?,
        Err(error) => {
            tracing::warn!(%key, error = %error.0, "a remembered result cannot be read");
            return None;
        }
    };
    let value = storage.open(key, sealed).await;
    if value.is_none() {
        forget_damaged(memo, key).await;
    }
    value
}

/// Asks until there is a result or a right.
async fn ask<S: Storage>(memo: &dyn Memo, key: MemoKey, storage: &S) -> Result<S::Value, Ticket> {
    let mut asked = 0;
    loop {
        match begin(memo, key, storage).await {
            Asked::Remembered(value) => return Ok(value),
            Asked::Yours(ticket) => return Err(ticket),
            Asked::Held(waiting) => waiting.pause(asked).await,
        }
        asked += 1;
    }
}

/// Remembers a result and gives the right back. A memo that fails only costs work later.
pub(super) async fn finish(memo: &dyn Memo, ticket: Ticket, sealed: Result<Bytes, Source>, time_to_live: Duration) {
    let key = ticket.key();
    let remembered = match sealed {
        Ok(sealed) => memo.finish(ticket, sealed, time_to_live).await.map_err(|error| error.0),
        Err(error) => {
            memo.abandon(ticket).await;
            Err(error)
        }
    };
    if let Err(error) = remembered {
        tracing::warn!(%key, %error, "a result could not be remembered");
    }
}
