//! Asking for the right to compute a result, and keeping it up.

use std::convert::Infallible;

use super::{Storage, Ticket, Waiting};
use crate::ports::{Begin, Memo, MemoKey};

/// Beats while a lease runs: it does not run out when one fails.
const BEATS: u32 = 3;

/// What became of asking for a result.
pub enum Asked<T> {
    /// It is remembered, and whole.
    Remembered(T),
    /// The caller is to compute it.
    Yours(Ticket),
    /// Somebody computes it right now.
    Held(Waiting),
}

/// Asks for a result or the right to compute it; waits for nobody. What is damaged is forgotten.
/// A memo that fails only costs work: who cannot ask may compute.
pub async fn begin<S: Storage>(memo: &dyn Memo, key: MemoKey, storage: &S) -> Asked<S::Value> {
    let mut is_damaged = false;
    loop {
        match memo.begin(key).await {
            Ok(Begin::Yours(ticket)) => return Asked::Yours(ticket),
            Ok(Begin::Held(waiting)) => return Asked::Held(waiting),
            Ok(Begin::Remembered(sealed)) => {
                if let Some(value) = storage.open(key, sealed).await {
                    return Asked::Remembered(value);
                }
                // Damaged twice, it cannot be forgotten: it is computed and written over.
                if std::mem::replace(&mut is_damaged, true) {
                    break;
                }
                forget_damaged(memo, key).await;
            }
            Err(error) => {
                tracing::warn!(%key, error = %error.0, "a remembered result cannot be read");
                break;
            }
        }
    }
    Asked::Yours(Ticket::of_nobody(key))
}

/// Forgets what turned out to be damaged, so that it is made again.
pub async fn forget_damaged(memo: &dyn Memo, key: MemoKey) {
    tracing::warn!(%key, "a remembered result is damaged and is forgotten");
    if let Err(error) = memo.forget(key).await {
        tracing::warn!(%key, error = %error.0, "a damaged result could not be forgotten");
    }
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
