//! Changing tasks: cancel, try again, delete.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use rushes_core::read::TaskView;

use super::videos::{accepted, task_id};
use crate::handler::Service;
use crate::problem::Problem;

pub async fn cancel(
    State(service): State<Arc<Service>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<TaskView>, Problem> {
    let task = service.manager.cancel(task_id(id)?).await?;
    Ok(Json(service.reader.view(task).await?))
}

pub async fn retry(
    State(service): State<Arc<Service>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let task = service.manager.retry(task_id(id)?).await?;
    accepted(&service, task).await
}

pub async fn delete(
    State(service): State<Arc<Service>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    service.manager.delete(task_id(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
