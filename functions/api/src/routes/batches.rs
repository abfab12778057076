//! Batches: ask for many videos at once, see how they stand.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rushes_core::batch::{BatchId, BatchTerms, BatchView, MAX_REQUEST_BYTES, MAX_REQUEST_ROWS};

use crate::body::JsonBody;
use crate::handler::Service;
use crate::idempotency::Keyed;
use crate::problem::Problem;

pub async fn create(
    State(service): State<Arc<Service>>,
    key: Keyed,
    JsonBody(json): JsonBody<MAX_REQUEST_BYTES>,
) -> Result<Response, Problem> {
    let terms = BatchTerms { limit: MAX_REQUEST_ROWS, channel: None };
    let answer = service.submit_batch(key.of_body(&json), &json, &terms).await?;
    let location = [(header::LOCATION, format!("/v1/batches/{}", answer.id))];
    Ok((StatusCode::ACCEPTED, location, Json(answer)).into_response())
}

pub async fn show(
    State(service): State<Arc<Service>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<BatchView>, Problem> {
    let id: BatchId = id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(Problem::no_such_batch)?;
    service.batches.find(id).await?.map(Json).ok_or_else(Problem::no_such_batch)
}
