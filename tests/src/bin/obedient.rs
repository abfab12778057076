//! Hosts [`Obedient`] as a function of its own.

use std::sync::Arc;

use rushes_aws::{Clients, SqsQueue};
use rushes_runtime::config::{StorageConfig, WorkConfig};
use rushes_runtime::{messages, telemetry};
use rushes_tests::obedient::Obedient;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    telemetry::start()?;
    let queue = SqsQueue::new(Clients::from_env().await.sqs, StorageConfig::from_env()?.tasks_queue_url);
    Ok(messages::serve(Arc::new(Obedient::default()), queue, WorkConfig::from_env()?).await?)
}
