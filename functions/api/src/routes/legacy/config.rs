//! The configuration of the system that this one replaces: that of the default channel.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rushes_core::channel::{ChannelName, MAX_CHANNEL_BYTES};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::body::JsonBody;
use crate::handler::Service;
use crate::problem::Problem;

/// The configuration; an empty one where nothing was ever set.
pub async fn show(State(service): State<Arc<Service>>) -> Result<Json<Value>, Problem> {
    let channel = service.channels.find(&ChannelName::default_channel()).await?;
    Ok(Json(channel.map_or_else(|| Value::Object(Map::new()), |channel| channel.config)))
}

#[derive(Serialize)]
pub struct Changed {
    status: &'static str,
    message: &'static str,
    config: Value,
}

/// Changes the fields that are sent; `null` takes one away.
pub async fn change(
    State(service): State<Arc<Service>>,
    JsonBody(json): JsonBody<MAX_CHANNEL_BYTES>,
) -> Result<Json<Changed>, Problem> {
    let channel = service.channels.change(&ChannelName::default_channel(), &json).await?;
    Ok(Json(Changed { status: "success", message: "Configuration updated", config: channel.config }))
}
