//! The interface of the system that this one replaces: other words for the same use cases.

pub mod config;
pub mod status;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::Timestamp;
use rushes_core::batch::{BatchTerms, MAX_REQUEST_BYTES};
use rushes_core::read::TaskView;
use rushes_core::task::{Status, TaskId};
use serde::Serialize;
use serde_json::json;

use super::videos::find;
use crate::body::{JsonBody, OptionalJsonBody};
use crate::handler::Service;
use crate::idempotency::Keyed;
use crate::problem::Problem;

const LIST_LIMIT: u32 = 100;

/// What is made of a request without a body where the default channel does not decide.
const WELCOME: &str = include_str!("welcome.json");

#[derive(Serialize)]
pub struct Created {
    status: &'static str,
    task_id: TaskId,
    message: &'static str,
}

pub async fn create(
    State(service): State<Arc<Service>>,
    key: Keyed,
    OptionalJsonBody(json): OptionalJsonBody,
) -> Result<Json<Created>, Problem> {
    let request = key.of_body(json.as_deref().unwrap_or_default());
    let json = service.channels.for_request(json, Bytes::from_static(WELCOME.as_bytes())).await?;
    let task = service.submit(request, json).await?;
    // Whoever sends it again gets the answer that was given, however far the task is by then.
    Ok(Json(Created { status: Status::Queued.as_str(), task_id: task.id, message: "Video creation task queued" }))
}

/// The most videos that the older interface takes at once.
const BATCH_LIMIT: usize = 10;

#[derive(Serialize)]
pub struct CreatedBatch {
    status: &'static str,
    task_ids: Vec<TaskId>,
    message: String,
}

/// Up to ten videos. Those that cannot be made are left out, as long as one can.
pub async fn create_batch(
    State(service): State<Arc<Service>>,
    key: Keyed,
    JsonBody(json): JsonBody<MAX_REQUEST_BYTES>,
) -> Result<Json<CreatedBatch>, Problem> {
    let terms = BatchTerms { limit: BATCH_LIMIT, channel: service.channels.for_batch().await? };
    let answer = service.submit_batch(key.of_body(&json), &json, &terms).await?;
    let task_ids: Vec<TaskId> = answer.videos.into_iter().filter_map(|row| row.id).collect();
    let message = format!("{} video creation tasks queued", task_ids.len());
    Ok(Json(CreatedBatch { status: Status::Queued.as_str(), task_ids, message }))
}

/// A task in the shape of the older interface.
#[derive(Serialize)]
pub struct LegacyTask {
    task_id: TaskId,
    status: &'static str,
    progress: u8,
    title: String,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    video_url: Option<String>,
    error: Option<String>,
}

impl From<TaskView> for LegacyTask {
    fn from(view: TaskView) -> Self {
        let TaskView { task, links } = view;
        Self {
            task_id: task.id,
            status: match task.status {
                // It knew four states only.
                Status::Cancelled => Status::Failed.as_str(),
                status => status.as_str(),
            },
            progress: task.progress,
            title: task.title,
            created_at: task.created_at,
            started_at: task.started_at,
            completed_at: task.completed_at,
            video_url: links.video_url,
            error: task.error.map(|error| error.message),
        }
    }
}

pub async fn show(
    State(service): State<Arc<Service>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<LegacyTask>, Problem> {
    Ok(Json(find(&service, id).await?.into()))
}

#[derive(Serialize)]
pub struct LegacyTasks {
    tasks: Vec<LegacyTask>,
}

pub async fn list(State(service): State<Arc<Service>>) -> Result<Json<LegacyTasks>, Problem> {
    let newest = service.reader.tasks(None, None, LIST_LIMIT).await?;
    Ok(Json(LegacyTasks { tasks: newest.videos.into_iter().map(Into::into).collect() }))
}

/// Says refusals in the words of the older interface: the same status, `{"error": …}`.
pub async fn error_shape(mut response: Response) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_TYPE);
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    let (status, headers) = (parts.status, parts.headers);
    (status, headers, Json(json!({ "error": problem.detail() }))).into_response()
}
