//! The place where people drop manifests, and what comes of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rushes_aws::{Clients, WrittenObject, parse_message, s3_event};
use serde_json::Value;

use crate::Service;

const MINUTE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

/// Takes every message out of the queue of tasks; tells how often each task was named.
///
/// # Errors
/// When the queue does not work, or a message names no task.
pub async fn enqueued(service: &Service) -> Result<BTreeMap<String, usize>> {
    let queue = service.aws.queue().await?;
    let mut counts = BTreeMap::new();
    loop {
        let messages = queue.receive_at_once(10, 10 * MINUTE).await?;
        if messages.is_empty() {
            return Ok(counts);
        }
        for message in messages {
            *counts.entry(parse_message(&message.body)?.to_string()).or_default() += 1;
        }
    }
}

/// The bucket's folder of manifests, and the queue on which S3 speaks of it.
#[derive(Debug)]
pub struct Inbox {
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    bucket: String,
    queue: String,
}

impl Inbox {
    /// That of a service.
    ///
    /// # Errors
    /// When nothing was deployed.
    pub async fn of(service: &Service) -> Result<Self> {
        let clients = Clients::local(&service.aws.endpoint).await;
        let output = |name| service.aws.output(name).map(str::to_owned);
        let (bucket, queue) = (output("RUSHES_BUCKET")?, output("RUSHES_INGEST_QUEUE_URL")?);
        Ok(Self { s3: clients.s3, sqs: clients.sqs, bucket, queue })
    }

    /// Drops a manifest.
    ///
    /// # Errors
    /// When the bucket does not take it.
    pub async fn drop(&self, key: &str, manifest: impl Into<Vec<u8>>) -> Result<()> {
        let body = manifest.into().into();
        self.s3.put_object().bucket(&self.bucket).key(key).body(body).send().await?;
        Ok(())
    }

    /// Says once more that the object was written.
    ///
    /// # Errors
    /// When it was not.
    pub async fn announce(&self, key: &str) -> Result<()> {
        let head = self.s3.head_object().bucket(&self.bucket).key(key).send().await?;
        let etag = head.e_tag().map(|etag| etag.trim_matches('"').to_owned());
        let body = s3_event(&WrittenObject { key: key.to_owned(), etag });
        self.sqs.send_message().queue_url(&self.queue).message_body(body).send().await?;
        Ok(())
    }

    /// The lines of the report beside a manifest; none as long as there is no report.
    ///
    /// # Errors
    /// When a line is no JSON.
    pub async fn report(&self, key: &str) -> Result<Vec<Value>> {
        let key = format!("{key}.results.jsonl");
        let Ok(object) = self.s3.get_object().bucket(&self.bucket).key(key).send().await else { return Ok(Vec::new()) };
        let bytes = object.body.collect().await?.into_bytes();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).context("a line of the report")).collect()
    }

    /// The report, once it has so many lines.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn whole_report(&self, service: &Service, key: &str, lines: usize) -> Result<Vec<Value>> {
        let deadline = Instant::now() + 2 * MINUTE;
        loop {
            let report = self.report(key).await?;
            if report.len() >= lines {
                return Ok(report);
            }
            ensure!(Instant::now() < deadline, "{} of {lines} lines\n{}", report.len(), service.log("ingest"));
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until no message about manifests is left, neither to be seen nor hidden.
    ///
    /// # Errors
    /// When some stay.
    pub async fn idle(&self, service: &Service) -> Result<()> {
        let deadline = Instant::now() + 2 * MINUTE;
        while service.messages("RUSHES_INGEST_QUEUE_URL").await? > 0 {
            ensure!(Instant::now() < deadline, "messages about manifests stay");
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }
}
