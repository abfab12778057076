//! Requests to services of the cloud, signed with the product's own identity.

use std::sync::Arc;

use reqwest::header::{HeaderName, HeaderValue};
use rushes_core::ports::{CloudService, RequestSigner, Source, UnsignedRequest};
use url::Url;

use crate::http::{Answer, Call, HttpClient, HttpError, Repeat};

/// Asks services of the cloud.
#[derive(Clone)]
pub struct SignedCalls {
    http: HttpClient,
    signer: Arc<dyn RequestSigner>,
}

/// Why such a service gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum SignedError {
    /// It was not asked.
    #[error("{0}")]
    Unsigned(String, #[source] Source),
    /// It was asked.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl SignedError {
    /// Whether trying again later can help.
    pub const fn is_transient(&self) -> bool {
        match self {
            // The credentials of a function are renewed while it runs.
            Self::Unsigned(..) => true,
            Self::Http(error) => error.is_transient(),
        }
    }

    /// The status code of a refusal.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Unsigned(..) => None,
            Self::Http(error) => error.status(),
        }
    }
}

impl SignedCalls {
    /// Requests over `http`, signed by `signer`.
    pub fn new(http: HttpClient, signer: Arc<dyn RequestSigner>) -> Self {
        Self { http, signer }
    }

    /// Sends JSON to `path` of the service; `limit` sets limits. Such calls compute or read, so they may be repeated.
    pub async fn post_json(
        &self,
        service: CloudService,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
        limit: impl FnOnce(Call) -> Call,
    ) -> Result<Answer, SignedError> {
        let url = format!("{}{path}", self.signer.endpoint(service).trim_end_matches('/'));
        let mut all = vec![("content-type", "application/json")];
        all.retain(|(name, _)| headers.iter().all(|(other, _)| other != name));
        all.extend_from_slice(headers);
        let request = UnsignedRequest { service, method: "POST", url: &url, headers: &all, body: &body };
        let signature = self.signer.sign(&request).await;
        let signature = signature.map_err(|error| SignedError::Unsigned(error.to_string(), error.into()))?;
        let unusable = |error: Source| SignedError::Unsigned("the request is not valid".to_owned(), error);
        let url = Url::parse(&url).map_err(|error| unusable(error.into()))?;
        let mut call = limit(Call::post_json(url, body, Repeat::Idempotent));
        let own = all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (name, value) in own.chain(signature) {
            let name = HeaderName::try_from(name).map_err(|error| unusable(error.into()))?;
            let mut value = HeaderValue::try_from(value).map_err(|error| unusable(error.into()))?;
            value.set_sensitive(true);
            call = call.header(name, value);
        }
        Ok(self.http.call(&call).await?)
    }
}

/// One part of a path: all but letters, digits and `-._~` as percent (RFC 3986, §2.3).
pub fn path_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}
