//! Messages that were laid aside: by workers that gave them up, and by SQS.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName};
use jiff::Timestamp;
use rushes_core::ports::{DeadLetter, DeadLetterQueue, QueueError};

use crate::queue::{self, parse_message, seconds, unavailable};

/// How long a message that was taken is hidden from others.
const TAKEN_FOR: Duration = Duration::from_secs(30);
/// Asked without waiting, SQS looks at some of its servers only.
const WAIT: Duration = Duration::from_secs(1);
/// The most messages that SQS hands over at once.
const MAX_BATCH: usize = 10;
/// What a message that a worker laid aside tells of the one that it was: attributes of type Number.
const DELIVERIES: &str = "deliveries";
const SENT_AT_MS: &str = "sent_at_ms";

/// One dead-letter queue.
#[derive(Clone, Debug)]
pub struct SqsDeadLetters {
    client: Client,
    url: String,
}

impl SqsDeadLetters {
    /// The queue at that URL.
    #[must_use]
    pub const fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Lays a message of another queue aside: sends a copy, with what is known of it.
    ///
    /// # Errors
    /// [`QueueError`] when the queue does not answer.
    pub async fn put(&self, message: &queue::Message) -> Result<(), QueueError> {
        let number = |number: String| {
            MessageAttributeValue::builder().data_type("Number").string_value(number).build().map_err(unavailable)
        };
        let mut request = self.client.send_message().queue_url(&self.url).message_body(&message.body);
        request = request.message_attributes(DELIVERIES, number(message.deliveries.to_string())?);
        if let Some(sent_at_ms) = message.sent_at_ms {
            request = request.message_attributes(SENT_AT_MS, number(sent_at_ms.to_string())?);
        }
        request.send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn receive(&self, count: usize) -> Result<Vec<Message>, QueueError> {
        let received = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(count.min(MAX_BATCH)).unwrap_or(1))
            .wait_time_seconds(seconds(WAIT))
            .visibility_timeout(seconds(TAKEN_FOR))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_attribute_names(DELIVERIES)
            .message_attribute_names(SENT_AT_MS)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(received.messages.unwrap_or_default())
    }
}

#[async_trait]
impl DeadLetterQueue for SqsDeadLetters {
    async fn take(&self, limit: usize) -> Result<Vec<DeadLetter>, QueueError> {
        let mut taken = Vec::new();
        while taken.len() < limit {
            let received = self.receive(limit - taken.len()).await?;
            if received.is_empty() {
                break;
            }
            taken.extend(received.into_iter().filter_map(dead_letter));
        }
        Ok(taken)
    }

    async fn put_back(&self, letter: &DeadLetter) -> Result<(), QueueError> {
        let request = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(&letter.receipt);
        request.visibility_timeout(0).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn remove(&self, letter: &DeadLetter) -> Result<(), QueueError> {
        let request = self.client.delete_message().queue_url(&self.url).receipt_handle(&letter.receipt);
        request.send().await.map_err(unavailable)?;
        Ok(())
    }
}

/// A message without a receipt cannot be dealt with; SQS sends none such.
fn dead_letter(message: Message) -> Option<DeadLetter> {
    let (system, own) = (message.attributes.unwrap_or_default(), message.message_attributes.unwrap_or_default());
    let number = |own_name, system_name| {
        let own = own.get(own_name).and_then(|value| value.string_value());
        own.or_else(|| system.get(&system_name).map(String::as_str))?.parse::<i64>().ok()
    };
    let sent_at = number(SENT_AT_MS, MessageSystemAttributeName::SentTimestamp).map(Timestamp::from_millisecond);
    let received = number(DELIVERIES, MessageSystemAttributeName::ApproximateReceiveCount);
    Some(DeadLetter {
        message_id: message.message_id.unwrap_or_default(),
        task_id: message.body.and_then(|body| parse_message(&body).ok()),
        sent_at: sent_at.and_then(Result::ok).unwrap_or(Timestamp::UNIX_EPOCH),
        receive_count: received.and_then(|count| u32::try_from(count).ok()).unwrap_or_default(),
        receipt: message.receipt_handle?,
    })
}
