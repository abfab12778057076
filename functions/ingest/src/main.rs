//! Makes the rows of manifests in the bucket tasks: wiring. What is done with a message stands in [`handler`].

mod handler;

use std::sync::Arc;

use rushes_aws::{Clients, DynamoTable, S3Bucket, SqsDeadLetters, SqsQueue};
use rushes_content::http::HttpClient;
use rushes_content::media::{AllowedHosts, Library};
use rushes_content::settings::Environment;
use rushes_core::submit::{FrontDesk, REQUEST_LEASE};
use rushes_core::{batch::Clerk, dead_letters::DeadLetters};
use rushes_runtime::config::{IngestConfig, RetentionConfig, StorageConfig, WorkConfig, parsed};
use rushes_runtime::messages::{self, Queues};
use rushes_runtime::telemetry;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    telemetry::start()?;
    let (storage, work, ingest) = (StorageConfig::from_env()?, WorkConfig::from_env()?, IngestConfig::from_env()?);
    let clients = Clients::from_env().await;
    let bucket = Arc::new(S3Bucket::new(clients.s3, storage.bucket));
    let store = Arc::new(DynamoTable::new(clients.dynamodb, storage.table));
    let environment = Environment::of_process();
    let http = HttpClient::new(environment.http()?)?;
    let library = Library::for_service(http, parsed("RUSHES_ALLOW_HOSTS", AllowedHosts::default())?);
    let letters = SqsDeadLetters::new(clients.sqs.clone(), storage.dead_letters_queue_url);
    let tasks = Arc::new(SqsQueue::new(clients.sqs.clone(), storage.tasks_queue_url));
    let dead_letters = DeadLetters { letters: Arc::new(letters), store: store.clone(), queue: tasks.clone() };
    let desk = FrontDesk {
        store: store.clone(),
        requests: store.clone(),
        channels: store.clone(),
        bucket: bucket.clone(),
        queue: tasks,
        media: Arc::new(library.with_uploads(bucket.clone())),
        time_to_live: RetentionConfig::from_env()?.time_to_live,
        request_lease: REQUEST_LEASE,
        has_writer: environment.has_writer(),
    };
    let clerk = Clerk { desk, batches: store, inbox: bucket, lease: work.lease, rows_per_turn: ingest.rows_per_turn };
    let source = SqsQueue::new(clients.sqs.clone(), ingest.queue_url);
    let handler = handler::IngestHandler { clerk, dead_letters, queue: source.clone() };
    let queues = Queues { source, dead_letters: SqsDeadLetters::new(clients.sqs, ingest.dead_letters_queue_url) };
    Ok(messages::serve(Arc::new(handler), queues, work).await?)
}
