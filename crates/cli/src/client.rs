//! The HTTP API, as a client sees it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::arguments::ServiceOptions;
use crate::progress::Bar;

/// How often a task is asked about.
const POLL_INTERVAL: Duration = Duration::from_millis(400);
/// Failed questions in a row after which watching gives up.
const MAX_FAILURES: u32 = 10;

/// The largest clip on a slow line.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(3600);

/// Talks to a running service.
pub struct Api {
    client: Client,
    base_url: String,
    key: Option<String>,
}

/// What the service tells about a task.
#[derive(Debug, Deserialize)]
pub struct Task {
    /// Its name.
    pub id: String,
    /// Where it stands.
    pub status: String,
    /// What is being done.
    pub stage: String,
    /// 0–100.
    pub progress: u8,
    /// Link to the video, once completed.
    pub video_url: Option<String>,
    /// Why not, once failed.
    pub error: Option<TaskError>,
}

/// Why a task failed.
#[derive(Debug, Deserialize)]
pub struct TaskError {
    /// In plain words.
    pub message: String,
}

/// Where to send a file, and how.
#[derive(Deserialize)]
struct Upload {
    id: String,
    upload_url: String,
    headers: BTreeMap<String, String>,
}

/// A problem document (RFC 9457).
#[derive(Debug, Deserialize)]
struct Problem {
    title: String,
    detail: Option<String>,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
struct Fault {
    pointer: String,
    message: String,
}

impl Api {
    /// The service at `base_url`, called with `key` if there is one.
    pub fn new(base_url: &str, key: Option<String>) -> anyhow::Result<Self> {
        Ok(Self { client: http_client()?, base_url: base_url.trim_end_matches('/').to_owned(), key })
    }

    /// The service that a person chose.
    pub fn of(options: &ServiceOptions) -> anyhow::Result<Self> {
        Self::new(&options.url, options.key.clone())
    }

    /// Asks for a video; with a key, once for it and not again.
    pub async fn submit(&self, spec: Vec<u8>, idempotency_key: Option<&str>) -> anyhow::Result<Task> {
        let mut request = self.client.post(format!("{}/v1/videos", self.base_url));
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        self.task(request.header("content-type", "application/json").body(spec)).await
    }

    /// Sends a request without a body to `path`.
    pub async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str) -> anyhow::Result<T> {
        self.answer(self.client.request(method, format!("{}{path}", self.base_url))).await
    }

    /// Sends JSON to `path`.
    pub async fn send_json<T: DeserializeOwned>(&self, method: Method, path: &str, json: Vec<u8>) -> anyhow::Result<T> {
        let request = self.client.request(method, format!("{}{path}", self.base_url));
        self.answer(request.header("content-type", "application/json").body(json)).await
    }

    /// Uploads a file; returns the id that specs use.
    pub async fn upload(&self, path: &Path, content_type: &str) -> anyhow::Result<String> {
        let shown = || format!("{} cannot be uploaded", path.display());
        let file = tokio::fs::File::open(path).await.with_context(shown)?;
        let size_bytes = file.metadata().await.with_context(shown)?.len();
        let request = self.client.post(format!("{}/v1/assets", self.base_url));
        let wanted = serde_json::json!({"content_type": content_type, "size_bytes": size_bytes});
        let offer: Upload = self.answer(request.json(&wanted)).await.with_context(shown)?;
        let upload = offer
            .headers
            .iter()
            .fold(self.client.put(&offer.upload_url), |upload, (name, value)| upload.header(name, value));
        let sent = upload.timeout(UPLOAD_TIMEOUT).body(file).send().await;
        let answer = sent.map_err(reqwest::Error::without_url).with_context(shown)?;
        if !answer.status().is_success() {
            bail!("{}: the bucket answered {}", shown(), answer.status());
        }
        Ok(offer.id)
    }

    /// How a task stands.
    pub async fn get(&self, id: &str) -> anyhow::Result<Task> {
        self.task(self.client.get(format!("{}/v1/videos/{id}", self.base_url))).await
    }

    /// Whether the service answers and finds itself well.
    pub async fn is_healthy(&self) -> bool {
        let answer = self.client.get(format!("{}/health", self.base_url)).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// Shows a task's progress until it has ended.
    pub async fn watch(&self, id: &str, bar: &Bar) -> anyhow::Result<Task> {
        let mut failures = 0;
        loop {
            match self.get(id).await {
                Ok(task) => {
                    failures = 0;
                    bar.show(&task.stage, task.progress);
                    match task.status.as_str() {
                        "queued" | "processing" => {}
                        "completed" => return Ok(task),
                        other => {
                            let reason = task.error.map_or_else(|| other.to_owned(), |error| error.message);
                            bail!("task {id} has no video: {reason}");
                        }
                    }
                }
                Err(error) if failures >= MAX_FAILURES => return Err(error),
                Err(_) => failures += 1,
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// The bytes at a link that the service handed out.
    pub async fn download(&self, url: &str) -> anyhow::Result<Vec<u8>> {
        let answer = self.client.get(url).send().await?.error_for_status()?;
        Ok(answer.bytes().await?.to_vec())
    }

    async fn task(&self, request: RequestBuilder) -> anyhow::Result<Task> {
        self.answer(request).await
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        let request = match &self.key {
            Some(key) => request.header("x-api-key", key),
            None => request,
        };
        let answer = request.send().await.with_context(|| format!("{} does not answer", self.base_url))?;
        let status = answer.status();
        let body = answer.bytes().await?;
        if status == StatusCode::NO_CONTENT {
            return Ok(serde_json::from_value(serde_json::Value::Null)?);
        }
        if status.is_success() {
            return serde_json::from_slice(&body).context("the service answered something unexpected");
        }
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => bail!("{}", told(&problem)),
            Err(_) => bail!("the service answered {status}"),
        }
    }
}

/// A client for this program's own requests.
pub fn http_client() -> anyhow::Result<Client> {
    // Another part of the program may have chosen already; then its choice stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(Client::builder().tls_backend_preconfigured(rushes_tls::client()?).timeout(Duration::from_secs(60)).build()?)
}

fn told(problem: &Problem) -> String {
    let mut text = problem.detail.clone().unwrap_or_else(|| problem.title.clone());
    for fault in &problem.errors {
        text.push_str(&format!("\n  {}: {}", fault.pointer, fault.message));
    }
    text
}
