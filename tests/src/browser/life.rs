//! What a person does with a video in the list.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Browser, CARD, PAGE_DEADLINE, SCRIPT};

/// Cancels a video, has it tried again, cancels it once more, and deletes it.
/// Nobody may work on it meanwhile.
///
/// # Errors
/// With the step that did not come about, or what the console shows.
pub async fn cancel_retry_and_delete(base_url: &str) -> Result<()> {
    let browser = Browser::start().await?;
    browser.open(base_url).await?;
    browser.fill("#title", "Not wanted").await?;
    browser.fill("#script", SCRIPT).await?;
    browser.click("#submit").await?;
    until_it_is(&browser, "queued").await?;
    for (action, status) in [("cancel", "cancelled"), ("retry", "queued"), ("cancel", "cancelled")] {
        press(&browser, action).await?;
        until_it_is(&browser, status).await?;
    }
    press(&browser, "delete").await?;
    let asks = format!("{CARD} return Boolean(card?.querySelector('[data-act=delete].asks'))");
    browser.until("the page to ask back", PAGE_DEADLINE, &asks, &title()).await?;
    press(&browser, "delete").await?;
    let gone = format!("{CARD} return !card && document.getElementById('tasks').getAttribute('aria-busy') === 'false'");
    browser.until("the video to go", PAGE_DEADLINE, &gone, &title()).await?;
    browser.driver.refresh().await?;
    browser.until("the video to stay away", PAGE_DEADLINE, &gone, &title()).await?;
    browser.console_is_clean().await?;
    browser.quit().await
}

fn title() -> [Value; 1] {
    [json!("Not wanted")]
}

async fn until_it_is(browser: &Browser, status: &str) -> Result<()> {
    let script = format!("{CARD} return card?.dataset.status === {}", json!(status));
    browser.until(status, PAGE_DEADLINE, &script, &title()).await
}

/// Presses a button of the card as soon as it can be pressed.
async fn press(browser: &Browser, action: &str) -> Result<()> {
    let script = format!(
        "{CARD} const button = card?.querySelector('.task-actions [data-act={action}]');
         const ready = Boolean(button && !button.hidden && !button.disabled);
         if (ready) button.click();
         return ready"
    );
    browser.until(action, PAGE_DEADLINE, &script, &title()).await
}
