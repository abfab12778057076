//! A topic on the page: asked for where the service writes scripts, and what comes of it.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{Browser, CARD, PAGE_DEADLINE, until_ready};

const IS_OFFERED: &str = "return !document.querySelector('#modes [value=topic]').closest('label').hidden";

/// Asks for a video about a topic in the looks of `channel`, and reads what was written about it.
///
/// # Errors
/// With the step that did not come about, or what the console shows.
pub async fn ask_for_a_topic(base_url: &str, channel: &str, description: &str) -> Result<()> {
    let browser = Browser::start().await?;
    let topic = "Why bees dance, to the point";
    browser.open(base_url).await?;
    browser.until("topics to be offered", PAGE_DEADLINE, IS_OFFERED, &[]).await?;
    browser.choose_mode("topic").await?;
    let has_channel =
        "return [...document.querySelectorAll('#channel option')].some((option) => option.value === arguments[0])";
    browser.until("the channel", PAGE_DEADLINE, has_channel, &[json!(channel)]).await?;
    for (field, value) in [("channel", channel), ("duration", "15"), ("language", "en")] {
        choose(&browser, field, value).await?;
    }
    browser.fill("#topic", topic).await?;
    browser.fill("#style", "Dry.").await?;
    let look = "return document.getElementById('look').hidden && !document.getElementById('own-look-row').hidden";
    ensure!(browser.ask::<bool>(look, &[]).await?, "the look is not left to the channel");
    browser.click("#submit").await?;
    until_ready(&browser, topic).await?;
    let told = format!(
        "{CARD} const told = card.querySelector('.told'); told.open = true;
         return !told.hidden && told.innerText.includes(arguments[1]) && told.innerText.includes('bees, dance')"
    );
    browser.until("what was written", PAGE_DEADLINE, &told, &[json!(topic), json!(description)]).await?;
    browser.driver.refresh().await?;
    let restored = "return document.querySelector('#modes [value=topic]').checked
        && document.getElementById('style').value === 'Dry.' && document.getElementById('channel').value === arguments[0]";
    browser.until("the draft to come back", PAGE_DEADLINE, restored, &[json!(channel)]).await?;
    browser.console_is_clean().await?;
    browser.quit().await
}

/// Where nobody writes scripts, no topic is offered.
///
/// # Errors
/// When one is.
pub async fn offers_no_topic(base_url: &str) -> Result<()> {
    let browser = Browser::start().await?;
    browser.open(base_url).await?;
    let knows = "return document.getElementById('health').dataset.state === 'ok'";
    browser.until("the service's health", PAGE_DEADLINE, knows, &[]).await?;
    ensure!(!browser.ask::<bool>(IS_OFFERED, &[]).await?, "a topic is offered that nobody can write about");
    browser.quit().await
}

/// A finished video that is not quite what was wished says so.
///
/// # Errors
/// When it does not.
pub async fn shows_warnings(base_url: &str, title: &str, warning: &str) -> Result<()> {
    let browser = Browser::start().await?;
    browser.open(base_url).await?;
    until_ready(&browser, title).await?;
    let shown = format!("{CARD} return card.querySelector('.task-warnings').innerText.includes(arguments[1])");
    browser.until("the warning", PAGE_DEADLINE, &shown, &[json!(title), json!(warning)]).await?;
    browser.quit().await
}

async fn choose(browser: &Browser, field: &str, value: &str) -> Result<()> {
    let script = "const field = document.getElementById(arguments[0]);
        field.value = arguments[1];
        field.dispatchEvent(new Event('change', { bubbles: true }))";
    browser.ask::<Value>(script, &[json!(field), json!(value)]).await?;
    Ok(())
}
