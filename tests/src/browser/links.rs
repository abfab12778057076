//! Saving what was made.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};
use thirtyfour::cdp::domains::browser::{DownloadBehavior, SetDownloadBehavior};

use super::{Browser, CARD, PAUSE};

/// A busy machine takes its time over the name of a download.
const SAVE_DEADLINE: Duration = Duration::from_secs(120);

/// Saves the files of the video with `title` through its card: they are named after it, the page stays
/// where it is, and links that have grown old are renewed.
///
/// # Errors
/// With the step that did not come about.
pub async fn save(browser: &Browser, title: &str, name: &str) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let behavior = SetDownloadBehavior {
        behavior: DownloadBehavior::Allow,
        browser_context_id: None,
        download_path: Some(directory.path().display().to_string()),
        events_enabled: None,
    };
    browser.driver.cdp().send(behavior).await?;
    let page = browser.driver.current_url().await?;
    let use_link = format!("{CARD} card.querySelector(`.task-links [data-link=\"${{arguments[1]}}\"]`).click()");
    for (link, extension) in [("video_download_url", "mp4"), ("srt_download_url", "srt")] {
        browser.ask::<Value>(&use_link, &[json!(title), json!(link)]).await?;
        until_saved(directory.path(), &format!("{name}.{extension}")).await?;
    }
    // An hour and a half later, on a page that was left open.
    let later = "window.asked = [];
        const fetched = window.fetch;
        window.fetch = (path, ...more) => { window.asked.push(String(path)); return fetched(path, ...more); };
        const now = Date.now;
        Date.now = () => now() + 90 * 60_000";
    browser.ask::<Value>(later, &[]).await?;
    browser.ask::<Value>(&use_link, &[json!(title), json!("vtt_download_url")]).await?;
    until_saved(directory.path(), &format!("{name}.vtt")).await?;
    let renewed = format!("{CARD} return window.asked.includes(`/v1/videos/${{card.dataset.id}}`)");
    ensure!(browser.ask::<bool>(&renewed, &[json!(title)]).await?, "an old link was used as it was");
    ensure!(browser.driver.current_url().await? == page, "the page was left");
    Ok(())
}

async fn until_saved(directory: &Path, name: &str) -> Result<()> {
    let deadline = Instant::now() + SAVE_DEADLINE;
    loop {
        let mut saved = BTreeSet::new();
        for entry in std::fs::read_dir(directory)? {
            saved.insert(entry?.file_name().to_string_lossy().into_owned());
        }
        if saved.contains(name) {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("waited {SAVE_DEADLINE:?} for {name:?}; there is {saved:?}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}
