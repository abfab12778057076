//! What is answered, read whole and within limits.

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::HttpError;
use super::retry;

/// Of a refusal, no more is read to find the name of its reason.
const MAX_REFUSAL_BYTES: usize = 64 << 10;
/// Longer names are none.
const MAX_CODE_CHARACTERS: usize = 60;

/// A whole answer that says yes.
#[derive(Clone, Debug)]
pub struct Answer {
    host: String,
    /// Its media type, without parameters, in lower case.
    pub content_type: String,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// The body, read as JSON.
    ///
    /// # Errors
    /// [`HttpError::Unexpected`] when it is none, or not of that shape. The error does not show it.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = if error.is_data() { "JSON of another shape" } else { "no JSON" };
            self.unexpected(format!("{what} at line {} column {}", error.line(), error.column()))
        })
    }

    /// An error about the body.
    pub fn unexpected(&self, reason: impl Into<String>) -> HttpError {
        HttpError::Unexpected { host: self.host.clone(), reason: reason.into() }
    }
}

/// Reads an answer to its end.
pub async fn read(host: &str, mut response: Response, max_bytes: usize) -> Result<Answer, HttpError> {
    let status = response.status();
    if !status.is_success() {
        return Err(refusal(host, response).await);
    }
    let unexpected = |reason: String| HttpError::Unexpected { host: host.to_owned(), reason };
    // None was asked for. What is not unpacked cannot grow.
    if response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(unexpected("it is compressed".to_owned()));
    }
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| HttpError::broken(host, error))? {
        if body.len() + chunk.len() > max_bytes {
            return Err(unexpected(format!("it is larger than {max_bytes} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { host: host.to_owned(), content_type, body: body.freeze() })
}

async fn refusal(host: &str, mut response: Response) -> HttpError {
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|text| retry::retry_after(text, Timestamp::now()));
    let status = response.status().as_u16();
    let mut body = BytesMut::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        if body.len() + chunk.len() > MAX_REFUSAL_BYTES {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    HttpError::Refused { host: host.to_owned(), status, code: code(&body), retry_after }
}

/// The name of the reason, if the body is JSON that has one. Nothing else of it is kept:
/// providers repeat keys, prompts and addresses in their explanations.
fn code(body: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let places = ["/error/code", "/error/type", "/detail/status", "/code", "/__type", "/type"];
    let words = places.iter().filter_map(|place| json.pointer(place)?.as_str());
    let plain = |word: &&str| {
        (1..=MAX_CODE_CHARACTERS).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    };
    words.map(|word| word.rsplit('#').next().unwrap_or(word)).find(plain).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_of_a_refusal_are_told() {
        let told = |body: &str| code(body.as_bytes());
        assert_eq!(told(r#"{"error": {"code": "invalid_api_key"}}"#).as_deref(), Some("invalid_api_key"));
        assert_eq!(told(r#"{"error": {"code": null, "type": "server_error"}}"#).as_deref(), Some("server_error"));
        assert_eq!(told(r#"{"detail": {"status": "quota_exceeded"}}"#).as_deref(), Some("quota_exceeded"));
        assert_eq!(told(r#"{"__type": "com.amazon#ThrottlingException"}"#).as_deref(), Some("ThrottlingException"));
        for secret in [r#"{"error": {"code": "sk-planted-1"}}"#, r#"{"code": "key sk planted"}"#, "sk-planted", "[]"] {
            assert_eq!(told(secret), None, "{secret}");
        }
    }
}
