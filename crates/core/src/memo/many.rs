//! Computing many results together, each of them once, however many ask.

use std::collections::VecDeque;
use std::num::NonZeroUsize;

use futures::future::join_all;
use futures::{StreamExt, stream};

use super::once::finish;
use super::rights::{Asked, begin, keep};
use super::{Storage, Ticket, Waiting};
use crate::ports::{Memo, MemoKey};

/// Results that are asked for, or remembered, at once.
const AT_ONCE: usize = 16;

/// The results under different keys, in order; `None` where `compute` gave fewer than it was asked for.
///
/// Those that are neither remembered nor computed by others are computed here, up to `group` of
/// them together, and remembered before the next are: `compute` is given their places. Only when
/// nothing is held here any more are others waited for, so that two who ask for the same in
/// another order never wait for each other.
///
/// # Errors
/// What `compute` fails with; results of groups before it are remembered.
pub async fn once_each<S, E, C, F>(
    memo: &dyn Memo,
    keys: &[MemoKey],
    storage: &S,
    group: NonZeroUsize,
    compute: C,
) -> Result<Vec<Option<S::Value>>, E>
where
    S: Storage,
    C: Fn(Vec<usize>) -> F,
    F: Future<Output = Result<Vec<S::Value>, E>>,
{
    let mut results: Vec<Option<S::Value>> = keys.iter().map(|_| None).collect();
    let mut open: VecDeque<usize> = (0..keys.len()).collect();
    for round in 0.. {
        let mut theirs = Theirs::default();
        while !open.is_empty() {
            let Answers { remembered, ours, theirs: more } = ask_for_group(memo, keys, storage, &mut open, group).await;
            more.into_iter().for_each(|(place, waiting)| theirs.add(place, waiting));
            let made = compute_ours(memo, storage, ours, &compute).await?;
            for (place, value) in remembered.into_iter().chain(made) {
                results[place] = Some(value);
            }
        }
        let Some(waiting) = theirs.waiting else { break };
        waiting.pause(round).await;
        open = theirs.places;
    }
    Ok(results)
}

/// What others compute right now.
#[derive(Default)]
struct Theirs {
    places: VecDeque<usize>,
    /// How to wait for the last of them.
    waiting: Option<Waiting>,
}

impl Theirs {
    fn add(&mut self, place: usize, waiting: Waiting) {
        self.places.push_back(place);
        self.waiting = Some(waiting);
    }
}

/// What became of asking for some results, by their places.
struct Answers<T> {
    remembered: Vec<(usize, T)>,
    ours: Vec<(usize, Ticket)>,
    theirs: Vec<(usize, Waiting)>,
}

/// Asks for open results until there is the right to a group of them, or none is left to ask for.
async fn ask_for_group<S: Storage>(
    memo: &dyn Memo,
    keys: &[MemoKey],
    storage: &S,
    open: &mut VecDeque<usize>,
    group: NonZeroUsize,
) -> Answers<S::Value> {
    let mut answers = Answers { remembered: Vec::new(), ours: Vec::new(), theirs: Vec::new() };
    while answers.ours.len() < group.get() && !open.is_empty() {
        let some = open.drain(..open.len().min(AT_ONCE).min(group.get() - answers.ours.len()));
        let asking = some.map(|place| async move { (place, begin(memo, keys[place], storage).await) });
        for (place, asked) in join_all(asking).await {
            match asked {
                Asked::Remembered(value) => answers.remembered.push((place, value)),
                Asked::Yours(ticket) => answers.ours.push((place, ticket)),
                Asked::Held(waiting) => answers.theirs.push((place, waiting)),
            }
        }
    }
    answers
}

/// Computes what there is the right to, and remembers it.
async fn compute_ours<S, E, C, F>(
    memo: &dyn Memo,
    storage: &S,
    ours: Vec<(usize, Ticket)>,
    compute: C,
) -> Result<Vec<(usize, S::Value)>, E>
where
    S: Storage,
    C: Fn(Vec<usize>) -> F,
    F: Future<Output = Result<Vec<S::Value>, E>>,
{
    if ours.is_empty() {
        return Ok(Vec::new());
    }
    let (places, tickets): (Vec<usize>, Vec<Ticket>) = ours.into_iter().unzip();
    let computed = tokio::select! {
        computed = compute(places.clone()) => computed,
        never = keep(memo, &tickets) => match never {},
    };
    let values = match computed {
        Ok(values) => values,
        Err(error) => {
            join_all(tickets.into_iter().map(|ticket| memo.abandon(ticket))).await;
            return Err(error);
        }
    };
    // Made before they run: the compiler cannot tell of a lazy iterator of these that it may be sent.
    let finishing: Vec<_> =
        tickets.into_iter().zip(&values).map(|(ticket, value)| store(memo, storage, ticket, value)).collect();
    stream::iter(finishing).buffer_unordered(AT_ONCE).collect::<()>().await;
    Ok(places.into_iter().zip(values).collect())
}

async fn store<S: Storage>(memo: &dyn Memo, storage: &S, ticket: Ticket, value: &S::Value) {
    let key = ticket.key();
    let sealed = storage.close(key, value).await;
    finish(memo, ticket, sealed, key.kind.time_to_live()).await;
}
