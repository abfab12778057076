//! Whether the service works: what it needs is asked, not assumed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::handler::Service;

const DEADLINE: Duration = Duration::from_secs(3);
/// How long a verdict stands: anybody may ask, as often as they like, and each check is three calls to AWS.
const STANDS_FOR: Duration = Duration::from_secs(1);

/// The last verdict. Who asks while it is sought waits for the same one.
#[derive(Debug, Default)]
pub struct LastVerdict(Mutex<Option<(Instant, Checks)>>);

impl LastVerdict {
    async fn or_ask(&self, service: &Service) -> Checks {
        let mut last = self.0.lock().await;
        match *last {
            Some((asked_at, checks)) if asked_at.elapsed() < STANDS_FOR => checks,
            _ => {
                let checks = check(service).await;
                *last = Some((Instant::now(), checks));
                checks
            }
        }
    }
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
    checks: Checks,
    /// Whether scripts are written about topics here.
    has_writer: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Checks {
    table: &'static str,
    queue: &'static str,
    bucket: &'static str,
}

const OK: &str = "ok";
const UNREACHABLE: &str = "unreachable";

pub async fn show(State(service): State<Arc<Service>>) -> Response {
    let checks = service.health.or_ask(&service).await;
    let (code, status) = match checks {
        Checks { table: OK, queue: OK, bucket: OK } => (StatusCode::OK, OK),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "degraded"),
    };
    let (version, has_writer) = (env!("CARGO_PKG_VERSION"), service.desk.has_writer);
    (code, Json(Health { status, version, checks, has_writer })).into_response()
}

async fn check(service: &Service) -> Checks {
    let desk = &service.desk;
    let (table, queue, bucket) = tokio::join!(
        verdict("table", desk.store.check()),
        verdict("queue", desk.queue.check()),
        verdict("bucket", desk.bucket.check()),
    );
    Checks { table, queue, bucket }
}

async fn verdict<E: std::error::Error>(what: &str, check: impl Future<Output = Result<(), E>>) -> &'static str {
    match tokio::time::timeout(DEADLINE, check).await {
        Ok(Ok(())) => OK,
        Ok(Err(error)) => {
            let cause = error.source().map(ToString::to_string);
            tracing::warn!(what, %error, cause, "a health check failed");
            UNREACHABLE
        }
        Err(_) => {
            tracing::warn!(what, "a health check took too long");
            UNREACHABLE
        }
    }
}
