//! The tools that make a video here, as the environment sets them up.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use rushes_aws::{Clients, S3Bucket, S3Library};
use rushes_content::http::HttpClient;
use rushes_content::media::{AllowedHosts, Library};
use rushes_content::remember::RememberingVoice;
use rushes_content::settings::{Environment, Outside};
use rushes_content::speak::SpeakVoice;
use rushes_core::ports::Footage;
use rushes_core::{memo::LeveledMemo, produce::Studio};
use rushes_engine::Engine;
use rushes_runtime::config::{optional, parsed};

/// The studio over `bucket`, with so many segments rendered at once.
pub fn studio(
    bucket: &Arc<S3Bucket>,
    clients: &Clients,
    memo: Arc<LeveledMemo>,
    segment_workers: Option<usize>,
) -> anyhow::Result<Studio> {
    let environment = Environment::of_process();
    let http = HttpClient::new(environment.http()?)?;
    let outside = Outside { http: http.clone(), signer: Some(Arc::new(clients.signer.clone())), memo: memo.clone() };
    let library = Library::for_service(http, parsed("RUSHES_ALLOW_HOSTS", AllowedHosts::default())?);
    let own = optional("RUSHES_LIBRARY").map(|address| S3Library::new(clients.s3.clone(), &address)).transpose();
    let own = own.context("RUSHES_LIBRARY")?.map(|library| Arc::new(library) as Arc<dyn Footage>);
    let voice = Arc::new(optional("RUSHES_SPEAK").map_or_else(SpeakVoice::beside_this_program, speak_at));
    let engine = Engine::new(crate::ffmpeg::program()?).with_memo(memo.clone());
    let engine = segment_workers.map_or(engine.clone(), |count| engine.with_workers(count));
    Ok(Studio {
        writer: outside.writer(&environment)?,
        footage: outside.footage(&environment, own)?,
        voice: outside.voice(&environment, Arc::new(RememberingVoice::new(voice, memo.clone())))?,
        media: Arc::new(library.with_uploads(bucket.clone()).with_memo(memo)),
        renderer: Arc::new(engine),
    })
}

fn speak_at(program: String) -> SpeakVoice {
    SpeakVoice::new(PathBuf::from(program))
}
