//! Asks the API as a user does.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::local_aws::reqwest_client;

/// An API and how it is asked.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    /// Where the API answers.
    pub base_url: String,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as JSON; null when it is none.
    pub json: Value,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// The text of a header; empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// JSON pointers of the faults that a problem document names.
    #[must_use]
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["pointer"].as_str()).collect()
    }
}

impl Client {
    /// Asks the API at `base_url`.
    #[must_use]
    pub fn new(base_url: String) -> Self {
        Self { http: reqwest_client(), base_url }
    }

    /// A request that has yet to be sent with [`Self::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base_url))
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// When there is none.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let response: Response = request.timeout(Duration::from_secs(60)).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer { status, headers, json, text })
    }

    /// Asks for `path`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends `body`, said to be JSON, to `path`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Result<Answer> {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.send(request.body(body)).await
    }

    /// Asks for a video and returns the id of its task.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn submit(&self, spec: &Value) -> Result<String> {
        let answer = self.post("/v1/videos", spec.to_string()).await?;
        ensure!(answer.status == 202, "not accepted: {} {}", answer.status, answer.text);
        Ok(answer.json["id"].as_str().context("the answer names no id")?.to_owned())
    }

    /// Waits until a task has ended, well or not.
    ///
    /// # Errors
    /// When it has not in `limit`.
    pub async fn ended(&self, id: &str, limit: Duration) -> Result<Value> {
        let deadline = Instant::now() + limit;
        loop {
            let task = self.get(&format!("/v1/videos/{id}")).await?;
            if matches!(task.json["status"].as_str(), Some("completed" | "failed" | "cancelled")) {
                return Ok(task.json);
            }
            if Instant::now() > deadline {
                bail!("the task has not ended in {limit:?}: {}", task.text);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The bytes at a signed URL.
    ///
    /// # Errors
    /// When there are none.
    pub async fn download(&self, url: &str) -> Result<Vec<u8>> {
        let response = self.http.get(url).send().await?.error_for_status()?;
        Ok(response.bytes().await?.to_vec())
    }
}
