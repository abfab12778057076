//! Messages in SQS. A message names a task and says no more.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use rushes_core::ports::{QueueError, TaskQueue};
use rushes_core::task::TaskId;
use serde::{Deserialize, Serialize};

use crate::cause;
use crate::clients::timeouts;

/// How long a receive waits for a message; the longest that SQS offers.
const LONG_POLL: Duration = Duration::from_secs(20);
const LONG_POLL_TIMEOUT: Duration = Duration::from_secs(30);

/// One queue.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    url: String,
}

/// A message received and not yet acknowledged.
#[derive(Clone, Debug)]
pub struct Message {
    /// Names it in logs.
    pub id: String,
    /// As sent; read it with [`parse_message`].
    pub body: String,
    /// Names this delivery.
    pub receipt: ReceiptHandle,
    /// How often it was delivered, this time included.
    pub deliveries: u32,
}

/// Names one delivery of a message.
#[derive(Clone, Debug)]
pub struct ReceiptHandle(String);

impl From<String> for ReceiptHandle {
    fn from(handle: String) -> Self {
        Self(handle)
    }
}

#[derive(Serialize, Deserialize)]
struct Body {
    task_id: TaskId,
}

/// The task that a message names.
///
/// # Errors
/// When the body is not a message of this queue.
pub fn parse_message(body: &str) -> Result<TaskId, serde_json::Error> {
    serde_json::from_str::<Body>(body).map(|body| body.task_id)
}

impl SqsQueue {
    /// The queue at that URL.
    #[must_use]
    pub const fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Waits for up to `count` (1–10) messages and hides them from others for `visibility`.
    ///
    /// # Errors
    /// [`QueueError`] when the queue does not answer.
    pub async fn receive(&self, count: i32, visibility: Duration) -> Result<Vec<Message>, QueueError> {
        self.receive_within(LONG_POLL, count, visibility).await
    }

    /// Takes up to `count` messages that are there already.
    ///
    /// # Errors
    /// [`QueueError`] when the queue does not answer.
    pub async fn receive_at_once(&self, count: i32, visibility: Duration) -> Result<Vec<Message>, QueueError> {
        self.receive_within(Duration::ZERO, count, visibility).await
    }

    async fn receive_within(
        &self,
        wait: Duration,
        count: i32,
        visibility: Duration,
    ) -> Result<Vec<Message>, QueueError> {
        let limits = aws_sdk_sqs::config::Builder::new().timeout_config(timeouts(LONG_POLL_TIMEOUT, LONG_POLL_TIMEOUT));
        let received = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(count)
            .wait_time_seconds(seconds(wait))
            .visibility_timeout(seconds(visibility))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .customize()
            .config_override(limits)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(message).collect())
    }

    /// Acknowledges a message: it will not come again.
    ///
    /// # Errors
    /// [`QueueError`] when the queue does not answer.
    pub async fn delete(&self, receipt: &ReceiptHandle) -> Result<(), QueueError> {
        self.client
            .delete_message()
            .queue_url(&self.url)
            .receipt_handle(&receipt.0)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    /// Hides a message for `visibility` from now; at zero anyone may have it at once.
    ///
    /// # Errors
    /// [`QueueError`] when the queue does not answer.
    pub async fn change_visibility(&self, receipt: &ReceiptHandle, visibility: Duration) -> Result<(), QueueError> {
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(&receipt.0)
            .visibility_timeout(seconds(visibility))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

#[async_trait]
impl TaskQueue for SqsQueue {
    async fn send(&self, id: TaskId) -> Result<(), QueueError> {
        let body = serde_json::to_string(&Body { task_id: id }).map_err(unavailable)?;
        self.client.send_message().queue_url(&self.url).message_body(body).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn check(&self) -> Result<(), QueueError> {
        self.client
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(QueueAttributeName::QueueArn)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

/// A message without a receipt cannot be acknowledged; SQS sends none such.
fn message(message: aws_sdk_sqs::types::Message) -> Option<Message> {
    let attributes = message.attributes.unwrap_or_default();
    let deliveries = attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount);
    Some(Message {
        deliveries: deliveries.and_then(|count| count.parse().ok()).unwrap_or(1),
        id: message.message_id.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        receipt: ReceiptHandle(message.receipt_handle?),
    })
}

/// Whole seconds, rounded up, so that a short wish does not become none.
fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(i32::MAX)
}

fn unavailable<E>(error: E) -> QueueError
where
    E: std::error::Error + Send + Sync + 'static,
{
    QueueError(cause(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_task_and_nothing_else_is_taken_for_one() {
        let id = TaskId::generate();
        let body = serde_json::to_string(&Body { task_id: id }).unwrap();
        assert_eq!(body, format!(r#"{{"task_id":"{id}"}}"#));
        assert_eq!(parse_message(&body).unwrap(), id);
        for bad in ["", "{}", r#"{"task_id":5}"#, r#"{"task_id":"../../etc"}"#, "[]"] {
            assert!(parse_message(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wish_for_half_a_second_is_a_second() {
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_millis(500)), 1);
        assert_eq!(seconds(Duration::from_secs(60)), 60);
    }
}
