//! What is answered where.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use bytes::Bytes;
use rushes_core::batch::{BatchAnswer, BatchDesk, BatchError, BatchTerms};
use rushes_core::channel::Channels;
use rushes_core::dead_letters::DeadLetters;
use rushes_core::manage::Manager;
use rushes_core::memo::Desk;
use rushes_core::read::Reader;
use rushes_core::request::KeyedRequest;
use rushes_core::submit::{FrontDesk, SubmitError};
use rushes_core::task::Task;
use rushes_core::upload::Uploads;
use tower_http::catch_panic::CatchPanicLayer;

use crate::auth::{Access, require_key};
use crate::cors::Origins;
use crate::limit::{Limiter, within_limit};
use crate::problem::Problem;
use crate::routes::{assets, batches, cache, channels, dead_letters, health, legacy, manage, videos};
use crate::{dashboard, observe, query};

/// What the routes work with.
pub struct Service {
    pub desk: FrontDesk,
    pub batches: BatchDesk,
    pub channels: Channels,
    pub reader: Reader,
    pub manager: Manager,
    pub dead_letters: DeadLetters,
    pub cache: Desk,
    pub uploads: Uploads,
    pub access: Access,
    pub limiter: Limiter,
    /// How long a request's body may take to come.
    pub body_deadline: Duration,
    /// Whose pages may call from a browser.
    pub origins: Origins,
    pub health: health::LastVerdict,
}

impl Service {
    /// Makes a request for a video a task: once for its key, if it bears one.
    pub async fn submit(&self, request: Option<KeyedRequest>, json: Bytes) -> Result<Task, SubmitError> {
        match request {
            Some(request) => self.desk.submit_once(request, json).await,
            None => self.desk.submit(json).await,
        }
    }

    /// [`Self::submit`] for a batch.
    pub async fn submit_batch(
        &self,
        request: Option<KeyedRequest>,
        json: &Bytes,
        terms: &BatchTerms,
    ) -> Result<BatchAnswer, BatchError> {
        match request {
            Some(request) => self.batches.submit_once(request, json, terms).await,
            None => self.batches.submit(json, terms).await,
        }
    }
}

/// Every route, in every layer around it.
pub fn router(service: Service) -> Router {
    let service = Arc::new(service);
    let with_key = || from_fn_with_state(Arc::clone(&service), require_key);
    let limited = || from_fn_with_state(Arc::clone(&service), within_limit);
    let catch_panics = || CatchPanicLayer::custom(|_| Problem::internal().into_response());
    let videos = Router::new()
        .route("/v1/videos", post(videos::create).get(videos::list))
        .route("/v1/videos/{id}", get(videos::show).delete(manage::delete))
        .route("/v1/videos/{id}/cancel", post(manage::cancel))
        .route("/v1/videos/{id}/retry", post(manage::retry))
        .route("/v1/dead-letters", get(dead_letters::list).delete(dead_letters::drop_all))
        .route("/v1/dead-letters/redrive", post(dead_letters::redrive_all))
        .route("/v1/dead-letters/{id}", delete(dead_letters::drop_one))
        .route("/v1/dead-letters/{id}/redrive", post(dead_letters::redrive_one))
        .route("/v1/batches", post(batches::create))
        .route("/v1/batches/{id}", get(batches::show))
        .route("/v1/channels", get(channels::list))
        .route("/v1/channels/{name}", get(channels::show).put(channels::set).delete(channels::delete))
        .route("/v1/assets", post(assets::create))
        .route("/v1/cache", get(cache::measure).delete(cache::forget_many))
        .route("/v1/cache/{kind}/{hash}", get(cache::show).delete(cache::forget))
        .route_layer(from_fn(query::only_known))
        // The later layer is the outer one: who has no key uses up nothing of the limit.
        .route_layer(limited())
        .route_layer(with_key())
        .layer(map_response(observe::never_cached));
    let legacy = Router::new()
        .route("/create", post(legacy::create))
        .route("/task/{id}", get(legacy::show))
        .route("/tasks", get(legacy::list))
        .route("/batch", post(legacy::create_batch))
        .route("/config", get(legacy::config::show).post(legacy::config::change))
        .route("/status", get(legacy::status::show))
        .route("/history", get(legacy::status::history))
        .route_layer(limited())
        .route_layer(with_key())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(catch_panics())
        .layer(map_response(observe::never_cached))
        .layer(map_response(legacy::error_shape));
    let cors = service.origins.layer();
    let router = Router::new()
        .merge(videos)
        .nest("/api", legacy)
        .route("/health", get(health::show).layer(map_response(observe::never_cached)))
        .route("/openapi.json", get(dashboard::openapi))
        .route("/", get(dashboard::page))
        .route("/assets/{name}", get(dashboard::asset))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::disable()) // `body::read` has a limit of its own.
        .layer(catch_panics())
        .layer(from_fn(observe::request))
        .with_state(service);
    match cors {
        Some(cors) => router.layer(cors),
        None => router,
    }
}

async fn not_found() -> Problem {
    Problem::no_such_path()
}

async fn method_not_allowed() -> Problem {
    Problem::method_not_allowed()
}

#[cfg(test)]
#[path = "handler_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "load_tests.rs"]
mod load_tests;
