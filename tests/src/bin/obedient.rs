//! Hosts [`Obedient`] as a function of its own.

use std::sync::Arc;

use rushes_aws::{Clients, SqsDeadLetters, SqsQueue};
use rushes_runtime::config::{StorageConfig, WorkConfig};
use rushes_runtime::messages::{self, Queues};
use rushes_runtime::telemetry;
use rushes_tests::obedient::Obedient;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    telemetry::start()?;
    let (storage, sqs) = (StorageConfig::from_env()?, Clients::from_env().await.sqs);
    let source = SqsQueue::new(sqs.clone(), storage.tasks_queue_url);
    let queues = Queues { source, dead_letters: SqsDeadLetters::new(sqs, storage.dead_letters_queue_url) };
    Ok(messages::serve(Arc::new(Obedient::default()), queues, WorkConfig::from_env()?).await?)
}
