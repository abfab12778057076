//! The HTTP API and the dashboard: wiring. What it answers stands in [`handler`].

mod auth;
mod body;
#[cfg(test)]
mod broken_memo;
mod cors;
mod dashboard;
mod handler;
mod idempotency;
mod limit;
mod observe;
#[cfg(test)]
mod outside;
mod problem;
mod query;
mod routes;

use std::sync::Arc;

use rushes_aws::{Clients, DynamoMemo, DynamoTable, S3Bucket, SqsDeadLetters, SqsQueue};
use rushes_content::http::HttpClient;
use rushes_content::media::{AllowedHosts, Library};
use rushes_content::settings::Environment;
use rushes_core::submit::{FrontDesk, REQUEST_LEASE};
use rushes_core::{
    batch::BatchDesk, channel::Channels, dead_letters::DeadLetters, manage::Manager, memo, read::Reader,
    upload::Uploads,
};
use rushes_runtime::config::{LimitConfig, ListenConfig, MemoConfig, RetentionConfig, StorageConfig, parsed};
use rushes_runtime::{http, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    telemetry::start()?;
    let (storage, listen, limits) = (StorageConfig::from_env()?, ListenConfig::from_env()?, LimitConfig::from_env()?);
    let clients = Clients::from_env().await;
    let bucket = Arc::new(S3Bucket::new(clients.s3, storage.bucket));
    let store = Arc::new(DynamoTable::new(clients.dynamodb, storage.table));
    let results = Arc::new(DynamoMemo::new(DynamoTable::clone(&store), S3Bucket::clone(&bucket)));
    let environment = Environment::of_process();
    let http = HttpClient::new(environment.http()?)?;
    let media = Library::for_service(http, parsed("RUSHES_ALLOW_HOSTS", AllowedHosts::default())?);
    let queue = Arc::new(SqsQueue::new(clients.sqs.clone(), storage.tasks_queue_url));
    let letters = Arc::new(SqsDeadLetters::new(clients.sqs, storage.dead_letters_queue_url));
    let desk = FrontDesk {
        store: store.clone(),
        requests: store.clone(),
        channels: store.clone(),
        bucket: bucket.clone(),
        queue: queue.clone(),
        media: Arc::new(media.with_uploads(bucket.clone())),
        time_to_live: RetentionConfig::from_env()?.time_to_live,
        request_lease: REQUEST_LEASE,
        has_writer: environment.has_writer(),
    };
    let service = handler::Service {
        batches: BatchDesk { desk: desk.clone(), batches: store.clone() },
        channels: Channels { store: store.clone(), media: desk.media.clone() },
        desk,
        manager: Manager { store: store.clone(), bucket: bucket.clone(), queue: queue.clone() },
        dead_letters: DeadLetters { letters, store: store.clone(), queue },
        cache: memo::Desk { store: results.clone(), catalog: results, budget: MemoConfig::from_env()?.budget },
        uploads: Uploads { bucket: bucket.clone() },
        reader: Reader { store, bucket },
        access: parsed("RUSHES_API_KEYS", auth::Access::default())?,
        limiter: limit::Limiter::new(limits.requests_per_second),
        body_deadline: limits.body,
        origins: parsed("RUSHES_CORS_ORIGINS", cors::Origins::default())?,
        health: routes::health::LastVerdict::default(),
    };
    Ok(http::serve(handler::router(service), listen).await?)
}
