//! From a message to a use case: one task, in a directory of its own.

use std::sync::Arc;

use async_trait::async_trait;
use rushes_aws::{Message, parse_message};
use rushes_core::memo::LeveledMemo;
use rushes_core::shift::Shift;
use rushes_core::work::{Disposition, MAX_DELIVERIES, Worker};
use rushes_runtime::messages::Handler;
use rushes_runtime::workdir::WorkDirs;
use tracing::Instrument;

/// Works on tasks.
pub struct RenderHandler {
    pub worker: Worker,
    pub memo: Arc<LeveledMemo>,
    pub directories: WorkDirs,
}

#[async_trait]
impl Handler for RenderHandler {
    async fn handle(&self, message: Message, shift: Shift) -> Disposition {
        let id = match parse_message(&message.body) {
            Ok(id) => id,
            Err(error) => {
                tracing::error!(message_id = message.id, %error, "a message that names no task");
                return Disposition::LayAside;
            }
        };
        if message.deliveries >= MAX_DELIVERIES {
            return self.worker.give_up(id).await;
        }
        let directory = match self.directories.for_task() {
            Ok(directory) => directory,
            Err(error) => {
                tracing::error!(task_id = %id, %error, "no work directory can be made");
                return Disposition::Retry;
            }
        };
        // The directory goes when this returns, and also when it is dropped half-way.
        let work = self.worker.work(id, directory.path(), &shift);
        let disposition = work.instrument(tracing::info_span!("task", task_id = %id)).await;
        self.memo.hand_in_counts().await;
        disposition
    }
}
