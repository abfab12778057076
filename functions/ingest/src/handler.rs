//! From a message of S3's to a use case: each manifest that it names is read.

use async_trait::async_trait;
use rushes_aws::{Message, SqsQueue, WrittenObject, parse_s3_event, s3_event};
use rushes_core::batch::{Clerk, ManifestKey, Turn};
use rushes_core::work::Disposition;
use rushes_runtime::messages::{Handler, Stop};
use tracing::Instrument;

/// Reads manifests.
pub struct IngestHandler {
    pub clerk: Clerk,
    /// Carries on what one turn did not finish.
    pub queue: SqsQueue,
}

#[async_trait]
impl Handler for IngestHandler {
    async fn handle(&self, message: Message, stop: Stop) -> Disposition {
        let objects = match parse_s3_event(&message.body) {
            Ok(objects) => objects,
            Err(error) => {
                tracing::error!(message_id = message.id, %error, "a message that is none of S3's");
                return Disposition::Retry;
            }
        };
        let mut disposition = Disposition::Done;
        for object in objects {
            let span = tracing::info_span!("manifest", key = object.key);
            if self.read(object, &message.id, stop.clone()).instrument(span).await == Disposition::Retry {
                disposition = Disposition::Retry;
            }
        }
        disposition
    }
}

impl IngestHandler {
    async fn read(&self, object: WrittenObject, owner: &str, stop: Stop) -> Disposition {
        // The reports that are written beside manifests are announced, too.
        let Some(key) = ManifestKey::parse(&object.key) else { return Disposition::Done };
        match self.clerk.read(&key, object.etag.as_deref(), owner, stop.requested()).await {
            Turn::Done => Disposition::Done,
            Turn::Retry => Disposition::Retry,
            Turn::Unfinished => match self.queue.send_body(s3_event(&object)).await {
                Ok(()) => {
                    tracing::info!("rows are left for another turn");
                    Disposition::Done
                }
                Err(error) => {
                    tracing::error!(error = %error.0, "the next turn could not be asked for");
                    Disposition::Retry
                }
            },
        }
    }
}
