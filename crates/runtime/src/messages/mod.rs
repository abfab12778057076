//! Hosts the work that messages ask for.

mod delivery;
mod lambda;
mod poll;

use std::sync::Arc;

use async_trait::async_trait;
use rushes_aws::SqsQueue;
use rushes_core::task::TaskId;
use rushes_core::work::Disposition;

use crate::config::WorkConfig;
use crate::{HostError, in_lambda, stop};

/// Does what a message asks for.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Works on the task. Dropping the future ends the work.
    async fn handle(&self, id: TaskId) -> Disposition;
}

/// Hands messages to `handler`: those of Lambda's event source in Lambda, else
/// those that `queue` holds, until asked to stop.
///
/// # Errors
/// [`HostError`] when the host cannot start or breaks.
pub async fn serve(handler: Arc<dyn Handler>, queue: SqsQueue, config: WorkConfig) -> Result<(), HostError> {
    let desk = delivery::Desk { handler, queue, lease: config.lease };
    // Boxed: together with what they await, the compiler finds them too deep.
    if in_lambda() {
        return Box::pin(lambda::run(desk)).await.map_err(HostError::Lambda);
    }
    Box::pin(poll::run(desk, config.workers, config.drain, stop::requested())).await?;
    Ok(())
}
