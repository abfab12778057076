//! The place where people drop manifests, and what comes of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_sdk_s3::types::QueueConfiguration;
use aws_sdk_sqs::types::QueueAttributeName;
use rushes_aws::{Clients, parse_message, parse_s3_event};
use serde_json::Value;
use tokio::sync::Mutex;

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
    /// Hears what S3 says, too.
    second_queue: String,
    heard: Mutex<Vec<String>>,
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
        let second_queue = clients.sqs.create_queue().queue_name("overheard").send().await?;
        let second_queue = second_queue.queue_url.context("a queue without an address")?;
        let inbox =
            Self { s3: clients.s3, sqs: clients.sqs, bucket, queue, second_queue, heard: Mutex::new(Vec::new()) };
        inbox.overhear().await?;
        Ok(inbox)
    }

    /// Has S3 tell the second queue what it tells the first.
    async fn overhear(&self) -> Result<()> {
        let arn = self.sqs.get_queue_attributes().queue_url(&self.second_queue);
        let arn = arn.attribute_names(QueueAttributeName::QueueArn).send().await?;
        let arn = arn.attributes().and_then(|found| found.get(&QueueAttributeName::QueueArn)).context("no ARN")?;
        let told = self.s3.get_bucket_notification_configuration().bucket(&self.bucket).send().await?;
        let mut queues: Vec<QueueConfiguration> = told.queue_configurations.unwrap_or_default();
        let first = queues.first().context("S3 tells nobody")?;
        let second = QueueConfiguration::builder()
            .queue_arn(arn)
            .set_events(Some(first.events.clone()))
            .set_filter(first.filter.clone())
            .build()?;
        queues.push(second);
        let told =
            aws_sdk_s3::types::NotificationConfiguration::builder().set_queue_configurations(Some(queues)).build();
        let put = self.s3.put_bucket_notification_configuration().bucket(&self.bucket);
        put.notification_configuration(told).send().await?;
        Ok(())
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

    /// Says once more what S3 said last about the object.
    ///
    /// # Errors
    /// When it said nothing, or is not heard.
    pub async fn announce(&self, key: &str) -> Result<()> {
        let mut heard = self.heard.lock().await;
        loop {
            let told =
                self.sqs.receive_message().queue_url(&self.second_queue).max_number_of_messages(10).send().await?;
            let messages = told.messages.unwrap_or_default();
            if messages.is_empty() {
                break;
            }
            for message in messages {
                let receipt = message.receipt_handle.unwrap_or_default();
                self.sqs.delete_message().queue_url(&self.second_queue).receipt_handle(receipt).send().await?;
                heard.extend(message.body);
            }
        }
        let is_about =
            |body: &&String| parse_s3_event(body).is_ok_and(|objects| objects.iter().any(|object| object.key == key));
        let body = heard.iter().rfind(is_about).context("S3 said nothing about it")?;
        self.sqs.send_message().queue_url(&self.queue).message_body(body).send().await?;
        Ok(())
    }

    /// The reports beside a manifest by their keys: the lines of each.
    ///
    /// # Errors
    /// When they cannot be had, or a line is no JSON.
    pub async fn reports(&self, key: &str) -> Result<BTreeMap<String, Vec<Value>>> {
        let found = self.s3.list_objects_v2().bucket(&self.bucket).prefix(format!("{key}.")).send().await?;
        let mut reports = BTreeMap::new();
        for report in found.contents.unwrap_or_default().into_iter().filter_map(|object| object.key) {
            let object = self.s3.get_object().bucket(&self.bucket).key(&report).send().await?;
            let bytes = object.body.collect().await?.into_bytes();
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            let lines = lines.map(|line| serde_json::from_slice(line).context("a line of the report"));
            reports.insert(report, lines.collect::<Result<_>>()?);
        }
        Ok(reports)
    }

    /// [`Self::reports`], once there are so many.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn all_reports(
        &self,
        service: &Service,
        key: &str,
        count: usize,
    ) -> Result<BTreeMap<String, Vec<Value>>> {
        let deadline = Instant::now() + 2 * MINUTE;
        loop {
            let reports = self.reports(key).await?;
            if reports.len() >= count {
                return Ok(reports);
            }
            ensure!(Instant::now() < deadline, "{} of {count} reports\n{}", reports.len(), service.log("ingest"));
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The lines of the only report beside a manifest; none as long as there is no report.
    ///
    /// # Errors
    /// As [`Self::reports`], or when there are several.
    pub async fn report(&self, key: &str) -> Result<Vec<Value>> {
        let mut reports = self.reports(key).await?;
        ensure!(reports.len() <= 1, "{} reports", reports.len());
        Ok(reports.pop_first().map(|(_, lines)| lines).unwrap_or_default())
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
