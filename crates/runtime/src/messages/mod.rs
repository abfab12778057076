//! Hosts the work that messages ask for.

mod delivery;
mod lambda;
mod poll;
mod rehearsal;

use std::sync::Arc;

use async_trait::async_trait;
use rushes_aws::{Message, SqsDeadLetters, SqsQueue};
use rushes_core::shift::Shift;
use rushes_core::work::Disposition;
use tokio::sync::watch;

use crate::config::WorkConfig;
use crate::{HostError, in_lambda, stop};

/// Does what a message asks for.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Works until the shift is over; then it gives back what it works on. What the message
    /// says is the handler's to read: one that cannot be understood is no reason to fail others.
    /// Dropping the future ends the work, too, but others learn of it later.
    async fn handle(&self, message: Message, shift: Shift) -> Disposition;
}

/// The queues that a host works with.
#[derive(Clone, Debug)]
pub struct Queues {
    /// Where messages come from, and go back to.
    pub source: SqsQueue,
    /// Where those go that nobody shall try again.
    pub dead_letters: SqsDeadLetters,
}

/// Hands messages to `handler`: those of Lambda's event source in Lambda, else
/// those that `queues.source` holds, until asked to stop. Never more than `config.workers` at once.
///
/// # Errors
/// [`HostError`] when the host cannot start or breaks.
pub async fn serve(handler: Arc<dyn Handler>, queues: Queues, config: WorkConfig) -> Result<(), HostError> {
    let handler = rehearsal::with_planted_panic(handler);
    let (stopping, stopped) = watch::channel(false);
    let desk = delivery::Desk { handler, queues, lease: config.lease, shift: Shift::new(stopped, None) };
    // Boxed: together with what they await, the compiler finds them too deep.
    if in_lambda() && !config.poll {
        return Box::pin(lambda::run(desk, config.workers)).await.map_err(HostError::Lambda);
    }
    Box::pin(poll::run(desk, config, stop::requested(), stopping)).await?;
    Ok(())
}
