//! DynamoDB, SQS and S3 behind the ports of `rushes-core`.

mod batch;
mod bucket;
mod channels;
mod clients;
mod dead_letters;
mod inbox;
mod index;
mod index_fill;
mod library;
mod memo;
mod multipart;
mod page;
mod queue;
mod record;
mod requests;
mod signer;
mod table;
mod update;

pub use bucket::S3Bucket;
pub use clients::Clients;
pub use dead_letters::SqsDeadLetters;
pub use inbox::{WrittenObject, parse_s3_event, s3_event};
pub use library::{InvalidLibrary, S3Library};
pub use memo::DynamoMemo;
pub use queue::{Message, ReceiptHandle, SqsQueue, parse_message};
pub use signer::AwsSigner;
pub use table::DynamoTable;

/// An error of the SDK as the cause of a port's error. The SDK's own text stops
/// at "service error"; the code and message that say why lie beneath it.
fn cause<E>(error: E) -> rushes_core::ports::Source
where
    E: std::error::Error + Send + Sync + 'static,
{
    let mut reasons = vec![error.to_string()];
    let mut source = error.source();
    while let Some(inner) = source {
        reasons.push(inner.to_string());
        source = inner.source();
    }
    reasons.dedup();
    Box::new(Failure { reasons: reasons.join(": "), error })
}

/// An error that tells its whole chain and keeps it.
#[derive(Debug, thiserror::Error)]
#[error("{reasons}")]
struct Failure<E: std::error::Error + 'static> {
    reasons: String,
    #[source]
    error: E,
}
