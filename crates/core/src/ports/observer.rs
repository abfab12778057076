//! Whoever wants to know what workers do.

use std::time::Duration;

use crate::task::{StageTimings, TaskId, VideoReport};

/// Is told when a worker is done with a task.
pub trait TaskObserver: Send + Sync {
    /// Called once for each claim.
    fn task_ended(&self, end: &TaskEnd<'_>);
}

/// What a worker did with a task.
#[derive(Clone, Debug)]
pub struct TaskEnd<'a> {
    /// Which task.
    pub id: TaskId,
    /// How many workers have begun it, this one included.
    pub attempt: u32,
    /// How it ended.
    pub outcome: TaskOutcome<'a>,
    /// How long it waited for its first worker; nothing for later ones.
    pub waited: Option<Duration>,
    /// From the claim to the end.
    pub worked: Duration,
    /// How long each stage took.
    pub timings: StageTimings,
}

/// How the work on a task ended.
#[derive(Clone, Copy, Debug)]
pub enum TaskOutcome<'a> {
    /// With a video.
    Completed(&'a VideoReport),
    /// There will be no video.
    Failed,
    /// Another worker begins it again.
    HandedBack,
    /// It was no longer this worker's.
    Dropped,
}

/// Wants to know nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl TaskObserver for NoObserver {
    fn task_ended(&self, _end: &TaskEnd<'_>) {}
}
