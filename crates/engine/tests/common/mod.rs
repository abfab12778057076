//! The pinned ffmpeg, as the tests use it, and a memory that a test can look into.

#![allow(dead_code, reason = "not every test needs all of it")]
#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

pub mod clips;
pub mod sounds;

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use rushes_core::ports::{Memo, MemoError, MemoKey, RenderError, RenderJob, RenderedFiles, Renderer, SilentProgress};
use rushes_core::timeline::{Soundtrack, Timeline};
use rushes_engine::Engine;

/// The ffmpeg that the product uses too.
pub fn program() -> PathBuf {
    std::env::var_os("RUSHES_FFMPEG").map_or_else(|| PathBuf::from("ffmpeg"), PathBuf::from)
}

/// What ffmpeg writes; any word of complaint is a failure.
pub fn ffmpeg(arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
    let mut child = Command::new(program())
        .args(["-hide_banner", "-loglevel", "warning"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("stdin")?;
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output()?;
    // What ffmpeg did not want to read it did not need.
    let _ = writer.join();
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && said.is_empty(), "{}: {said}", output.status);
    Ok(output.stdout)
}

/// A file that ffmpeg makes of an expression of its filters, whatever the coder thinks of its settings.
pub fn made(directory: &Path, name: &str, lavfi: &str, coder: &[&str]) -> Result<PathBuf> {
    let path = directory.join(name);
    let target = path.to_str().context("path")?;
    ffmpeg(&[&["-loglevel", "error", "-f", "lavfi", "-i", lavfi], coder, &["-bitexact", "-y", target]].concat(), &[])?;
    Ok(path)
}

/// The only shape of a video, rendered.
pub async fn render(
    engine: &Engine,
    story: &(Timeline, Soundtrack),
    directory: &Path,
) -> Result<RenderedFiles, RenderError> {
    let timelines = std::slice::from_ref(&story.0);
    let job = RenderJob { timelines, soundtrack: Arc::new(story.1.clone()), directory };
    engine.render(job, &SilentProgress).await.map(|mut rendered| rendered.files.remove(0))
}

/// Remembers in a map, which a test can look into.
#[derive(Default)]
pub struct MapMemo(pub Mutex<HashMap<MemoKey, Bytes>>);

#[async_trait]
impl Memo for MapMemo {
    async fn get(&self, key: MemoKey) -> Result<Option<Bytes>, MemoError> {
        Ok(self.0.lock().unwrap().get(&key).cloned())
    }

    async fn put(&self, key: MemoKey, value: Bytes) -> Result<(), MemoError> {
        self.0.lock().unwrap().insert(key, value);
        Ok(())
    }
}
