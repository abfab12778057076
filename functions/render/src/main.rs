//! Makes the videos of queued tasks: wiring. What is done with a message stands in [`handler`].

mod handler;

use std::path::PathBuf;
use std::sync::Arc;

use rushes_aws::{Clients, DynamoTable, S3Bucket, SqsQueue};
use rushes_content::{media, remember::RememberingVoice, speak::SpeakVoice};
use rushes_core::{memo::BucketMemo, produce::Studio, work::Worker};
use rushes_engine::Engine;
use rushes_runtime::config::{StorageConfig, WorkConfig, optional, parsed};
use rushes_runtime::{messages, telemetry, workdir::WorkDirs};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    telemetry::start()?;
    let (storage, config) = (StorageConfig::from_env()?, WorkConfig::from_env()?);
    let clients = Clients::from_env().await;
    let bucket = Arc::new(S3Bucket::new(clients.s3, storage.bucket));
    let memo = Arc::new(BucketMemo { bucket: bucket.clone() });
    let library = media::Library::for_service(parsed("RUSHES_ALLOW_HOSTS", media::AllowedHosts::default())?)?;
    let voice = Arc::new(optional("RUSHES_SPEAK").map_or_else(SpeakVoice::beside_this_program, speak_at));
    let studio = Studio {
        voice: Arc::new(RememberingVoice::new(voice, memo.clone())),
        media: Arc::new(library.with_uploads(bucket.clone())),
        renderer: Arc::new(Engine::new(parsed("RUSHES_FFMPEG", PathBuf::from("ffmpeg"))?).with_memo(memo)),
    };
    let worker = Worker {
        store: Arc::new(DynamoTable::new(clients.dynamodb, storage.table)),
        bucket,
        studio,
        owner: format!("render-{}", ulid::Ulid::generate()),
        lease: config.lease,
    };
    let handler = handler::RenderHandler { worker, directories: WorkDirs::create()? };
    let queue = SqsQueue::new(clients.sqs, storage.tasks_queue_url);
    Ok(messages::serve(Arc::new(handler), queue, config).await?)
}

fn speak_at(program: String) -> SpeakVoice {
    SpeakVoice::new(PathBuf::from(program))
}
