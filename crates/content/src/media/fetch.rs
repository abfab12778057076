//! Getting media over HTTP.

use std::path::Path;

use bytes::Bytes;
use reqwest::header::{CONTENT_RANGE, LOCATION, RANGE};
use reqwest::{Response, StatusCode};
use rushes_core::ports::MediaError;
use rushes_core::spec::MediaKind;
use tokio::io::AsyncWriteExt;
use url::Url;

use super::picture::{Header, check_size};
use super::{Limits, container, local};
use crate::http::guard::{AllowedHosts, NotPublic, admit};
use crate::http::{HttpClient, OpenAnswer};

const MAX_REDIRECTS: usize = 5;
/// A header that is not complete by then is not read on (large colour profiles come first in a JPEG).
pub const HEADER_BYTES: usize = 1 << 20;

/// Asks hosts for media.
#[derive(Debug)]
pub struct Fetcher {
    allowed: AllowedHosts,
    limits: Limits,
    http: HttpClient,
}

impl Fetcher {
    pub const fn new(http: HttpClient, allowed: AllowedHosts, limits: Limits) -> Self {
        Self { allowed, limits, http }
    }

    /// Reads no more of the answer than the file's header.
    pub async fn check(&self, url: &str, kind: MediaKind) -> Result<(), MediaError> {
        let mut answer = self.get(url, Some(HEADER_BYTES)).await?;
        self.check_announced_size(&answer.response, kind)?;
        let mut start = Vec::new();
        let mut next_look = 0;
        while let Some(chunk) = self.next(&mut answer).await? {
            start.extend_from_slice(&chunk);
            // Looks get rarer as the bytes get more, so that a slow sender cannot make them costly.
            if start.len() >= next_look {
                if matches!(container::read_header(kind, &start)?, Header::Good) {
                    return Ok(());
                }
                next_look = start.len() * 2;
            }
            if start.len() >= HEADER_BYTES {
                break;
            }
        }
        container::check(kind, &start)
    }

    /// Brings the whole file to `path`, as it comes. What is no such file is not read to its end.
    pub async fn download(&self, url: &str, kind: MediaKind, path: &Path) -> Result<(), MediaError> {
        let mut answer = self.get(url, None).await?;
        self.check_announced_size(&answer.response, kind)?;
        let mut file = tokio::fs::File::create(path).await.map_err(local)?;
        let (mut start, mut size_bytes) = (Vec::new(), 0);
        while let Some(chunk) = self.next(&mut answer).await? {
            size_bytes += chunk.len() as u64;
            check_size(size_bytes, self.limits.bytes(kind))?;
            if start.len() < container::SIGNATURE_BYTES {
                start.extend_from_slice(&chunk[..chunk.len().min(container::SIGNATURE_BYTES)]);
                container::read_header(kind, &start)?;
            }
            file.write_all(&chunk).await.map_err(local)?;
        }
        file.flush().await.map_err(local)
    }

    /// The next piece of the file; none may keep us waiting.
    async fn next(&self, answer: &mut OpenAnswer) -> Result<Option<Bytes>, MediaError> {
        match tokio::time::timeout(self.limits.read, answer.chunk()).await {
            Ok(chunk) => chunk.map_err(unavailable),
            Err(_) => Err(MediaError::Unavailable { reason: "the server took too long".to_owned(), source: None }),
        }
    }

    /// The answer at `url`, at most [`MAX_REDIRECTS`] steps away from it.
    async fn get(&self, url: &str, first_bytes: Option<usize>) -> Result<OpenAnswer, MediaError> {
        let mut url = parse(url)?;
        for _ in 0..=MAX_REDIRECTS {
            let trust = admit(&url, &self.allowed)?;
            let range = first_bytes.map(|count| format!("bytes=0-{}", count - 1));
            let opened = self.http.open(trust, url.clone(), |request| match range {
                Some(range) => request.header(RANGE, range),
                None => request,
            });
            let answer = opened.await.map_err(unavailable)?;
            if !answer.response.status().is_redirection() {
                accept(&answer.response)?;
                return Ok(answer);
            }
            url = redirect_target(&url, &answer.response)?;
        }
        Err(MediaError::Unreadable { reason: format!("more than {MAX_REDIRECTS} redirects") })
    }

    /// Refuses a file that says itself that it is too large.
    fn check_announced_size(&self, response: &Response, kind: MediaKind) -> Result<(), MediaError> {
        let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
        let whole = range.and_then(|range| range.rsplit_once('/')).and_then(|(_, size)| size.parse().ok());
        match whole.or(response.content_length()) {
            Some(size) => check_size(size, self.limits.bytes(kind)),
            None => Ok(()),
        }
    }
}

fn parse(url: &str) -> Result<Url, MediaError> {
    Url::parse(url).map_err(|error| MediaError::Forbidden { reason: format!("it is no URL: {error}") })
}

fn redirect_target(from: &Url, response: &Response) -> Result<Url, MediaError> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    location
        .and_then(|location| from.join(location).ok())
        .ok_or_else(|| MediaError::Unreadable { reason: "a redirect leads nowhere".to_owned() })
}

/// Sorts answers into files, refusals and failures that may pass.
fn accept(response: &Response) -> Result<(), MediaError> {
    let status = response.status();
    let reason = format!("the server answered {status}");
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Err(MediaError::Unavailable { reason, source: None })
        }
        StatusCode::RANGE_NOT_SATISFIABLE => Err(MediaError::Unreadable { reason: "it is empty".to_owned() }),
        status if status.is_client_error() => Err(MediaError::Missing { reason }),
        _ => Err(MediaError::Unavailable { reason, source: None }),
    }
}

/// What a failed request means. Its own text holds the URL, which may be signed, so it is left out.
fn unavailable(error: reqwest::Error) -> MediaError {
    let error = error.without_url();
    let mut sources = std::iter::successors(std::error::Error::source(&error), |error| error.source());
    if sources.any(<dyn std::error::Error>::is::<NotPublic>) {
        return NotPublic.into();
    }
    let reason = if error.is_timeout() {
        "the server took too long"
    } else if error.is_connect() {
        "no connection could be made"
    } else {
        "the connection broke"
    };
    MediaError::Unavailable { reason: reason.to_owned(), source: Some(Box::new(error)) }
}
