//! Computing what is not remembered, once, however many ask.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Ticket;
use crate::ports::{Begin, Memo, MemoKey, Source};
use crate::seal::{open, seal};

/// Beats while a lease runs: it does not run out when one fails.
const BEATS: u32 = 3;

/// What can be remembered.
pub trait Memorable: Sized {
    /// As it lies in a memo, under a checksum ([`crate::seal`]).
    ///
    /// # Errors
    /// Whatever keeps it from being written.
    fn close(&self) -> Result<Bytes, Source>;

    /// Back from there; `None` when it is damaged.
    fn open(sealed: &[u8]) -> Option<Self>;
}

/// A value that is remembered as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T> Json<T> {
    /// Just computed, to be remembered for so long.
    #[must_use]
    pub const fn lasting(self, time_to_live: Duration) -> Fresh<Self> {
        Fresh { value: self, time_to_live }
    }
}

impl<T: Serialize + DeserializeOwned> Memorable for Json<T> {
    fn close(&self) -> Result<Bytes, Source> {
        Ok(seal(&[&serde_json::to_vec(&self.0)?]))
    }

    fn open(sealed: &[u8]) -> Option<Self> {
        Some(Self(serde_json::from_slice(open(sealed)?).ok()?))
    }
}

/// A result that was just computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh<T> {
    /// The result.
    pub value: T,
    /// How long it is remembered: short for what does not exist and may tomorrow.
    pub time_to_live: Duration,
}

/// The result under the key: remembered, or computed and then remembered. While another computes
/// it, here or in another process, this waits; if the other dies or fails, it computes.
/// A memo that fails only costs work. What `compute` fails with is not remembered.
///
/// # Errors
/// What `compute` fails with.
pub async fn once<T, E, F>(memo: &dyn Memo, key: MemoKey, compute: F) -> Result<Recalled<T>, E>
where
    T: Memorable,
    F: Future<Output = Result<Fresh<T>, E>>,
{
    let ticket = match ask(memo, key).await {
        Asked::Remembered(value) => return Ok(Recalled { value, is_remembered: true }),
        Asked::Yours(ticket) => ticket,
    };
    let computed = tokio::select! {
        computed = compute => computed,
        never = keep(memo, std::slice::from_ref(&ticket)) => match never {},
    };
    match computed {
        Ok(Fresh { value, time_to_live }) => {
            remember(memo, ticket, &value, time_to_live).await;
            Ok(Recalled { value, is_remembered: false })
        }
        Err(error) => {
            memo.abandon(ticket).await;
            Err(error)
        }
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

/// Why asking came to an end.
enum Asked<T> {
    Remembered(T),
    Yours(Ticket),
}

/// Asks until there is a result or a right.
async fn ask<T: Memorable>(memo: &dyn Memo, key: MemoKey) -> Asked<T> {
    let mut is_damaged = false;
    for asked in 0.. {
        match memo.begin(key).await {
            Ok(Begin::Remembered(sealed)) => {
                if let Some(value) = T::open(&sealed) {
                    return Asked::Remembered(value);
                }
                // Damaged twice, it cannot be forgotten: it is computed and written over.
                if std::mem::replace(&mut is_damaged, true) {
                    break;
                }
                tracing::warn!(%key, "a remembered result is damaged and is made again");
                if let Err(error) = memo.forget(key).await {
                    tracing::warn!(%key, error = %error.0, "a damaged result could not be forgotten");
                }
            }
            Ok(Begin::Yours(ticket)) => return Asked::Yours(ticket),
            Ok(Begin::Held(waiting)) => waiting.pause(asked).await,
            Err(error) => {
                tracing::warn!(%key, error = %error.0, "a remembered result cannot be read");
                break;
            }
        }
    }
    Asked::Yours(Ticket::of_nobody(key))
}

/// Keeps rights up for as long as it is polled.
pub async fn keep(memo: &dyn Memo, tickets: &[Ticket]) -> Infallible {
    let Some(lease) = tickets.iter().find_map(Ticket::lease) else { return std::future::pending().await };
    loop {
        tokio::time::sleep(lease / BEATS).await;
        for ticket in tickets {
            if let Err(error) = memo.keep(ticket).await {
                tracing::warn!(key = %ticket.key(), error = %error.0, "the right to compute a result could not be kept up");
            }
        }
    }
}

async fn remember<T: Memorable>(memo: &dyn Memo, ticket: Ticket, value: &T, time_to_live: Duration) {
    let key = ticket.key();
    let remembered = match value.close() {
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
