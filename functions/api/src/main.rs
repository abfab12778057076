//! The HTTP API and the dashboard: wiring. What it answers stands in [`handler`].

mod auth;
mod body;
mod dashboard;
mod handler;
mod limit;
mod observe;
mod problem;
mod routes;

use std::sync::Arc;

use rushes_aws::{Clients, DynamoTable, S3Bucket, SqsQueue};
use rushes_content::media::{AllowedHosts, Library};
use rushes_core::{batch::BatchDesk, read::Reader, submit::FrontDesk, upload::Uploads};
use rushes_runtime::config::{LimitConfig, ListenConfig, RetentionConfig, StorageConfig, parsed};
use rushes_runtime::{http, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    telemetry::start()?;
    let (storage, listen) = (StorageConfig::from_env()?, ListenConfig::from_env()?);
    let clients = Clients::from_env().await;
    let bucket = Arc::new(S3Bucket::new(clients.s3, storage.bucket));
    let store = Arc::new(DynamoTable::new(clients.dynamodb, storage.table));
    let media = Library::for_service(parsed("RUSHES_ALLOW_HOSTS", AllowedHosts::default())?)?;
    let media = media.with_uploads(bucket.clone());
    let desk = FrontDesk {
        store: store.clone(),
        bucket: bucket.clone(),
        queue: Arc::new(SqsQueue::new(clients.sqs, storage.tasks_queue_url)),
        media: Arc::new(media),
        time_to_live: RetentionConfig::from_env()?.time_to_live,
    };
    let access = parsed("RUSHES_API_KEYS", auth::Access::default())?;
    let uploads = Uploads { bucket: bucket.clone() };
    let batches = BatchDesk { desk: desk.clone(), batches: store.clone() };
    let limiter = limit::Limiter::new(LimitConfig::from_env()?.requests_per_second);
    let reader = Reader { store, bucket };
    let service = handler::Service { desk, batches, reader, uploads, access, limiter };
    Ok(http::serve(handler::router(service), listen).await?)
}
