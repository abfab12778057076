//! One delivery of one message: keep it hidden from others while the work goes
//! on, and let it come again soon when the work is to be done again.

use std::sync::Arc;
use std::time::Duration;

use rushes_aws::Message;
use rushes_core::shift::Shift;
use rushes_core::work::{Disposition, MAX_DELIVERIES};
use tokio::task::JoinSet;

use super::{Handler, Queues};

const SHORTEST_BACK_OFF: Duration = Duration::from_secs(5);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);

/// Where deliveries are dealt with.
#[derive(Clone)]
pub struct Desk {
    pub handler: Arc<dyn Handler>,
    pub queues: Queues,
    /// How long a message stays hidden after the last sign of life, or less where the shift ends before.
    pub lease: Duration,
    /// The time in which messages are dealt with.
    pub shift: Shift,
}

impl Desk {
    /// Does what the message asks for. Whatever happens in there ends only this
    /// delivery. Whether the message is to be acknowledged; if not, it comes again.
    pub async fn deal_with(&self, message: &Message) -> bool {
        let disposition = if self.shift.is_over() {
            // What would only be given back is not begun. It counts as a delivery, or a function that
            // never has the time to begin anything would pass its messages round for ever.
            Disposition::Retry
        } else {
            tokio::select! {
                disposition = self.work(message) => disposition,
                () = self.keep_hidden(message) => Disposition::Retry,
            }
        };
        match disposition {
            Disposition::Done => true,
            Disposition::Later(wait) if self.send_anew(message, wait).await => true,
            Disposition::LayAside if self.lay_aside(message).await => true,
            Disposition::Retry | Disposition::Later(_) | Disposition::LayAside => {
                self.hide(message, self.wait(message)).await;
                false
            }
        }
    }

    /// How long a message waits before it comes again.
    fn wait(&self, message: &Message) -> Duration {
        // After the last delivery the queue lays it aside; that need not wait.
        let at_once = self.shift.is_over() || message.deliveries >= MAX_DELIVERIES;
        if at_once { Duration::ZERO } else { back_off(message.deliveries) }
    }

    /// Sends a message that says the same, and has all its deliveries before it. Whether it was sent.
    async fn send_anew(&self, message: &Message, wait: Duration) -> bool {
        let sent = self.queues.source.send_later(message.body.clone(), wait).await;
        if let Err(error) = &sent {
            tracing::warn!(message_id = message.id, error = %error.0, "a message could not be sent anew; it comes again");
        }
        sent.is_ok()
    }

    /// Moves a message to the dead letters. Whether it lies there.
    ///
    /// The queue would do so after [`MAX_DELIVERIES`], which are many: deliveries that Lambda throttles count, too.
    async fn lay_aside(&self, message: &Message) -> bool {
        let moved = self.queues.dead_letters.put(message).await;
        if let Err(error) = &moved {
            tracing::warn!(message_id = message.id, error = %error.0, "a message could not be laid aside; it comes again");
        }
        moved.is_ok()
    }

    async fn work(&self, message: &Message) -> Disposition {
        // A task of its own: a panic ends there, and the set stops the work when it is dropped.
        let mut work = JoinSet::new();
        let (handler, shift, copy) = (Arc::clone(&self.handler), self.shift.clone(), message.clone());
        work.spawn(async move { handler.handle(copy, shift).await });
        match work.join_next().await {
            Some(Ok(disposition)) => disposition,
            Some(Err(error)) => {
                tracing::error!(message_id = message.id, %error, "the work on a message broke off");
                Disposition::Retry
            }
            None => Disposition::Retry,
        }
    }

    /// Hides the message again and again, never returning.
    async fn keep_hidden(&self, message: &Message) {
        let mut heartbeat = tokio::time::interval(self.lease / 3);
        loop {
            heartbeat.tick().await;
            self.hide(message, self.shift.promise(self.lease)).await;
        }
    }

    /// Hides the message from everyone for `time`.
    pub async fn hide(&self, message: &Message, time: Duration) {
        if let Err(error) = self.queues.source.change_visibility(&message.receipt, time).await {
            tracing::warn!(message_id = message.id, error = %error.0, "a message's visibility could not be changed");
        }
    }

    /// Acknowledges the message.
    pub async fn remove(&self, message: &Message) {
        if let Err(error) = self.queues.source.delete(&message.receipt).await {
            // It comes again, finds its task ended, and is acknowledged then.
            tracing::warn!(message_id = message.id, error = %error.0, "a message could not be deleted");
        }
    }
}

/// Doubles with every delivery: 5 s, 10 s, 20 s, … 5 min.
fn back_off(deliveries: u32) -> Duration {
    let doublings = deliveries.saturating_sub(1).min(16);
    (SHORTEST_BACK_OFF * 2_u32.pow(doublings)).min(LONGEST_BACK_OFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_waits_longer_each_time() {
        let waits: Vec<u64> = [0, 1, 2, 3, 7, u32::MAX].map(|deliveries| back_off(deliveries).as_secs()).to_vec();
        assert_eq!(waits, [5, 5, 10, 20, 300, 300]);
    }
}
