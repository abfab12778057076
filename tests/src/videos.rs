//! Videos for many workers to make, and what has to be there of each in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use rushes_aws::Clients;
use serde_json::{Value, json};

use crate::Service;

const MINUTES: Duration = Duration::from_secs(300);

/// A video of some segments, none of which a video of another number has.
#[must_use]
pub fn spec(number: usize) -> Value {
    let color = |scene: usize| format!("#{:06x}", 0x10_1010 + number * 0x321 + scene * 0x40_0000);
    let scene = |scene: usize| {
        let background = json!({"type": "color", "color": color(scene)});
        json!({"text": format!("Number {number}."), "duration_s": 11, "background": background})
    };
    json!({"title": format!("Video {number}"), "scenes": [scene(0), scene(1), scene(2)], "quality": "draft",
        "output": {"resolution": "480p", "fps": 24}})
}

/// The tasks, once each has ended with one video, and nothing of it lies twice.
///
/// # Errors
/// With what is otherwise.
pub async fn each_has_one_video(service: &Service, ids: &[String]) -> Result<Vec<Value>> {
    let tasks = try_join_all(ids.iter().map(|id| service.client.ended(id, MINUTES))).await?;
    let log = service.log("render");
    for task in &tasks {
        ensure!(task["status"] == "completed", "{task:#}\n{log}");
    }
    let s3 = Clients::local(&service.aws.endpoint).await.s3;
    let bucket = service.aws.output("RUSHES_BUCKET")?;
    for id in ids {
        let ends = log.lines().filter(|line| line.contains("task completed") && line.contains(id.as_str())).count();
        ensure!(ends <= 1, "{id} was completed {ends} times");
        let listed = s3.list_objects_v2().bucket(bucket).prefix(format!("tasks/{id}/")).send().await?;
        let name = |key: &str| key.rsplit('/').next().map(str::to_owned);
        let names: Option<BTreeSet<String>> =
            listed.contents().iter().map(|object| object.key().and_then(name)).collect();
        let wanted = ["captions.srt", "captions.vtt", "poster.jpg", "spec.json", "video.mp4"];
        let names = names.context("an object without a key")?;
        ensure!(names == BTreeSet::from(wanted.map(str::to_owned)), "{id} has {names:?}");
    }
    let titles: BTreeSet<String> = tasks.iter().map(|task| task["title"].to_string()).collect();
    ensure!(titles.len() == ids.len(), "two tasks made the same video: {titles:?}");
    Ok(tasks)
}
