//! The tools of this machine: engine, voice, media, and what the environment sets up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use rushes_content::http::HttpClient;
use rushes_content::media::{AllowedHosts, Library};
use rushes_content::remember::RememberingVoice;
use rushes_content::settings::{Environment, Outside};
use rushes_content::speak::SpeakVoice;
use rushes_core::memo::NoMemo;
use rushes_core::ports::{Memo, SilentProgress, Voice};
use rushes_core::produce::{Laid, Studio};
use rushes_core::spec::{SpecError, VideoSpec};
use rushes_engine::Engine;

use crate::arguments::ToolOptions;
use crate::directory::DirectoryMemo;

/// The engine as asked for, with its memory.
pub fn engine(options: &ToolOptions) -> anyhow::Result<Engine> {
    let engine = Engine::new(options.ffmpeg.clone());
    let Some(memo) = memo(options)? else { return Ok(engine) };
    memo.prune().context("old remembered results cannot be removed (try --no-cache)")?;
    Ok(engine.with_memo(Arc::new(memo)))
}

/// All that makes a video with that engine.
pub fn studio(engine: Engine, options: &ToolOptions) -> anyhow::Result<Studio> {
    let voice = options.speak.clone().map_or_else(SpeakVoice::beside_this_program, SpeakVoice::new);
    let (voice, memo): (Arc<dyn Voice>, Arc<dyn Memo>) = match memo(options)?.map(Arc::new) {
        Some(memo) => (Arc::new(RememberingVoice::new(Arc::new(voice), memo.clone())), memo),
        None => (Arc::new(voice), Arc::new(NoMemo)),
    };
    let environment = Environment::of_process();
    let http = HttpClient::new(environment.http()?)?;
    let outside = Outside { http: http.clone(), signer: None, memo };
    Ok(Studio {
        writer: outside.writer(&environment)?,
        footage: outside.footage(&environment, None)?,
        voice: outside.voice(&environment, voice)?,
        media: Arc::new(Library::for_command_line(http, AllowedHosts::default())),
        renderer: Arc::new(engine),
    })
}

/// Fails with every piece of media that cannot be shown.
pub async fn check_media(studio: &Studio, spec: &VideoSpec) -> anyhow::Result<()> {
    let violations = studio.check_media(spec).await;
    if !violations.is_empty() {
        bail!(SpecError::Invalid(violations));
    }
    Ok(())
}

/// A spec whose media are brought into `scratch`; nothing is rendered.
pub async fn lay(engine: &Engine, spec: &VideoSpec, options: &ToolOptions, scratch: &Path) -> anyhow::Result<Laid> {
    let studio = studio(engine.clone(), options)?;
    check_media(&studio, spec).await?;
    Ok(studio.lay(spec, scratch, &SilentProgress).await?)
}

/// Where results are remembered; `None` for no cache.
fn memo(options: &ToolOptions) -> anyhow::Result<Option<DirectoryMemo>> {
    cache_folder(options).map(DirectoryMemo::open).transpose()
}

/// As asked for, or where the XDG base directory specification has caches; `None` for no cache.
fn cache_folder(options: &ToolOptions) -> Option<PathBuf> {
    if options.no_cache {
        return None;
    }
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = || absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    options.cache_dir.clone().or_else(|| Some(caches()?.join("rushes")))
}
