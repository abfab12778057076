//! Makes the videos of queued tasks: wiring. What is done with a message stands in [`handler`].

mod ffmpeg;
mod handler;
mod studio;

use std::sync::Arc;
use std::time::Duration;

use rushes_aws::{Clients, DynamoMemo, DynamoTable, S3Bucket, SqsDeadLetters, SqsQueue};
use rushes_core::{estimate::ElsewhereWhenLong, memo::LeveledMemo, work::Worker};
use rushes_runtime::config::{MemoConfig, StorageConfig, WorkConfig, optional};
use rushes_runtime::messages::{self, Queues};
use rushes_runtime::{metrics::EmbeddedMetrics, telemetry, workdir::WorkDirs};

/// Videos that take longer go elsewhere, if there is such a place: a function runs for 15 minutes.
const LONGEST_IN_A_FUNCTION: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    telemetry::start()?;
    let (storage, mut config) = (StorageConfig::from_env()?, WorkConfig::from_env()?);
    config.poll = wants_to_poll(std::env::args().skip(1))?;
    let clients = Clients::from_env().await;
    let bucket = Arc::new(S3Bucket::new(clients.s3.clone(), storage.bucket));
    let elsewhere = optional("RUSHES_LONG_TASKS_QUEUE_URL").map(|url| ElsewhereWhenLong {
        limit: LONGEST_IN_A_FUNCTION,
        queue: Arc::new(SqsQueue::new(clients.sqs.clone(), url)),
    });
    let store = DynamoTable::new(clients.dynamodb.clone(), storage.table);
    let results = DynamoMemo::new(store.clone(), S3Bucket::clone(&bucket));
    let memo = Arc::new(LeveledMemo::new(Arc::new(results), MemoConfig::from_env()?.limits));
    let worker = Worker {
        studio: studio::studio(&bucket, &clients, memo.clone(), config.segment_workers)?,
        store: Arc::new(store),
        bucket,
        owner: format!("render-{}", ulid::Ulid::generate()),
        lease: config.lease,
        elsewhere,
        observer: Arc::new(EmbeddedMetrics::from_env()?),
    };
    let handler = handler::RenderHandler { worker, memo, directories: WorkDirs::create()? };
    let queues = Queues {
        source: SqsQueue::new(clients.sqs.clone(), storage.tasks_queue_url),
        dead_letters: SqsDeadLetters::new(clients.sqs, storage.dead_letters_queue_url),
    };
    Ok(messages::serve(Arc::new(handler), queues, config).await?)
}

/// Whether the queue is asked for work, as in a container, wherever this runs.
fn wants_to_poll(arguments: impl Iterator<Item = String>) -> anyhow::Result<bool> {
    match arguments.collect::<Vec<_>>().as_slice() {
        [] => Ok(false),
        [only] if only == "--poll" => Ok(true),
        _ => anyhow::bail!("usage: render [--poll]"),
    }
}
