//! The pinned ffmpeg, as the tests use it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

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
