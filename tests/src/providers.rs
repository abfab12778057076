//! Servers that speak the protocols of providers: models, voices, footage.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Path and query.
    pub uri: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, if it is JSON.
    pub body: Value,
    /// Its body as it came.
    pub bytes: Bytes,
}

/// What a provider answers.
pub type Answering = Box<dyn Fn(&Asked) -> Response + Send + Sync>;

/// A provider on this machine, until it is dropped.
#[derive(Debug)]
pub struct Provider {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: JoinHandle<()>,
}

struct Shared {
    asked: Arc<Mutex<Vec<Asked>>>,
    answering: Answering,
}

impl Provider {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start(answering: Answering) -> Result<Self> {
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let shared = Arc::new(Shared { asked: Arc::clone(&asked), answering });
        let router = Router::new().fallback(answer).with_state(shared);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the provider ended: {error}");
            }
        });
        Ok(Self { address, asked, server })
    }

    /// A model that writes this script about anything.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn model(script: Value) -> Result<Self> {
        Self::start(Box::new(move |_| completion(&script.to_string()))).await
    }

    /// An address of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All that was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 1 << 20).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let asked = Asked { uri: parts.uri.to_string(), headers: parts.headers, body: json_of(&body), bytes: body };
    let response = (shared.answering)(&asked);
    shared.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    response
}

fn json_of(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

/// A chat completion with this content.
#[must_use]
pub fn completion(content: &str) -> Response {
    let message = json!({"role": "assistant", "content": content, "refusal": null});
    let choices = json!([{"index": 0, "message": message, "finish_reason": "stop"}]);
    axum::Json(json!({"id": "c-1", "object": "chat.completion", "choices": choices})).into_response()
}
