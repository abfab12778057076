//! The leases on tasks, as they stand in the table.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use rushes_aws::Clients;
use rushes_core::task::TaskId;

use crate::Service;

const ATTRIBUTE: &str = "lease_until";

fn key(id: TaskId) -> [(String, AttributeValue); 2] {
    let text = |name: &str, text: String| (name.to_owned(), AttributeValue::S(text));
    [text("pk", format!("TASK#{id}")), text("sk", "META".to_owned())]
}

/// When the lease on a task ends, in epoch milliseconds; `None` where nobody holds one.
///
/// # Errors
/// When the table does not say.
pub async fn lease_until(service: &Service, id: &str) -> Result<Option<u128>> {
    let request = Clients::local(&service.aws.endpoint).await.dynamodb.get_item();
    let request = request.table_name(service.aws.output("RUSHES_TABLE")?).set_key(Some(key(id.parse()?).into()));
    let item = request.consistent_read(true).send().await?.item.context("there is no such task")?;
    let Some(lease) = item.get(ATTRIBUTE) else { return Ok(None) };
    let milliseconds = lease.as_n().ok().context("a lease that is no number")?;
    Ok(Some(milliseconds.parse()?))
}

/// Lets the time of a lease be over, if someone holds one, and the message about its task come again.
///
/// # Errors
/// When the table or the queue does not work.
pub async fn let_run_out(service: &Service, id: &str) -> Result<()> {
    let request = Clients::local(&service.aws.endpoint).await.dynamodb.update_item();
    let request = request.table_name(service.aws.output("RUSHES_TABLE")?).set_key(Some(key(id.parse()?).into()));
    let request = request
        .update_expression(format!("SET {ATTRIBUTE} = :past"))
        .condition_expression(format!("attribute_exists({ATTRIBUTE})"))
        .expression_attribute_values(":past", AttributeValue::N("0".to_owned()));
    match request.send().await.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
        Ok(_) => {}
        Err(error) if error.is_conditional_check_failed_exception() => {}
        Err(error) => return Err(error.into()),
    }
    let queue = service.source_queue("RUSHES_TASKS_QUEUE_URL").await?;
    queue.put(serde_json::json!({ "task_id": id }).to_string()).await
}
