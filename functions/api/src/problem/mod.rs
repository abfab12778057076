//! Refusals, as RFC 9457 describes them. Their words are for the caller; what
//! lies behind them goes to the log.

mod of_errors;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rushes_core::spec::Violation;
use serde::Serialize;

/// What is not available may be so soon.
const RETRY_AFTER_SECONDS: u64 = 5;
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");
const NOT_JSON: &str = "The body is not valid JSON";

/// One refusal.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<Violation>,
    /// Seconds after which it is worth trying again, where that is known.
    retry_after: Option<u64>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Violation],
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, title, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    fn not_found(title: &'static str, detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", title, detail)
    }

    fn malformed_json(fault: Violation, detail: String) -> Self {
        let problem = Self::new(StatusCode::BAD_REQUEST, "malformed_json", NOT_JSON, detail);
        Self { errors: vec![fault], ..problem }
    }

    pub fn unauthorized() -> Self {
        let detail = "Send a key in the header x-api-key, or as Authorization: Bearer.";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "An API key is needed", detail)
    }

    pub fn no_such_path() -> Self {
        Self::not_found("There is nothing here", "See /openapi.json for what there is.")
    }

    pub fn no_such_video() -> Self {
        let detail = "There is no video of that id, or its record has expired.";
        Self::not_found("There is no such video", detail)
    }

    pub fn no_such_batch() -> Self {
        let detail = "There is no batch of that id, or its record has expired.";
        Self::not_found("There is no such batch", detail)
    }

    pub fn no_such_channel() -> Self {
        let detail = "There is no channel of that name.";
        Self::not_found("There is no such channel", detail)
    }

    pub fn invalid_channel_name(detail: impl Into<String>) -> Self {
        let title = "The name of the channel is not valid";
        Self::new(StatusCode::BAD_REQUEST, "invalid_channel_name", title, detail)
    }

    pub fn invalid_condition(detail: impl Into<String>) -> Self {
        let title = "The condition cannot be read";
        Self::new(StatusCode::BAD_REQUEST, "invalid_condition", title, detail)
    }

    pub fn too_many(seconds: u64) -> Self {
        let detail = "More requests came than are taken. Slow down, and send this one again.";
        let (status, title) = (StatusCode::TOO_MANY_REQUESTS, "There are too many requests");
        Self { retry_after: Some(seconds), ..Self::new(status, "too_many_requests", title, detail) }
    }

    pub fn no_such_message() -> Self {
        let detail = "No dead letter has that id, or names the task of that id.";
        Self::not_found("There is no such message", detail)
    }

    pub fn no_such_result() -> Self {
        let detail = "No result of that kind and hash is remembered, or it has expired.";
        Self::not_found("There is no such result", detail)
    }

    pub fn one_idempotency_key() -> Self {
        let title = "The idempotency key is not valid";
        Self::new(StatusCode::BAD_REQUEST, "invalid_idempotency_key", title, "a request carries one idempotency key")
    }

    pub fn method_not_allowed() -> Self {
        let detail = "This path takes other methods; see the header Allow.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The method is not allowed", detail)
    }

    pub fn body_too_large(limit: usize) -> Self {
        let detail = format!("the body is larger than {limit} bytes");
        let problem = Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large", detail.clone());
        Self { errors: vec![Violation::new("", detail)], ..problem }
    }

    pub fn body_unfinished(detail: &str) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "The body did not arrive", detail)
    }

    pub fn not_json() -> Self {
        let (status, title) = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The content type is not JSON");
        Self::new(status, "unsupported_media_type", title, "Send the spec as application/json.")
    }

    pub fn unknown_encoding() -> Self {
        let (status, title) = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The content encoding is not known");
        Self::new(status, "unsupported_encoding", title, "Send the body as it is, or packed with gzip once.")
    }

    pub fn damaged_gzip() -> Self {
        let detail = "Content-Encoding says gzip, but the body cannot be unpacked.";
        Self::malformed_json(Violation::new("", detail), detail.to_owned())
    }

    pub fn invalid_query(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_query", "The query is not valid", detail)
    }

    pub fn unavailable() -> Self {
        let (status, title) = (StatusCode::SERVICE_UNAVAILABLE, "The service is not available");
        let retry_after = Some(RETRY_AFTER_SECONDS);
        Self { retry_after, ..Self::new(status, "unavailable", title, "Try again in a moment.") }
    }

    pub fn internal() -> Self {
        let (status, title) = (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here");
        Self::new(status, "internal", title, "It is in the log, under the id in the header x-request-id.")
    }

    /// What went wrong, for the shape of errors that the older interface has.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Document {
            r#type: format!("https://rushes.dev/problems/{}", self.code.replace('_', "-")),
            title: self.title,
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            errors: &self.errors,
        };
        let mut response = (self.status, Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        // RFC 9110, §15.5.16: what would have been taken.
        if self.status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, identity"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}
