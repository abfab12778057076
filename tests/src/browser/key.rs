//! Keys of the API on the page.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Browser, PAGE_DEADLINE};

/// A key that holds what no header can is named as such, when it is entered and when it was kept before.
///
/// # Errors
/// When it is not.
pub async fn an_odd_key_is_told(base_url: &str) -> Result<()> {
    let browser = Browser::start().await?;
    browser.open(base_url).await?;
    browser.click("#key-button").await?;
    let told = "const message = document.getElementById('key-message').textContent;
        return document.getElementById('key-dialog').open && message.includes(arguments[0]) && message.includes('cannot be sent')";
    for (key, sign) in [("ключ", "“к” (U+043A)"), ("schlüssel", "“ü” (U+00FC)"), ("ab\u{200b}c", "(U+200B)")]
    {
        browser.fill("#key", key).await?;
        browser.click("#key-form [type=submit]").await?;
        browser.until("the odd letter to be named", PAGE_DEADLINE, told, &[json!(sign)]).await?;
    }
    let kept = "return localStorage.getItem('rushes.key')";
    anyhow::ensure!(browser.ask::<Option<String>>(kept, &[]).await?.is_none(), "the odd key was kept");
    // As an earlier version of the page kept it.
    browser.ask::<Value>("localStorage.setItem('rushes.key', arguments[0])", &[json!("ключ")]).await?;
    browser.driver.refresh().await?;
    browser.until("the kept key to be named", PAGE_DEADLINE, told, &[json!("U+043A")]).await?;
    browser.fill("#key", "plain").await?;
    browser.click("#key-form [type=submit]").await?;
    let listed = "return document.getElementById('tasks').getAttribute('aria-busy') === 'false'";
    browser.until("the list", PAGE_DEADLINE, listed, &[]).await?;
    browser.console_is_clean().await?;
    browser.quit().await
}
