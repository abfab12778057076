//! Messages in SQS. A message names a task and says no more.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry};
use futures::{StreamExt, stream};
use rushes_core::ports::{QueueError, TaskQueue};
use rushes_core::task::TaskId;
use serde::{Deserialize, Serialize};

use crate::cause;
use crate::clients::timeouts;

/// How long a receive waits for a message; the longest that SQS offers.
const LONG_POLL: Duration = Duration::from_secs(20);
const LONG_POLL_TIMEOUT: Duration = Duration::from_secs(30);
/// The most messages that SQS takes at once.
const MAX_BATCH: usize = 10;
/// Such calls made at once.
const BATCHES_AT_ONCE: usize = 4;
/// How often messages are sent that SQS did not take.
const SEND_ATTEMPTS: u32 = 3;
const SEND_PAUSE: Duration = Duration::from_millis(200);
/// The longest delay that SQS offers.
const LONGEST_DELAY: Duration = Duration::from_mins(15);

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
    /// When it was sent, in milliseconds since the epoch.
    pub sent_at_ms: Option<i64>,
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
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .customize()
            .config_override(limits)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(message).collect())
    }

    /// Sends a message that nobody sees before `delay` has passed, a quarter of an hour at most.
    ///
    /// # Errors
    /// [`QueueError`] when the queue does not answer.
    pub async fn send_later(&self, body: String, delay: Duration) -> Result<(), QueueError> {
        let request = self.client.send_message().queue_url(&self.url).message_body(body);
        request.delay_seconds(seconds(delay.min(LONGEST_DELAY))).send().await.map_err(unavailable)?;
        Ok(())
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

impl SqsQueue {
    /// Sends a message of any kind.
    ///
    /// # Errors
    /// [`QueueError`] when the queue does not answer.
    pub async fn send_body(&self, body: String) -> Result<(), QueueError> {
        self.client.send_message().queue_url(&self.url).message_body(body).send().await.map_err(unavailable)?;
        Ok(())
    }

    /// Sends a message for each of `waiting` (at most [`MAX_BATCH`]) and keeps in it those that
    /// were not taken, each with the reason.
    async fn send_some(&self, waiting: &mut Vec<(usize, TaskId, Option<QueueError>)>) {
        let entry = |(index, id, _): &(usize, TaskId, _)| {
            SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body(*id)).build()
        };
        let entries: Result<Vec<_>, _> = waiting.iter().map(entry).collect();
        // Every entry has an id and a body, which is all that it needs.
        let request = self.client.send_message_batch().queue_url(&self.url).set_entries(entries.ok());
        match request.send().await {
            Err(error) => {
                let error = cause(error).to_string();
                waiting.iter_mut().for_each(|(_, _, why)| *why = Some(QueueError(error.clone().into())));
            }
            // The call as a whole did well, which says nothing of its messages.
            Ok(answer) => {
                let failed: HashMap<&str, _> = answer.failed.iter().map(|entry| (entry.id.as_str(), entry)).collect();
                waiting.retain_mut(|(index, _, why)| {
                    let failure = failed.get(index.to_string().as_str());
                    *why = failure.map(|entry| {
                        QueueError(format!("{}: {}", entry.code, entry.message.as_deref().unwrap_or_default()).into())
                    });
                    failure.is_some()
                });
            }
        }
    }
}

#[async_trait]
impl TaskQueue for SqsQueue {
    async fn send(&self, id: TaskId) -> Result<(), QueueError> {
        self.send_body(body(id)).await
    }

    async fn send_all(&self, ids: &[TaskId]) -> Vec<Result<(), QueueError>> {
        let numbered: Vec<(usize, TaskId)> = ids.iter().copied().enumerate().collect();
        let batches = numbered.chunks(MAX_BATCH).map(|batch| async move {
            let mut waiting: Vec<_> = batch.iter().map(|(index, id)| (*index, *id, None)).collect();
            for attempt in 0..SEND_ATTEMPTS {
                tokio::time::sleep(SEND_PAUSE * attempt).await;
                self.send_some(&mut waiting).await;
                if waiting.is_empty() {
                    break;
                }
            }
            waiting
        });
        let batches: Vec<_> = batches.collect();
        let unsent: Vec<_> = stream::iter(batches).buffered(BATCHES_AT_ONCE).collect().await;
        let mut outcomes: Vec<Result<(), QueueError>> = ids.iter().map(|_| Ok(())).collect();
        for (index, _, why) in unsent.into_iter().flatten() {
            outcomes[index] = why.map_or(Ok(()), Err);
        }
        outcomes
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

fn body(id: TaskId) -> String {
    // A ULID has nothing that JSON would escape.
    format!(r#"{{"task_id":"{id}"}}"#)
}

/// A message without a receipt cannot be acknowledged; SQS sends none such.
fn message(message: aws_sdk_sqs::types::Message) -> Option<Message> {
    let attributes = message.attributes.unwrap_or_default();
    let attribute = |name| attributes.get(&name).map(String::as_str);
    let deliveries = attribute(MessageSystemAttributeName::ApproximateReceiveCount);
    Some(Message {
        deliveries: deliveries.and_then(|count| count.parse().ok()).unwrap_or(1),
        sent_at_ms: attribute(MessageSystemAttributeName::SentTimestamp).and_then(|moment| moment.parse().ok()),
        id: message.message_id.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        receipt: ReceiptHandle(message.receipt_handle?),
    })
}

/// Whole seconds, rounded up, so that a short wish does not become none.
pub(crate) fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(i32::MAX)
}

pub(crate) fn unavailable<E>(error: E) -> QueueError
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
        let body = body(id);
        assert_eq!(body, serde_json::to_string(&Body { task_id: id }).unwrap());
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
