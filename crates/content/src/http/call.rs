//! What is asked.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request};
use url::Url;

/// Whether a call may be made again when its outcome is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Once only.
    Never,
    /// Again: asking twice changes nothing.
    Idempotent,
    /// Again, under this name (`Idempotency-Key`), by which the other side may know it.
    Keyed(String),
}

/// A request to something that the owner of the service set up.
#[derive(Clone)]
pub struct Call {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
    repeat: Repeat,
    /// The largest answer that is read.
    pub max_bytes: usize,
    /// All attempts together, waits included.
    pub deadline: Duration,
}

impl fmt::Debug for Call {
    /// Without path, query and body, any of which may hold a key or what a user wrote.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Call");
        shown.field("method", &self.method).field("host", &self.host()).field("headers", &self.headers).finish()
    }
}

impl Call {
    const MAX_BYTES: usize = 4 << 20;
    const DEADLINE: Duration = Duration::from_secs(30);

    /// Asks for what is at `url`.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url, None, Repeat::Idempotent)
    }

    /// Sends JSON to `url`.
    #[must_use]
    pub fn post_json(url: Url, body: impl Into<Bytes>, repeat: Repeat) -> Self {
        let call = Self::new(Method::POST, url, Some(body.into()), repeat);
        call.header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    fn new(method: Method, url: Url, body: Option<Bytes>, repeat: Repeat) -> Self {
        let (headers, max_bytes, deadline) = (HeaderMap::new(), Self::MAX_BYTES, Self::DEADLINE);
        Self { method, url, headers, body, repeat, max_bytes, deadline }
    }

    /// The same call with one more header, or with another value of it.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same call with other limits.
    #[must_use]
    pub const fn limits(mut self, max_bytes: usize, deadline: Duration) -> Self {
        self.max_bytes = max_bytes;
        self.deadline = deadline;
        self
    }

    /// Where it goes, without what the path or the query may hold.
    #[must_use]
    pub fn host(&self) -> String {
        let name = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
    }

    pub(super) fn may_repeat(&self) -> bool {
        self.repeat != Repeat::Never
    }

    pub(super) fn build(&self, client: &Client) -> Result<Request, reqwest::Error> {
        let mut request = client.request(self.method.clone(), self.url.clone()).headers(self.headers.clone());
        if let Repeat::Keyed(key) = &self.repeat {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        request.build()
    }
}
