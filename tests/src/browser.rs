//! The dashboard as a person meets it: a real Chromium, driven through chromedriver.
//!
//! Nothing here waits for a fixed time. Every step is asked for again and again
//! until it is so, or until a deadline that only a broken page can reach.

mod key;
mod life;
mod links;
mod topic;

pub use key::an_odd_key_is_told;
pub use life::cancel_retry_and_delete;
pub use topic::{ask_for_a_topic, offers_no_topic, shows_warnings};

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::cdp::domains::emulation::SetDeviceMetricsOverride;
use thirtyfour::common::log::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const PAGE_DEADLINE: Duration = Duration::from_secs(30);
const VIDEO_DEADLINE: Duration = Duration::from_secs(180);
const PAUSE: Duration = Duration::from_millis(50);

const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--window-size=1280,900",
];

const SCRIPT: &str = "Rushes are the prints of a day's shooting. They are ready before the next morning.";

/// A Chromium of its own with an empty profile. Call [`Browser::quit`] at the end;
/// dropping it kills what is left.
pub struct Browser {
    driver: WebDriver,
    chromedriver: Chromedriver,
    _profile: TempDir,
}

/// Leads a process group, so that no browser outlives a test that failed half-way.
struct Chromedriver(Child);

impl Drop for Chromedriver {
    fn drop(&mut self) {
        if let Some(group) = self.0.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
    }
}

