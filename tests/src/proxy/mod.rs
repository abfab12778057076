//! A proxy before the local AWS that answers badly now and then, holds what it is told to hold,
//! and remembers what was asked.

mod hold;
mod permission;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use hold::{Call, Hold, Moment};
pub use permission::Permission;

use crate::local_aws::reqwest_client;

/// Longer than clients wait for the table and the queue.
const SILENCE: Duration = Duration::from_secs(7);
/// Between two looks for messages.
const PAUSE: Duration = Duration::from_millis(50);
const MAX_BODY_BYTES: usize = 256 << 20;

/// How an answer goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// 500, and nothing was done.
    InternalError,
    /// 503, and nothing was done.
    Unavailable,
    /// Too many calls, in the words of the service that was asked.
    Throttled,
    /// It was done, but the answer says 500.
    LostAnswer,
    /// Nothing is said for longer than clients wait.
    Silence,
}

impl Fault {
    const ALL: [Self; 5] = [Self::InternalError, Self::Unavailable, Self::Throttled, Self::LostAnswer, Self::Silence];
}

/// A running proxy; gone when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    /// Where it answers: what `AWS_ENDPOINT_URL` has to say.
    pub endpoint: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    http: reqwest::Client,
    /// One in so many calls goes wrong; none at 0.
    one_in: u64,
    calls: AtomicU64,
    faults: Mutex<BTreeMap<Fault, u64>>,
    remembered: Mutex<BTreeMap<String, u64>>,
    holds: Mutex<Vec<Arc<Hold>>>,
    needed: Mutex<BTreeSet<Permission>>,
}

