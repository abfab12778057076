//! Messages that were laid aside: look at them, send them again, drop them.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use rushes_core::dead_letters::{DeadLetterList, Tally, Which};

use crate::handler::Service;
use crate::problem::Problem;

type Name = Result<Path<String>, PathRejection>;

pub async fn list(State(service): State<Arc<Service>>) -> Result<Json<DeadLetterList>, Problem> {
    Ok(Json(service.dead_letters.list().await?))
}

pub async fn redrive_all(State(service): State<Arc<Service>>) -> Result<Json<Tally>, Problem> {
    Ok(Json(service.dead_letters.redrive(Which::All).await?))
}

pub async fn redrive_one(State(service): State<Arc<Service>>, name: Name) -> Result<Json<Tally>, Problem> {
    let Path(name) = name.map_err(|_| Problem::no_such_message())?;
    Ok(Json(service.dead_letters.redrive(Which::Named(&name)).await?))
}

pub async fn drop_all(State(service): State<Arc<Service>>) -> Result<Json<Tally>, Problem> {
    Ok(Json(service.dead_letters.drop(Which::All).await?))
}

pub async fn drop_one(State(service): State<Arc<Service>>, name: Name) -> Result<Json<Tally>, Problem> {
    let Path(name) = name.map_err(|_| Problem::no_such_message())?;
    Ok(Json(service.dead_letters.drop(Which::Named(&name)).await?))
}
