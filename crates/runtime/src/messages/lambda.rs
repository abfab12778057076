//! Messages as Lambda's event source hands them over: a batch as one event,
//! answered with the ids of those that are to come again.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures::{StreamExt, stream};
use lambda_runtime::{LambdaEvent, service_fn};
use rushes_aws::{Message, ReceiptHandle};
use rushes_core::shift::Shift;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use super::delivery::Desk;

/// Work is given back this long before Lambda would end it.
const GIVE_BACK: Duration = Duration::from_secs(10);
/// Work that is not given back this long before the end is left where it is, so that the answer
/// about the other messages arrives.
const ANSWER: Duration = Duration::from_secs(3);

/// Answers events until Lambda ends the process, with `workers` messages worked on at once.
pub async fn run(desk: Desk, workers: usize) -> Result<(), lambda_runtime::Error> {
    let answer = |event: LambdaEvent<Value>| {
        let (desk, ends_at) = (&desk, Instant::now() + time_left(event.context.deadline));
        async move { handle(desk, event.payload, workers, ends_at).await }
    };
    lambda_runtime::run(service_fn(answer)).await
}

/// How long it is until that moment in epoch milliseconds.
fn time_left(deadline: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(deadline).saturating_sub(now)
}

/// Waits until so long before the end.
async fn until(ends_at: Instant, before: Duration) {
    tokio::time::sleep(ends_at.saturating_duration_since(Instant::now() + before)).await;
}

/// The answer, with the names that Lambda wants.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchResponse {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    receipt_handle: String,
    body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Attributes {
    approximate_receive_count: String,
    sent_timestamp: String,
}

async fn handle(
    desk: &Desk,
    event: Value,
    workers: usize,
    ends_at: Instant,
) -> Result<BatchResponse, lambda_runtime::Error> {
    let messages = messages(event)?;
    let (closing, over) = watch::channel(false);
    let desk = Desk { shift: Shift::new(over, Some(ends_at)), ..desk.clone() };
    let mut failed: Vec<String> = messages.iter().map(|message| message.id.clone()).collect();
    let deliveries = messages.into_iter().map(|message| async {
        let is_done = desk.deal_with(&message).await;
        if is_done {
            // Lambda does it, too, with the answer. Until then others may take long, or end the function.
            desk.remove(&message).await;
        }
        (message, is_done)
    });
    let deliveries: Vec<_> = deliveries.collect();
    let mut dealt_with = stream::iter(deliveries).buffer_unordered(workers);
    let give_back = async {
        until(ends_at, GIVE_BACK).await;
        tracing::warn!("the time of the function is nearly up; others take its work over");
        closing.send_replace(true);
        std::future::pending::<()>().await;
    };
    let all = async {
        while let Some((message, is_done)) = dealt_with.next().await {
            failed.retain(|id| !is_done || *id != message.id);
        }
    };
    tokio::select! {
        () = all => {}
        () = give_back => {}
        () = until(ends_at, ANSWER) => tracing::error!("work was not given back in time and is left where it is"),
    }
    let item = |item_identifier| ItemFailure { item_identifier };
    Ok(BatchResponse { batch_item_failures: failed.into_iter().map(item).collect() })
}

/// The messages of an event. A record that cannot be read as one fails the
/// event: it did not come from SQS, and nobody waits for its id.
fn messages(mut event: Value) -> Result<Vec<Message>, serde_json::Error> {
    let records: Vec<Record> = serde_json::from_value(event.get_mut("Records").map(Value::take).unwrap_or_default())?;
    Ok(records.into_iter().map(message).collect())
}

fn message(record: Record) -> Message {
    Message {
        id: record.message_id,
        body: record.body,
        receipt: ReceiptHandle::from(record.receipt_handle),
        deliveries: record.attributes.approximate_receive_count.parse().unwrap_or(1),
        sent_at_ms: record.attributes.sent_timestamp.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_of_sqs_is_read_whatever_its_messages_say() {
        let event = json!({"Records": [
            {"messageId": "a", "receiptHandle": "r", "body": "no JSON", "attributes": {"ApproximateReceiveCount": "3"},
             "eventSource": "aws:sqs"},
            {"messageId": "b", "receiptHandle": "s", "body": "{}"},
        ]});
        let read: Vec<_> =
            messages(event).unwrap().into_iter().map(|message| (message.id, message.deliveries)).collect();
        assert_eq!(read, [("a".to_owned(), 3), ("b".to_owned(), 1)]);
        assert!(messages(json!({"detail": "from elsewhere"})).is_err() && messages(json!([5])).is_err());
    }

    #[test]
    fn the_answer_has_the_names_that_lambda_looks_for() {
        let failures = vec![ItemFailure { item_identifier: "a".to_owned() }];
        let answer = serde_json::to_value(BatchResponse { batch_item_failures: failures }).unwrap();
        assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "a"}]}));
    }
}
