//! From a message of S3's to a use case: each manifest that it names is read. And
//! from the alarm on dead letters: the tasks that wait for them are told.

use std::time::Duration;

use async_trait::async_trait;
use rushes_aws::{Message, SqsQueue, WrittenObject, parse_s3_event, s3_event};
use rushes_core::batch::{Clerk, ManifestKey, Turn, Upload};
use rushes_core::dead_letters::DeadLetters;
use rushes_core::shift::Shift;
use rushes_core::work::Disposition;
use rushes_runtime::messages::Handler;
use serde::Deserialize;
use tracing::Instrument;

/// What the rule on the alarm sends; the template says the same.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SweepRequest {
    #[serde(rename = "sweep")]
    _what: Sweepable,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sweepable {
    DeadLetters,
}

/// How often it is done while there are dead letters: the alarm tells of the first only.
const SWEEP_AGAIN: Duration = Duration::from_mins(15);

/// Reads manifests.
pub struct IngestHandler {
    pub clerk: Clerk,
    pub dead_letters: DeadLetters,
    /// Carries on what one turn did not finish.
    pub queue: SqsQueue,
}

#[async_trait]
impl Handler for IngestHandler {
    async fn handle(&self, message: Message, shift: Shift) -> Disposition {
        if serde_json::from_str::<SweepRequest>(&message.body).is_ok() {
            return self.sweep().await;
        }
        let objects = match parse_s3_event(&message.body) {
            Ok(objects) => objects,
            Err(error) => {
                tracing::error!(message_id = message.id, %error, "a message that is none of S3's");
                return Disposition::LayAside;
            }
        };
        let mut disposition = Disposition::Done;
        for object in objects {
            let span = tracing::info_span!("manifest", key = object.key);
            if self.read(object, &message.id, &shift).instrument(span).await == Disposition::Retry {
                disposition = Disposition::Retry;
            }
        }
        disposition
    }
}

impl IngestHandler {
    async fn sweep(&self) -> Disposition {
        match self.dead_letters.sweep().await {
            Ok(0) => Disposition::Done,
            Ok(_) => Disposition::Later(SWEEP_AGAIN),
            Err(error) => {
                tracing::error!(%error, "dead letters could not be looked at");
                Disposition::Retry
            }
        }
    }

    async fn read(&self, object: WrittenObject, owner: &str, shift: &Shift) -> Disposition {
        // The reports that are written beside manifests are announced, too.
        let Some(key) = ManifestKey::parse(&object.key) else { return Disposition::Done };
        let upload = Upload { key, etag: object.etag.clone(), sequencer: object.sequencer.clone() };
        match self.clerk.read(&upload, owner, shift).await {
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
