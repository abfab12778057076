//! `rushes inspect`: what a finished video is made of, or what rendering a spec would do.

mod movie;
mod plan;

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::Context;
use rushes_engine::is_mp4;

use crate::arguments::InspectOptions;
use crate::outcome::unless_interrupted;

/// Prints what is in the file.
pub async fn run(options: InspectOptions) -> anyhow::Result<()> {
    let path = &options.file;
    let is_movie = begins_as_mp4(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let told =
        unless_interrupted(async { if is_movie { movie::tell(&options).await } else { plan::tell(&options).await } })
            .await?;
    // A reader that has seen enough (`| head`) is no failure.
    match std::io::stdout().write_all(told.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn begins_as_mp4(path: &Path) -> std::io::Result<bool> {
    if path == Path::new("-") {
        return Ok(false);
    }
    let mut head = Vec::new();
    File::open(path)?.take(8).read_to_end(&mut head)?;
    Ok(is_mp4(&head))
}

/// Minutes and seconds.
fn clock(seconds: f64) -> String {
    let minutes = (seconds / 60.0).floor();
    format!("{minutes}:{:06.3}", seconds - minutes * 60.0)
}
