//! Computing many results one by one, side by side with others who compute the same.

use std::num::NonZeroUsize;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::Waiting;
use super::line::{Line, Turn};

/// What became of an attempt at one of many results.
#[derive(Debug)]
pub enum Attempt<T> {
    /// It is there.
    Done(T),
    /// Somebody else computes it right now.
    Held(Waiting),
}

/// Attempts all places of the line, `at_once` of them at a time, until each is done; returns them
/// in the order in which they were.
///
/// What another holds is asked for again when nothing else is left and some time has passed, and
/// takes none of the `at_once` meanwhile. Who meets another process goes on at a place of its own,
/// so that the two share the work instead of following each other. Two never wait for each other,
/// as long as an attempt waits for nobody.
///
/// # Errors
/// What an attempt fails with; those under way are dropped.
pub async fn each_when_free<T, E, S, A, F>(
    mut line: Line<S>,
    at_once: NonZeroUsize,
    attempt: A,
) -> Result<Vec<(usize, T)>, E>
where
    S: Fn(usize) -> usize,
    A: Fn(usize) -> F,
    F: Future<Output = Result<Attempt<T>, E>>,
{
    let attempt = |turn: Turn| {
        let attempted = attempt(turn.place);
        async move { (turn, attempted.await) }
    };
    let pause = |turn: Turn, waiting: Waiting| async move {
        waiting.pause(turn.asked).await;
        turn
    };
    let (mut begun, mut held, mut done) = (FuturesUnordered::new(), FuturesUnordered::new(), Vec::new());
    loop {
        while begun.len() < at_once.get() {
            let Some(turn) = line.next() else { break };
            begun.push(attempt(turn));
        }
        tokio::select! {
            Some((turn, outcome)) = begun.next() => match outcome? {
                Attempt::Done(result) => done.push((turn.place, result)),
                Attempt::Held(waiting) => {
                    if matches!(waiting, Waiting::Elsewhere(_)) {
                        line.go_on_elsewhere();
                    }
                    held.push(pause(turn, waiting));
                }
            },
            Some(turn) = held.next() => line.come_back(turn),
            else => return Ok(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Mutex;

    use jiff::Timestamp;

    use super::*;

    /// What all know of the places.
    struct Board(Mutex<Vec<State>>);

    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Free,
        Held,
        Ready,
    }

    impl Board {
        fn new(count: usize) -> Self {
            Self(Mutex::new(vec![State::Free; count]))
        }

        /// Sets the state of a place; returns what it was.
        fn set(&self, place: usize, state: State) -> State {
            std::mem::replace(&mut self.0.lock().unwrap()[place], state)
        }

        /// Makes the place in several steps, unless it is made or another does so. Tells whether it was made here.
        async fn attempt(&self, place: usize) -> Result<Attempt<bool>, Infallible> {
            match self.set(place, State::Held) {
                State::Held => Ok(Attempt::Held(Waiting::Elsewhere(Timestamp::now()))),
                State::Ready => {
                    self.set(place, State::Ready);
                    Ok(Attempt::Done(false))
                }
                State::Free => {
                    for _ in 0..5 {
                        tokio::task::yield_now().await;
                    }
                    self.set(place, State::Ready);
                    Ok(Attempt::Done(true))
                }
            }
        }

        /// Does all of it, two at a time; returns the places that were made here.
        async fn work(&self, count: usize) -> Vec<usize> {
            let line = Line::new(count, 4, |place| place);
            let Ok(mut done) = each_when_free(line, NonZeroUsize::new(2).unwrap(), |place| self.attempt(place)).await;
            done.sort_unstable();
            assert!(done.iter().map(|(place, _)| *place).eq(0..count), "everybody has all: {done:?}");
            done.into_iter().filter_map(|(place, is_made_here)| is_made_here.then_some(place)).collect()
        }
    }

    #[tokio::test]
    async fn two_who_work_on_the_same_share_it_and_do_nothing_twice() {
        for count in [12, 13, 40, 100] {
            let board = Board::new(count);
            let (one, other) = tokio::join!(board.work(count), board.work(count));
            assert!(one.len().min(other.len()) >= count / 3, "{one:?} {other:?}");
            let mut all = [one, other].concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..count));
        }
    }

    #[tokio::test]
    async fn what_a_dead_one_held_is_done_once_it_is_free() {
        let board = Board::new(8);
        for place in [0, 3, 7] {
            board.set(place, State::Held);
        }
        let dying = async {
            // The rest is done before anybody waits.
            while board.0.lock().unwrap().iter().filter(|state| **state == State::Ready).count() < 5 {
                tokio::task::yield_now().await;
            }
            for place in [0, 3, 7] {
                board.set(place, State::Free);
            }
        };
        let (made, ()) = tokio::join!(board.work(8), dying);
        assert_eq!(made.len(), 8);
    }

    #[tokio::test]
    async fn a_failure_ends_the_rest() {
        let line = Line::new(5, 0, |_| 0);
        let fail = |place| async move { if place == 2 { Err("no") } else { Ok(Attempt::Done(())) } };
        assert_eq!(each_when_free(line, NonZeroUsize::MIN, fail).await, Err("no"));
    }
}