impl Proxy {
    /// A proxy before `upstream` in which one in `one_in` signed calls goes wrong; none at 0.
    ///
    /// # Errors
    /// When there is no port for it.
    pub async fn start(upstream: &str, one_in: u64) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            http: reqwest_client(),
            one_in,
            calls: AtomicU64::new(0),
            faults: Mutex::default(),
            remembered: Mutex::default(),
            holds: Mutex::default(),
            needed: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the proxy ended: {error}");
            }
        });
        Ok(Self { endpoint, shared, server })
    }

    /// Holds every call that `wanted` picks at that moment, until [`Hold::let_go`].
    pub fn hold(&self, moment: Moment, wanted: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Arc<Hold> {
        let hold = Arc::new(Hold::new(moment, wanted));
        self.shared.holds.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&hold));
        hold
    }

    /// What callers must have been allowed to do.
    #[must_use]
    pub fn needed(&self) -> BTreeSet<Permission> {
        self.shared.needed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many calls there were.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::SeqCst)
    }

    /// How many of them went wrong in which way.
    #[must_use]
    pub fn faults(&self) -> BTreeMap<Fault, u64> {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often each result was remembered, by its key in the table.
    #[must_use]
    pub fn remembered(&self) -> BTreeMap<String, u64> {
        self.shared.remembered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    /// Whether the next call goes wrong, and how: the same for the same count.
    fn fault(&self) -> Option<Fault> {
        let count = self.calls.fetch_add(1, Ordering::SeqCst);
        // SplitMix64: calls that follow each other fare differently.
        let mut mixed = count.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        if self.one_in == 0 || !mixed.is_multiple_of(self.one_in) {
            return None;
        }
        let kind = usize::try_from(mixed / self.one_in % Fault::ALL.len() as u64).unwrap_or_default();
        let fault = Fault::ALL[kind];
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner).entry(fault).or_default() += 1;
        Some(fault)
    }

    /// The hold on this call, if there is one.
    fn hold_on(&self, call: &Call) -> Option<Arc<Hold>> {
        let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        holds.retain(|hold| !hold.is_over());
        holds.iter().find(|hold| hold.wants(call)).cloned()
    }

    /// Asks the local AWS, for messages as often as it takes: it hands messages to callers that
    /// wait, even to those that have died meanwhile. AWS does not; nor does this.
    async fn forward(&self, call: &Call) -> Result<Response> {
        let (mut body, mut wait) = (call.body.clone(), Duration::ZERO);
        if call.target() == "AmazonSQS.ReceiveMessage" {
            let mut wish: Value = serde_json::from_slice(&body)?;
            wait = Duration::from_secs(wish["WaitTimeSeconds"].take().as_u64().unwrap_or_default());
            wish["WaitTimeSeconds"] = Value::from(0);
            body = wish.to_string().into();
        }
        let until = Instant::now() + wait;
        loop {
            let (answer, bytes) = self.forward_once(call, body.clone()).await?;
            let says = || serde_json::from_slice::<Value>(&bytes).unwrap_or_default();
            if Instant::now() >= until || says()["Messages"].as_array().is_some_and(|messages| !messages.is_empty()) {
                return Ok(answer);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn forward_once(&self, call: &Call, body: Bytes) -> Result<(Response, Bytes)> {
        // The host stays as it was asked for: it is part of what was signed.
        let forwarded = self.http.request(call.method.clone(), format!("{}{}", self.upstream, call.path));
        let mut headers = call.headers.clone();
        headers.remove(header::CONTENT_LENGTH);
        let answer = forwarded.headers(headers).body(body).send().await?;
        if let Some(key) = call.remembered().filter(|_| answer.status().is_success()) {
            *self.remembered.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        // Set anew for the body as it was read.
        for name in [header::TRANSFER_ENCODING, header::CONNECTION] {
            response.headers_mut().remove(name);
        }
        let bytes = answer.bytes().await?;
        if call.method != Method::HEAD {
            *response.body_mut() = Body::from(bytes.clone());
        }
        Ok((response, bytes))
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let call = match Call::read(request, MAX_BODY_BYTES).await {
        Ok(call) => call,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    // Links that people follow are no calls of ours.
    let is_call = call.headers.contains_key(header::AUTHORIZATION);
    let (fault, hold) = if is_call { (shared.fault(), shared.hold_on(&call)) } else { (None, None) };
    if is_call {
        shared.needed.lock().unwrap_or_else(PoisonError::into_inner).extend(permission::needed(&call));
    }
    if let Some(hold) = &hold {
        hold.begin(Moment::Before).await;
    }
    let headers = &call.headers;
    match fault {
        None => {}
        Some(Fault::InternalError) => return refusal(headers, StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        Some(Fault::Unavailable) => return refusal(headers, StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
        Some(Fault::Throttled) => return throttled(headers),
        Some(Fault::Silence) => {
            tokio::time::sleep(SILENCE).await;
            return refusal(headers, StatusCode::GATEWAY_TIMEOUT, "RequestTimeout");
        }
        Some(Fault::LostAnswer) => {
            return match shared.forward(&call).await {
                Ok(_) => refusal(headers, StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
                Err(error) => bad_gateway(&error),
            };
        }
    }
    let answer = shared.forward(&call).await;
    if let Some(hold) = &hold {
        hold.begin(Moment::After).await;
    }
    answer.unwrap_or_else(|error| bad_gateway(&error))
}

fn bad_gateway(error: &anyhow::Error) -> Response {
    (StatusCode::BAD_GATEWAY, error.to_string()).into_response()
}

fn throttled(headers: &HeaderMap) -> Response {
    let target = hold::target(headers);
    if target.starts_with("DynamoDB") {
        refusal(headers, StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException")
    } else if target.starts_with("AmazonSQS") {
        refusal(headers, StatusCode::BAD_REQUEST, "RequestThrottled")
    } else {
        refusal(headers, StatusCode::SERVICE_UNAVAILABLE, "SlowDown")
    }
}

/// A refusal in the words of the service: JSON from the table and the queue, XML from the bucket.
fn refusal(headers: &HeaderMap, status: StatusCode, code: &str) -> Response {
    if headers.contains_key("x-amz-target") {
        let body = format!(r#"{{"__type":"com.amazonaws.faults#{code}","message":"a fault on purpose"}}"#);
        (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body).into_response()
    } else {
        let body = format!("<Error><Code>{code}</Code><Message>A fault on purpose</Message></Error>");
        (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
    }
}
