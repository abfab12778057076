//! What is remembered: measure it, look at it, forget it.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use rushes_core::memo::{CacheView, Forgotten, Scope};
use rushes_core::ports::{InvalidMemoKind, MemoKey};
use rushes_core::task::TaskId;
use serde::{Deserialize, Serialize};

use crate::handler::Service;
use crate::problem::Problem;

type Name = Result<Path<(String, String)>, PathRejection>;

/// One remembered result.
#[derive(Serialize)]
pub struct ResultView {
    kind: &'static str,
    hash: String,
    size_bytes: u64,
    used_at: Timestamp,
    expires_at: Timestamp,
}

/// What is to be forgotten.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatToForget {
    kind: Option<String>,
    task: Option<String>,
}

pub async fn measure(State(service): State<Arc<Service>>) -> Result<Json<CacheView>, Problem> {
    Ok(Json(service.cache.measure().await?))
}

pub async fn show(State(service): State<Arc<Service>>, name: Name) -> Result<Json<ResultView>, Problem> {
    let facts = service.cache.look(key(name)?).await?.ok_or_else(Problem::no_such_result)?;
    let (kind, hash) = (facts.key.kind.as_str(), facts.key.hash_hex());
    let (size_bytes, used_at, expires_at) = (facts.size_bytes, facts.used_at, facts.expires_at);
    Ok(Json(ResultView { kind, hash, size_bytes, used_at, expires_at }))
}

pub async fn forget(State(service): State<Arc<Service>>, name: Name) -> Result<Json<Forgotten>, Problem> {
    if service.cache.forget(key(name)?).await? {
        Ok(Json(Forgotten { forgotten: 1, has_more: false }))
    } else {
        Err(Problem::no_such_result())
    }
}

pub async fn forget_many(
    State(service): State<Arc<Service>>,
    query: Result<Query<WhatToForget>, QueryRejection>,
) -> Result<Json<Forgotten>, Problem> {
    const ASKED: &str = "say what to forget: kind=script, say, or task=<id>; one of the two";
    let Query(what) = query.map_err(|_| Problem::invalid_query(ASKED))?;
    let scope = match (what.kind, what.task) {
        (Some(kind), None) => {
            Scope::Kind(kind.parse().map_err(|error: InvalidMemoKind| Problem::invalid_query(error.to_string()))?)
        }
        (None, Some(task)) => {
            let task: Result<TaskId, _> = task.parse();
            Scope::Task(task.map_err(|error| Problem::invalid_query(error.to_string()))?)
        }
        _ => return Err(Problem::invalid_query(ASKED)),
    };
    Ok(Json(service.cache.forget_all(scope).await?))
}

/// What is written otherwise is remembered nowhere.
fn key(name: Name) -> Result<MemoKey, Problem> {
    let Path((kind, hash)) = name.map_err(|_| Problem::no_such_result())?;
    format!("{kind}/{hash}").parse().map_err(|_| Problem::no_such_result())
}
