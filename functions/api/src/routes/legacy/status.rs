//! How much there is to do and what was done, in the shape of the system that this one replaces.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rushes_core::read::Load;
use serde::Serialize;

use super::{LIST_LIMIT, LegacyTask};
use crate::handler::Service;
use crate::problem::Problem;

#[derive(Serialize)]
pub struct LegacyStatus {
    status: &'static str,
    active_tasks: u64,
    queue_size: u64,
    version: &'static str,
}

pub async fn show(State(service): State<Arc<Service>>) -> Result<Json<LegacyStatus>, Problem> {
    let Load { queued, processing } = service.reader.load().await?;
    let version = env!("CARGO_PKG_VERSION");
    Ok(Json(LegacyStatus { status: "running", active_tasks: processing, queue_size: queued, version }))
}

#[derive(Serialize)]
pub struct LegacyHistory {
    history: Vec<LegacyTask>,
    total: usize,
}

/// The newest tasks that have ended.
pub async fn history(State(service): State<Arc<Service>>) -> Result<Json<LegacyHistory>, Problem> {
    let ended = service.reader.ended(LIST_LIMIT).await?;
    let history: Vec<LegacyTask> = ended.into_iter().map(Into::into).collect();
    Ok(Json(LegacyHistory { total: history.len(), history }))
}