impl Browser {
    /// Starts chromedriver on a free port and a Chromium under it.
    ///
    /// # Errors
    /// When either does not start.
    pub async fn start() -> Result<Self> {
        // The HTTP client inside the driver needs to know whose cryptography to use.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let profile = tempfile::tempdir()?;
        let (chromedriver, port) = start_chromedriver().await?;
        let mut capabilities = DesiredCapabilities::chrome();
        for flag in FLAGS {
            capabilities.add_arg(flag)?;
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await?;
        Ok(Self { driver, chromedriver, _profile: profile })
    }

    /// Ends the browser.
    ///
    /// # Errors
    /// When chromedriver does not answer any more.
    pub async fn quit(self) -> Result<()> {
        let Self { driver, chromedriver, _profile } = self;
        driver.quit().await?;
        drop(chromedriver);
        Ok(())
    }

    async fn open(&self, base_url: &str) -> Result<()> {
        self.driver.goto(base_url).await?;
        // The voices are filled in by the page's script: it has started.
        let started = "return document.querySelectorAll('#voice option').length > 0";
        self.until("the page's script to start", PAGE_DEADLINE, started, &[]).await
    }

    async fn ask<T: DeserializeOwned>(&self, script: &str, arguments: &[Value]) -> Result<T> {
        Ok(self.driver.execute(script, arguments.to_vec()).await?.convert()?)
    }

    /// Waits until `script` answers true.
    async fn until(&self, what: &str, limit: Duration, script: &str, arguments: &[Value]) -> Result<()> {
        let deadline = Instant::now() + limit;
        while !self.ask::<bool>(script, arguments).await? {
            if Instant::now() > deadline {
                let page: String = self.ask("return document.body.innerText", &[]).await?;
                bail!("waited {limit:?} for {what}; the page says:\n{page}");
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn element(&self, selector: &str) -> Result<WebElement> {
        self.driver.find(By::Css(selector)).await.with_context(|| format!("no {selector} on the page"))
    }

    async fn click(&self, selector: &str) -> Result<()> {
        let element = self.element(selector).await?;
        element.scroll_into_view().await?;
        element.click().await.with_context(|| format!("{selector} cannot be clicked"))
    }

    async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let element = self.element(selector).await?;
        element.clear().await?;
        Ok(element.send_keys(text).await?)
    }

    async fn choose_mode(&self, mode: &str) -> Result<()> {
        self.ask::<Value>("document.querySelector(`#modes [value=\"${arguments[0]}\"]`).click()", &[json!(mode)])
            .await?;
        Ok(())
    }

    /// Fails when the page wrote an error to the console.
    async fn console_is_clean(&self) -> Result<()> {
        let errors: Vec<String> = self
            .driver
            .browser_log()
            .await?
            .into_iter()
            .filter(|entry| entry.level == "SEVERE")
            .map(|entry| entry.message)
            .collect();
        ensure!(errors.is_empty(), "the console shows errors: {errors:#?}");
        Ok(())
    }
}

async fn start_chromedriver() -> Result<(Chromedriver, u16)> {
    let mut child = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .context("chromedriver is needed: apt-get install chromium-driver")?;
    let stdout = child.stdout.take().context("chromedriver has no output")?;
    let chromedriver = Chromedriver(child);
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        let port = line.split("started successfully on port ").nth(1);
        if let Some(port) = port.and_then(|rest| rest.trim_end_matches('.').parse().ok()) {
            // What follows is read and forgotten, so that chromedriver never waits on a full pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok((chromedriver, port));
        }
    }
    bail!("chromedriver ended before it listened")
}

#[derive(Debug, Deserialize)]
struct Shown {
    status: String,
    error: String,
}

const CARD: &str = "const card = [...document.querySelectorAll('li.task')]
    .find((card) => card.querySelector('.task-title').textContent === arguments[0]);";

async fn until_ready(browser: &Browser, title: &str) -> Result<()> {
    let script = format!(
        "{CARD} return card ? {{ status: card.dataset.status, error: card.querySelector('.task-error').textContent }} : null"
    );
    let deadline = Instant::now() + VIDEO_DEADLINE;
    loop {
        let shown: Option<Shown> = browser.ask(&script, &[json!(title)]).await?;
        match shown {
            Some(Shown { status, .. }) if status == "completed" => return Ok(()),
            Some(Shown { status, error }) if status == "failed" || status == "cancelled" => {
                bail!("the video {status}: {error}")
            }
            last if Instant::now() > deadline => bail!("no video after {VIDEO_DEADLINE:?}; last seen: {last:?}"),
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Sends a script, waits for the video, plays it, saves it, and finds it again after a reload.
///
/// # Errors
/// With the step that did not come about, or what the console shows.
pub async fn submit_and_play(base_url: &str) -> Result<()> {
    let browser = Browser::start().await?;
    let title = format!("Größe 1/2: “{}”", std::process::id());
    browser.open(base_url).await?;
    browser.fill("#title", &title).await?;
    browser.fill("#script", SCRIPT).await?;
    browser.click("#resolution option:first-child").await?;
    browser
        .until(
            "an estimate",
            PAGE_DEADLINE,
            "return /characters/.test(document.getElementById('estimate').textContent)",
            &[],
        )
        .await?;
    browser.click("#submit").await?;
    let arguments = [json!(title)];
    browser.until("the video in the list", PAGE_DEADLINE, &format!("{CARD} return Boolean(card)"), &arguments).await?;
    until_ready(&browser, &title).await?;

    let play = format!("{CARD} card.querySelector('[data-act=play]').click()");
    browser.ask::<Value>(&play, &arguments).await?;
    let playing = format!(
        "{CARD} const video = card.querySelector('video');
         return Boolean(video && video.readyState >= 2 && video.currentTime > 0 && !video.paused && video.videoWidth > 0)"
    );
    browser.until("the video to play", PAGE_DEADLINE, &playing, &arguments).await?;
    let links =
        format!("{CARD} return [...card.querySelectorAll('.task-links a[href]')].map((link) => link.textContent)");
    let links: Vec<String> = browser.ask(&links, &arguments).await?;
    ensure!(links == ["MP4", "SRT", "VTT"], "the downloads offered are {links:?}");
    links::save(&browser, &title, &format!("Größe 1-2- “{}”", std::process::id())).await?;

    browser.driver.refresh().await?;
    until_ready(&browser, &title).await?;
    let draft: String = browser.ask("return document.getElementById('script').value", &[]).await?;
    ensure!(draft == SCRIPT, "the draft was lost: {draft:?}");
    browser.console_is_clean().await?;
    browser.quit().await
}

/// Sends nothing, and finds the fault named beside the field.
///
/// # Errors
/// When it is not.
pub async fn a_fault_stands_beside_its_field(base_url: &str) -> Result<()> {
    let browser = Browser::start().await?;
    browser.open(base_url).await?;
    browser.click("#submit").await?;
    let marked = "const field = document.getElementById('script');
        const fault = document.getElementById(field.getAttribute('aria-describedby'));
        return field.getAttribute('aria-invalid') === 'true' && document.activeElement === field && Boolean(fault?.textContent)";
    browser.until("the script to be marked", PAGE_DEADLINE, marked, &[]).await?;
    browser.fill("#script", "Now there is one.").await?;
    let cleared = "return document.querySelectorAll('.field-error, #script[aria-invalid]').length === 0";
    browser.until("the mark to go", PAGE_DEADLINE, cleared, &[]).await?;
    browser.quit().await
}

/// On a screen of 360 pixels nothing reaches beyond the edge, whatever is open.
///
/// # Errors
/// With what does.
pub async fn fits_a_phone(base_url: &str) -> Result<()> {
    let browser = Browser::start().await?;
    let phone = SetDeviceMetricsOverride {
        width: 360,
        height: 780,
        device_scale_factor: 2.0,
        mobile: true,
        scale: None,
        screen_orientation: None,
    };
    browser.driver.cdp().send(phone).await?;
    browser.open(base_url).await?;
    browser
        .until(
            "the list",
            PAGE_DEADLINE,
            "return document.getElementById('tasks').getAttribute('aria-busy') === 'false'",
            &[],
        )
        .await?;
    browser.ask::<Value>("document.getElementById('more').open = true", &[]).await?;
    for mode in ["script", "scenes", "topic", "json"] {
        browser.choose_mode(mode).await?;
        let (content, screen): (u32, u32) =
            browser.ask("return [document.documentElement.scrollWidth, window.innerWidth]", &[]).await?;
        ensure!(content <= 360 && screen <= 360, "{mode}: {content} pixels of content on a screen of {screen}");
    }
    browser.console_is_clean().await?;
    browser.quit().await
}
