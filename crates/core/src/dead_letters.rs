//! Messages that were laid aside: look at them, send them again, drop them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::ports::{Change, DeadLetter, DeadLetterQueue, QueueError, StoreError, TaskQueue, TaskStore};
use crate::task::{Status, Task, TaskError, TaskId};

/// How many are dealt with at once: what fits well into the time of one request.
const AT_ONCE: usize = 100;
/// Among how many a certain one is looked for.
const SEARCHED: usize = 1000;
/// How far the clocks of the table's writers and of the queue may be apart.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(5);

/// Deals with messages that were laid aside.
#[derive(Clone)]
pub struct DeadLetters {
    /// Where they lie.
    pub letters: Arc<dyn DeadLetterQueue>,
    /// The truth about tasks.
    pub store: Arc<dyn TaskStore>,
    /// Carries ids to workers.
    pub queue: Arc<dyn TaskQueue>,
}

/// A message that was laid aside, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadLetterView {
    /// Its name.
    pub message_id: String,
    /// The task that it names, if it names one.
    pub task_id: Option<TaskId>,
    /// Where that task stands.
    pub status: Option<Status>,
    /// Why it lies here.
    pub reason: String,
    /// When it was sent first.
    pub sent_at: Timestamp,
    /// How often it was received.
    pub receive_count: u32,
}

/// What lies in the queue, a hundred at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadLetterList {
    /// In no order.
    pub dead_letters: Vec<DeadLetterView>,
    /// Whether there are more.
    pub more: bool,
}

/// Which messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// All, a hundred at a time.
    All,
    /// The one of that name, or those of the task of that name.
    Named(&'a str),
}

