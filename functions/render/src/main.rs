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
    let (storage, mut config) = (StorageConfig::from_env()?, WorkConfig::from_env()?);
    config.poll = wants_to_poll(std::env::args().skip(1))?;
    let clients = Clients::from_env().await;
    let bucket = Arc::new(S3Bucket::new(clients.s3, storage.bucket));
    let memo = Arc::new(BucketMemo { bucket: bucket.clone() });
    let library = media::Library::for_service(parsed("RUSHES_ALLOW_HOSTS", media::AllowedHosts::default())?)?;
    let voice = Arc::new(optional("RUSHES_SPEAK").map_or_else(SpeakVoice::beside_this_program, speak_at));
    let engine = Engine::new(parsed("RUSHES_FFMPEG", PathBuf::from("ffmpeg"))?).with_memo(memo.clone());
    let engine = config.segment_workers.map_or(engine.clone(), |count| engine.with_workers(count));
    let studio = Studio {
        voice: Arc::new(RememberingVoice::new(voice, memo.clone())),
        media: Arc::new(library.with_uploads(bucket.clone())),
        renderer: Arc::new(engine),
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

/// Whether the queue is asked for work, as in a container, wherever this runs.
fn wants_to_poll(arguments: impl Iterator<Item = String>) -> anyhow::Result<bool> {
    match arguments.collect::<Vec<_>>().as_slice() {
        [] => Ok(false),
        [only] if only == "--poll" => Ok(true),
        _ => anyhow::bail!("usage: render [--poll]"),
    }
}

fn speak_at(program: String) -> SpeakVoice {
    SpeakVoice::new(PathBuf::from(program))
}
