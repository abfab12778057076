//! Videos: ask for one, look at one, list them.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rushes_core::read::{TaskView, TaskViews};
use rushes_core::task::{Status, Task, TaskId};
use serde::Deserialize;

use crate::body::JsonBody;
use crate::handler::Service;
use crate::idempotency::Keyed;
use crate::problem::Problem;

const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

pub async fn create(
    State(service): State<Arc<Service>>,
    key: Keyed,
    JsonBody(json): JsonBody,
) -> Result<Response, Problem> {
    let task = service.submit(key.of_body(&json), json).await?;
    accepted(&service, task).await
}

/// Says that a task is in line, and where it is found.
pub async fn accepted(service: &Service, task: Task) -> Result<Response, Problem> {
    let location = [(header::LOCATION, format!("/v1/videos/{}", task.id))];
    let view = service.reader.view(task).await?;
    Ok((StatusCode::ACCEPTED, location, Json(view)).into_response())
}

pub async fn show(
    State(service): State<Arc<Service>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<TaskView>, Problem> {
    find(&service, id).await.map(Json)
}

/// The task that a path names.
pub async fn find(service: &Service, id: Result<Path<String>, PathRejection>) -> Result<TaskView, Problem> {
    service.reader.task(task_id(id)?).await?.ok_or_else(Problem::no_such_video)
}

/// The id in a path. What is no id names no video either.
pub fn task_id(id: Result<Path<String>, PathRejection>) -> Result<TaskId, Problem> {
    id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(Problem::no_such_video)
}

#[derive(Deserialize)]
pub struct ListQuery {
    status: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

pub async fn list(
    State(service): State<Arc<Service>>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<TaskViews>, Problem> {
    let Query(query) = query.map_err(|rejection| Problem::invalid_query(rejection.body_text()))?;
    let given = |value: Option<String>| value.filter(|value| !value.is_empty());
    let status = given(query.status).map(|status| status.parse::<Status>()).transpose();
    let status = status.map_err(Problem::invalid_query)?;
    let limit = given(query.limit).map_or(Ok(DEFAULT_LIMIT), |limit| parse_limit(&limit))?;
    let cursor = given(query.cursor);
    Ok(Json(service.reader.tasks(status, cursor.as_deref(), limit).await?))
}

fn parse_limit(text: &str) -> Result<u32, Problem> {
    let limit = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or_else(|| Problem::invalid_query(format!("the limit is 1 to {MAX_LIMIT}")))
}
