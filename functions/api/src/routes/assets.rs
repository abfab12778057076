//! Uploads: ask where to send a file.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::body::JsonBody;
use crate::handler::Service;
use crate::problem::Problem;

pub async fn create(State(service): State<Arc<Service>>, JsonBody(json): JsonBody) -> Result<Response, Problem> {
    let offer = service.uploads.offer(&json).await?;
    Ok((StatusCode::CREATED, Json(offer)).into_response())
}
