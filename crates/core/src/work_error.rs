//! What can come between a worker and a video, and what follows from it.

use std::time::Duration;

use crate::ports::{BucketError, Claim, StoreError};
use crate::produce::ProduceError;
use crate::spec::SpecError;
use crate::task::TaskError;
use crate::work::{MAX_HAND_BACKS, MAX_TRIES};

/// Why a task did not end with a video.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// Workers tried the task too often.
    #[error("the task was tried {MAX_TRIES} times and never finished")]
    TooManyTries,
    /// The video takes too long for this worker.
    #[error("the video takes about {} s to make, too long for here", .0.as_secs())]
    TooLong(Duration),
    /// The worker is asked to stop.
    #[error("the worker stops; another one begins the task again")]
    Stopped,
    /// The spec is gone.
    #[error("the spec of the task is gone")]
    SpecMissing,
    /// The spec, accepted once, is refused now.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// No video was made.
    #[error(transparent)]
    Produce(#[from] ProduceError),
    /// The table did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bucket did not do it.
    #[error(transparent)]
    Bucket(#[from] BucketError),
}

/// What follows from an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// Another worker has the task: leave it alone, look after it later.
    Leave,
    /// The task has ended: nothing is left to do.
    Drop,
    /// Nobody knows the task any more: nor shall anything stay of it.
    CleanUp,
    /// Give the lease back, try again.
    Retry,
    /// Give the lease back for others to go on: time was up, which is nobody's failure.
    HandBack,
    /// Give the lease back for others to go on after this time: someone asks for so much patience, which is
    /// nobody's failure either.
    Postpone(Duration),
    /// Give the lease back and tell workers elsewhere.
    Move,
    /// Write the reason into the task; nobody tries again.
    Abort(TaskError),
}

impl WorkError {
    /// Whether it tells of what the spec names, which is nothing to wake an operator for: anybody can name
    /// a host that does not answer.
    pub const fn is_about_the_spec(&self) -> bool {
        matches!(self, Self::Spec(_) | Self::Produce(ProduceError::Media { .. }))
    }

    /// The one place where retry and abort are decided.
    pub fn consequence(&self, claim: &Claim) -> Consequence {
        let may_try_again = claim.tries() < MAX_TRIES;
        let abort = |code: &str, message: String| Consequence::Abort(TaskError { code: code.to_owned(), message });
        if let Self::Produce(error) = self
            && let Some(wait) = error.retry_after().filter(|_| claim.hand_backs < MAX_HAND_BACKS)
        {
            return Consequence::Postpone(wait);
        }
        match self {
            Self::Store(StoreError::LeaseLost) => Consequence::Leave,
            Self::Store(StoreError::Ended(_)) => Consequence::Drop,
            Self::Store(StoreError::Gone) => Consequence::CleanUp,
            Self::Stopped if claim.hand_backs < MAX_HAND_BACKS => Consequence::HandBack,
            Self::Stopped => Consequence::Retry,
            Self::TooLong(_) => Consequence::Move,
            Self::TooManyTries => Consequence::Abort(TaskError::gave_up(self.to_string())),
            Self::SpecMissing => abort("spec_missing", self.to_string()),
            Self::Spec(error) => abort("invalid_spec", error.to_string()),
            Self::Produce(error) if error.is_transient() && may_try_again => Consequence::Retry,
            Self::Produce(error) => abort(error.code(), error.to_string()),
            Self::Store(_) | Self::Bucket(_) if may_try_again => Consequence::Retry,
            Self::Store(_) | Self::Bucket(_) => abort("storage_unavailable", self.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::MediaError;
    use crate::task::TaskId;

    #[test]
    fn whoever_is_asked_for_patience_waits_without_a_try_and_not_for_ever() {
        let wait = Duration::from_secs(600);
        let source = MediaError::Unavailable { reason: String::new(), retry_after: Some(wait), source: None };
        let error = WorkError::from(ProduceError::Media { pointer: "/music/url".to_owned(), source });
        let claim = |attempt, hand_backs| Claim {
            task_id: TaskId::generate(),
            owner: String::new(),
            fence: 1,
            attempt,
            hand_backs,
        };
        for attempt in 1..=MAX_HAND_BACKS {
            assert_eq!(error.consequence(&claim(attempt, attempt - 1)), Consequence::Postpone(wait));
        }
        assert_eq!(error.consequence(&claim(MAX_HAND_BACKS + 1, MAX_HAND_BACKS)), Consequence::Retry);
        let last = error.consequence(&claim(MAX_HAND_BACKS + MAX_TRIES, MAX_HAND_BACKS));
        assert!(matches!(last, Consequence::Abort(_)), "{last:?}");
    }
}
