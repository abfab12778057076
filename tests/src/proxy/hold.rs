//! Calls that are held, so that something can be done to the caller at just that moment.

use std::fmt;

use anyhow::Result;
use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

/// A call to the local AWS.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Call {
    pub(super) async fn read(request: Request, max_bytes: usize) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, max_bytes).await?;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { method: parts.method, path, headers: parts.headers, body })
    }

    /// Service and operation, where the service is asked in JSON; empty for the bucket.
    #[must_use]
    pub fn target(&self) -> &str {
        target(&self.headers)
    }

    /// Whether an object is stored whose key holds this.
    #[must_use]
    pub fn stores(&self, part_of_key: &str) -> bool {
        self.method == Method::PUT && self.path.contains(part_of_key)
    }

    /// Whether a result of that kind is remembered: its record is written when its value is there.
    #[must_use]
    pub fn remembers(&self, kind: &str) -> bool {
        self.remembered().is_some_and(|key| key.starts_with(&format!("MEMO#{kind}#")))
    }

    /// The key of the result that is remembered, if this call does that.
    pub(super) fn remembered(&self) -> Option<String> {
        if !self.target().ends_with(".PutItem") {
            return None;
        }
        let item = serde_json::from_slice::<Value>(&self.body).ok()?["Item"].take();
        let key = item["pk"]["S"].as_str().filter(|key| key.starts_with("MEMO#"))?;
        (item["state"]["S"] == "ready").then(|| key.to_owned())
    }

    /// Whether the table is told to change an item, in a request that holds all of these words.
    #[must_use]
    pub fn updates_item_with(&self, words: &[&str]) -> bool {
        let body = String::from_utf8_lossy(&self.body);
        self.target().ends_with(".UpdateItem") && words.iter().all(|word| body.contains(word))
    }
}

pub(super) fn target(headers: &HeaderMap) -> &str {
    headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default()
}

/// When a call is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before it is made: if the caller dies now, it never is.
    Before,
    /// When it was made, and the caller does not know yet.
    After,
}

/// Calls that are to be held, or are.
pub struct Hold {
    moment: Moment,
    wanted: Box<dyn Fn(&Call) -> bool + Send + Sync>,
    has_come: watch::Sender<bool>,
    may_go_on: watch::Sender<bool>,
}

impl fmt::Debug for Hold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Hold")
            .field("moment", &self.moment)
            .field("has_come", &*self.has_come.borrow())
            .finish()
    }
}

impl Hold {
    pub(super) fn new(moment: Moment, wanted: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Self {
        let (has_come, may_go_on) = (watch::Sender::new(false), watch::Sender::new(false));
        Self { moment, wanted: Box::new(wanted), has_come, may_go_on }
    }

    pub(super) fn wants(&self, call: &Call) -> bool {
        (self.wanted)(call)
    }

    pub(super) fn is_over(&self) -> bool {
        *self.may_go_on.borrow()
    }

    /// Keeps the call, if this is the moment, until it may go on.
    pub(super) async fn begin(&self, now: Moment) {
        if now == self.moment {
            self.has_come.send_replace(true);
            reached(&self.may_go_on).await;
        }
    }

    /// Resolves when a call has come and is held.
    pub async fn has_come(&self) {
        reached(&self.has_come).await;
    }

    /// Lets what is held go on, and holds nothing more.
    pub fn let_go(&self) {
        self.may_go_on.send_replace(true);
    }
}

/// Waits until it is true. The sender lives as long as what waits here, so this does not fail.
async fn reached(state: &watch::Sender<bool>) {
    let mut state = state.subscribe();
    let _true = state.wait_for(|reached| *reached).await;
}
