//! Hosts the work that messages ask for.

mod delivery;
mod lambda;
mod poll;

use std::sync::Arc;

use async_trait::async_trait;
use rushes_aws::{Message, SqsQueue};
use rushes_core::work::Disposition;
use tokio::sync::watch;

use crate::config::WorkConfig;
use crate::{HostError, in_lambda, stop};

/// Does what a message asks for.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Works until `stop` is requested; then it gives back what it works on. What the message
    /// says is the handler's to read: one that cannot be understood is no reason to fail others.
    /// Dropping the future ends the work, too, but others learn of it later.
    async fn handle(&self, message: Message, stop: Stop) -> Disposition;
}

/// Says when work in progress is to be given back.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Resolves when it is; in Lambda, shortly before the function's time is up.
    pub async fn requested(mut self) {
        if self.0.wait_for(|stopping| *stopping).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn is_requested(&self) -> bool {
        *self.0.borrow()
    }
}

/// Hands messages to `handler`: those of Lambda's event source in Lambda, else
/// those that `queue` holds, until asked to stop. Never more than `config.workers` at once.
///
/// # Errors
/// [`HostError`] when the host cannot start or breaks.
pub async fn serve(handler: Arc<dyn Handler>, queue: SqsQueue, config: WorkConfig) -> Result<(), HostError> {
    let (stopping, stopped) = watch::channel(false);
    let desk = delivery::Desk { handler, queue, lease: config.lease, stop: Stop(stopped) };
    // Boxed: together with what they await, the compiler finds them too deep.
    if in_lambda() && !config.poll {
        return Box::pin(lambda::run(desk, config.workers)).await.map_err(HostError::Lambda);
    }
    Box::pin(poll::run(desk, config, stop::requested(), stopping)).await?;
    Ok(())
}
