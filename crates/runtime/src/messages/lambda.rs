//! Messages as Lambda's event source hands them over: a batch as one event,
//! answered with the ids of those that are to come again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::{StreamExt, stream};
use lambda_runtime::{LambdaEvent, service_fn};
use rushes_aws::{Message, ReceiptHandle};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use super::Stop;
use super::delivery::Desk;

/// Work is given back this long before Lambda would end it.
const MARGIN: Duration = Duration::from_secs(10);

/// Answers events until Lambda ends the process, with `workers` messages worked on at once.
pub async fn run(desk: Desk, workers: usize) -> Result<(), lambda_runtime::Error> {
    let answer = |event: LambdaEvent<Value>| {
        let time_left = time_left(event.context.deadline);
        let desk = &desk;
        async move {
            let (stopping, stopped) = watch::channel(false);
            let desk = Desk { stop: Stop(stopped), ..desk.clone() };
            let answer = handle(&desk, event.payload, workers);
            let mut answer = std::pin::pin!(answer);
            tokio::select! {
                answer = &mut answer => return answer,
                () = tokio::time::sleep(time_left) => stopping.send_replace(true),
            };
            tracing::warn!("the time of the function is nearly up; others take its work over");
            answer.await
        }
    };
    lambda_runtime::run(service_fn(answer)).await
}

/// How long work may go on, with the end of the function's time in epoch milliseconds.
fn time_left(deadline: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(deadline).saturating_sub(now).saturating_sub(MARGIN)
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
}

async fn handle(desk: &Desk, event: Value, workers: usize) -> Result<BatchResponse, lambda_runtime::Error> {
    let deliveries = messages(event)?.into_iter().map(|message| async move {
        let failed = !desk.deal_with(&message).await;
        failed.then_some(ItemFailure { item_identifier: message.id })
    });
    let deliveries: Vec<_> = deliveries.collect();
    let outcomes = stream::iter(deliveries).buffer_unordered(workers);
    Ok(BatchResponse { batch_item_failures: outcomes.filter_map(std::future::ready).collect().await })
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