/// What became of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Sent to the workers again.
    pub redriven: usize,
    /// Removed.
    pub removed: usize,
    /// Left where they are: they name no task that could be sent again.
    pub left: usize,
    /// Whether there are more.
    pub more: bool,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// No message has that name, nor a task that one names.
    #[error("there is no such message")]
    Missing,
    /// The queue did not do it.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The table did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DeadLetters {
    /// What lies in the queue, and why.
    ///
    /// # Errors
    /// [`DeadLetterError`] when the queue or the table fails.
    pub async fn list(&self) -> Result<DeadLetterList, DeadLetterError> {
        let taken = self.letters.take(AT_ONCE).await?;
        let mut dead_letters = Vec::with_capacity(taken.len());
        for letter in &taken {
            dead_letters.push(view(letter, self.task_of(letter).await?.as_ref()));
        }
        for letter in &taken {
            self.letters.put_back(letter).await?;
        }
        Ok(DeadLetterList { more: taken.len() == AT_ONCE, dead_letters })
    }

    /// Sends messages to the workers again; tasks that were given up are put in line
    /// for it. Messages of tasks for which nothing is to do are removed.
    ///
    /// # Errors
    /// [`DeadLetterError`]; what was not dealt with stays.
    pub async fn redrive(&self, which: Which<'_>) -> Result<Tally, DeadLetterError> {
        let (wanted, more) = self.find(which).await?;
        let mut tally = Tally { more, ..Tally::default() };
        for letter in &wanted {
            let Some(id) = letter.task_id else {
                self.letters.put_back(letter).await?;
                tally.left += 1;
                continue;
            };
            if self.is_waiting_again(letter).await? {
                self.queue.send(id).await?;
                tally.redriven += 1;
            } else {
                tally.removed += 1;
            }
            self.letters.remove(letter).await?;
        }
        tracing::info!(redriven = tally.redriven, removed = tally.removed, left = tally.left, "dead letters redriven");
        Ok(tally)
    }

    /// Removes messages for good. A task that still waits for one of them is given up.
    ///
    /// # Errors
    /// [`DeadLetterError`]; what was not dealt with stays.
    pub async fn drop(&self, which: Which<'_>) -> Result<Tally, DeadLetterError> {
        let (wanted, more) = self.find(which).await?;
        let message = "its message was dropped from the dead-letter queue";
        let reason = TaskError { code: "dropped".to_owned(), message: message.to_owned() };
        for letter in &wanted {
            self.give_up(letter, &reason).await?;
            self.letters.remove(letter).await?;
        }
        tracing::info!(removed = wanted.len(), "dead letters dropped");
        Ok(Tally { removed: wanted.len(), more, ..Tally::default() })
    }

    /// Says in every task that still waits for a message laid aside that it was given
    /// up. Workers do so themselves; this is for messages that they could not even read.
    /// Returns how many messages lie there.
    ///
    /// # Errors
    /// [`DeadLetterError`]; what was not dealt with is dealt with the next time.
    pub async fn sweep(&self) -> Result<usize, DeadLetterError> {
        let reason = TaskError::gave_up("no worker could begin the task, and its message was laid aside".to_owned());
        let taken = self.letters.take(SEARCHED).await?;
        for letter in &taken {
            self.give_up(letter, &reason).await?;
            self.letters.put_back(letter).await?;
        }
        Ok(taken.len())
    }

    /// The messages wanted, taken; others are put back. And whether there are more.
    async fn find(&self, which: Which<'_>) -> Result<(Vec<DeadLetter>, bool), DeadLetterError> {
        let Which::Named(name) = which else {
            let taken = self.letters.take(AT_ONCE).await?;
            let more = taken.len() == AT_ONCE;
            return Ok((taken, more));
        };
        let id = name.parse::<TaskId>().ok();
        let is_wanted = |letter: &DeadLetter| letter.message_id == name || (id.is_some() && letter.task_id == id);
        let taken = self.letters.take(SEARCHED).await?;
        let (wanted, others): (Vec<_>, Vec<_>) = taken.into_iter().partition(is_wanted);
        for letter in &others {
            self.letters.put_back(letter).await?;
        }
        if wanted.is_empty() { Err(DeadLetterError::Missing) } else { Ok((wanted, false)) }
    }

    /// Ends the task of the message if it still waits for it.
    async fn give_up(&self, letter: &DeadLetter, reason: &TaskError) -> Result<(), StoreError> {
        if let Some(task) = self.task_of(letter).await?.filter(|task| waits_for(letter, task))
            && let Change::Made(_) = self.store.give_up(task.id, reason).await?
        {
            tracing::error!(task_id = %task.id, code = reason.code, "the task was given up: its message is dead");
        }
        Ok(())
    }

    /// Whether the task of the message waits for it, put in line if it was given up.
    async fn is_waiting_again(&self, letter: &DeadLetter) -> Result<bool, StoreError> {
        let Some(task) = self.task_of(letter).await? else { return Ok(false) };
        if task.status != Status::Failed || !task.was_given_up() {
            return Ok(waits_for(letter, &task));
        }
        Ok(match self.store.requeue(task.id).await? {
            Change::Made(_) => true,
            Change::Refused(task) => task.status == Status::Queued,
            Change::Missing => false,
        })
    }

    async fn task_of(&self, letter: &DeadLetter) -> Result<Option<Task>, StoreError> {
        match letter.task_id {
            Some(id) => self.store.get(id).await,
            None => Ok(None),
        }
    }
}

/// Whether the task has not ended and no later message was sent for it.
fn waits_for(letter: &DeadLetter, task: &Task) -> bool {
    !task.status.is_final() && task.queued_at <= letter.sent_at.saturating_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX)
}

fn view(letter: &DeadLetter, task: Option<&Task>) -> DeadLetterView {
    DeadLetterView {
        message_id: letter.message_id.clone(),
        task_id: letter.task_id,
        status: task.map(|task| task.status),
        reason: reason(letter, task),
        sent_at: letter.sent_at,
        receive_count: letter.receive_count,
    }
}

fn reason(letter: &DeadLetter, task: Option<&Task>) -> String {
    let Some(task) = task else {
        let words = if letter.task_id.is_some() { "there is no such task (any more)" } else { "it names no task" };
        return words.to_owned();
    };
    match (task.status, &task.error) {
        (Status::Failed, Some(error)) => error.message.clone(),
        (Status::Queued | Status::Processing, _) => "it was laid aside; the task still waits".to_owned(),
        (status, _) => format!("it was laid aside; meanwhile the task is {}", status.as_str()),
    }
}
