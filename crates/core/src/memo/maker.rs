//! For which task the present work is done, so that what it leaves in the memo can be found by it.

use crate::task::TaskId;

tokio::task_local! {
    static MAKER: TaskId;
}

/// Does the work on behalf of the task. What it hands to other tasks of the runtime
/// (`tokio::spawn`) does not belong to it any more.
pub async fn made_for<T>(task: TaskId, work: impl Future<Output = T>) -> T {
    MAKER.scope(task, work).await
}

/// For which task this is done, if for any.
#[must_use]
pub fn current() -> Option<TaskId> {
    MAKER.try_with(|task| *task).ok()
}
