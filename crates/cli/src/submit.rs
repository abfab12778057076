//! `rushes submit` and `rushes watch`: have the service make a video.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use crate::arguments::{SubmitOptions, WatchOptions};
use crate::client::Api;
use crate::input;
use crate::outcome::unless_interrupted;
use crate::progress::Bar;
use crate::upload::upload_files;

/// Uploads the files that a spec names by path and sends it; waits for the video when asked to.
pub async fn submit(options: SubmitOptions) -> anyhow::Result<()> {
    let api = Api::of(&options.service)?;
    let spec = input::read(&options.spec)?;
    unless_interrupted(async {
        let base = options.spec.parent().unwrap_or(Path::new(""));
        let task = api.submit(upload_files(&api, spec, base).await?, options.idempotency_key.as_deref()).await?;
        if options.wait {
            return tell(&api, &task.id).await;
        }
        writeln!(std::io::stdout(), "{}", task.id)?;
        Ok(())
    })
    .await
}

/// Shows a task's progress until it has ended.
pub async fn watch(options: WatchOptions) -> anyhow::Result<()> {
    let api = Api::of(&options.service)?;
    unless_interrupted(tell(&api, &options.id)).await
}

async fn tell(api: &Api, id: &str) -> anyhow::Result<()> {
    let bar = Bar::on_terminal();
    let ended = api.watch(id, &bar).await;
    bar.clear();
    let link = ended?.video_url.context("the service gave no link to the video")?;
    writeln!(std::io::stdout(), "{link}")?;
    Ok(())
}
