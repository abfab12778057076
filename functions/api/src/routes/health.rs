//! Whether the service works: what it needs is asked, not assumed.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::handler::Service;

const DEADLINE: Duration = Duration::from_secs(3);

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
    checks: Checks,
    /// Whether scripts are written about topics here.
    has_writer: bool,
}

#[derive(PartialEq, Eq, Serialize)]
struct Checks {
    table: &'static str,
    queue: &'static str,
    bucket: &'static str,
}

const OK: &str = "ok";
const UNREACHABLE: &str = "unreachable";

pub async fn show(State(service): State<Arc<Service>>) -> Response {
    let desk = &service.desk;
    let (table, queue, bucket) = tokio::join!(
        verdict("table", desk.store.check()),
        verdict("queue", desk.queue.check()),
        verdict("bucket", desk.bucket.check()),
    );
    let checks = Checks { table, queue, bucket };
    let (code, status) = match checks {
        Checks { table: OK, queue: OK, bucket: OK } => (StatusCode::OK, OK),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "degraded"),
    };
    let (version, has_writer) = (env!("CARGO_PKG_VERSION"), desk.has_writer);
    (code, Json(Health { status, version, checks, has_writer })).into_response()
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
