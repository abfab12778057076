//! The refusals that follow from errors of the use cases.

use axum::http::StatusCode;
use rushes_core::batch::BatchError;
use rushes_core::channel::{ChannelError, MAX_CHANNEL_BYTES};
use rushes_core::dead_letters::DeadLetterError;
use rushes_core::manage::ManageError;
use rushes_core::ports::{MemoError, StoreError};
use rushes_core::read::ReadError;
use rushes_core::request::InvalidIdempotencyKey;
use rushes_core::spec::SpecError;
use rushes_core::submit::SubmitError;
use rushes_core::upload::UploadError;

use super::{NOT_JSON, Problem};

/// A request that is being carried out is carried out soon.
const IN_FLIGHT_SECONDS: u64 = 1;

impl From<SpecError> for Problem {
    fn from(error: SpecError) -> Self {
        let (status, title) = match &error {
            SpecError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
            SpecError::Syntax(_) => (StatusCode::BAD_REQUEST, NOT_JSON),
            SpecError::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "The spec is not valid"),
            SpecError::WriterUnavailable => (StatusCode::UNPROCESSABLE_ENTITY, "No script writer is set up"),
        };
        Self { errors: error.violations(), ..Self::new(status, error.code(), title, error.to_string()) }
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Spec(error) => error.into(),
            SubmitError::Store(error) => error.into(),
            SubmitError::Bucket(_) | SubmitError::Queue(_) => unavailable(&error),
            SubmitError::InFlight => {
                let title = "The request is being carried out";
                let problem = Self::new(StatusCode::CONFLICT, "request_in_flight", title, error.to_string());
                Self { retry_after: Some(IN_FLIGHT_SECONDS), ..problem }
            }
            SubmitError::KeySpent => {
                let title = "The idempotency key was used before";
                Self::new(StatusCode::CONFLICT, "idempotency_key_spent", title, error.to_string())
            }
            SubmitError::OtherRequest => {
                let (status, title) = (StatusCode::UNPROCESSABLE_ENTITY, "The idempotency key was used before");
                Self::new(status, "idempotency_key_reused", title, error.to_string())
            }
        }
    }
}

impl From<InvalidIdempotencyKey> for Problem {
    fn from(error: InvalidIdempotencyKey) -> Self {
        let title = "The idempotency key is not valid";
        Self::new(StatusCode::BAD_REQUEST, "invalid_idempotency_key", title, error.to_string())
    }
}

impl From<ManageError> for Problem {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::Missing => Self::no_such_video(),
            ManageError::WrongState { .. } => {
                let title = "The task is in another state";
                Self::new(StatusCode::CONFLICT, "wrong_state", title, error.to_string())
            }
            ManageError::Store(error) => error.into(),
            ManageError::Bucket(_) | ManageError::Queue(_) => unavailable(&error),
        }
    }
}

impl From<DeadLetterError> for Problem {
    fn from(error: DeadLetterError) -> Self {
        match error {
            DeadLetterError::Missing => Self::no_such_message(),
            DeadLetterError::Store(error) => error.into(),
            DeadLetterError::Queue(_) => unavailable(&error),
        }
    }
}

impl From<MemoError> for Problem {
    fn from(error: MemoError) -> Self {
        unavailable(&error)
    }
}

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Self {
        let detail = error.to_string();
        match error {
            BatchError::Syntax(fault) => Self::malformed_json(fault, detail),
            BatchError::Invalid(errors) => {
                let title = "The batch is not valid";
                Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_batch", title, detail) }
            }
            BatchError::Submit(error) => error.into(),
            BatchError::Store(error) => error.into(),
        }
    }
}

impl From<ChannelError> for Problem {
    fn from(error: ChannelError) -> Self {
        let detail = error.to_string();
        match error {
            ChannelError::Missing => Self::no_such_channel(),
            ChannelError::Changed => {
                let title = "The channel is in another state";
                Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", title, detail)
            }
            ChannelError::Invalid(SpecError::TooLarge { .. }) => Self::body_too_large(MAX_CHANNEL_BYTES),
            ChannelError::Invalid(fault @ SpecError::Syntax(_)) => {
                let (errors, title) = (fault.violations(), NOT_JSON);
                Self { errors, ..Self::new(StatusCode::BAD_REQUEST, fault.code(), title, detail) }
            }
            ChannelError::Invalid(fault) => {
                let title = "The channel is not valid";
                let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_channel", title, detail);
                Self { errors: fault.violations(), ..problem }
            }
            ChannelError::Store(error) => error.into(),
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        let detail = error.to_string();
        match error {
            UploadError::Syntax(fault) => Self::malformed_json(fault, detail),
            UploadError::Invalid(errors) => {
                let title = "The upload is not valid";
                Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_upload", title, detail) }
            }
            UploadError::Bucket(_) => unavailable(&error),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => error.into(),
            ReadError::Bucket(_) => unavailable(&error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::InvalidCursor => Self::invalid_query("the cursor is not one that this service gave"),
            StoreError::Unavailable(_) => unavailable(&error),
            StoreError::Exists
            | StoreError::LeaseLost
            | StoreError::Ended(_)
            | StoreError::Gone
            | StoreError::Corrupt { .. } => {
                tracing::error!(%error, "the table holds what it should not");
                Self::internal()
            }
        }
    }
}

/// Something that the service needs does not answer.
fn unavailable(error: &dyn std::error::Error) -> Problem {
    let cause = error.source().map(ToString::to_string);
    tracing::error!(%error, cause, "not available");
    Problem::unavailable()
}
