//! A provider of voices on this machine, that answers what a test tells it to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use rushes_core::ports::{CloudService, RequestSigner, SignError, UnsignedRequest};
use serde_json::Value;
use url::Url;

use super::super::{ElevenLabs, OpenAiSpeech, Polly, RemoteVoice};
use crate::http::{HttpClient, HttpConfig};
use crate::keys::Key;
use crate::signed::SignedCalls;

pub const PLANTED: &str = "sk-planted-0123456789";

#[derive(Clone)]
pub struct Asked {
    pub uri: String,
    pub headers: HeaderMap,
    pub body: Value,
}

type Answering = Arc<dyn Fn(&Asked) -> Response + Send + Sync>;

pub struct Server {
    pub url: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub async fn start(answering: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> Self {
        let (asked, answering): (Arc<Mutex<Vec<Asked>>>, Answering) = (Arc::default(), Arc::new(answering));
        let app = Router::new().fallback(any(answered)).with_state((Arc::clone(&asked), answering));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/v1", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn openai(&self) -> RemoteVoice<OpenAiSpeech> {
        RemoteVoice(OpenAiSpeech::new(http(), self.url.clone(), Some(key()), "tts-1".to_owned()))
    }

    pub fn elevenlabs(&self) -> RemoteVoice<ElevenLabs> {
        RemoteVoice(ElevenLabs::new(http(), self.url.clone(), key(), "model-1".to_owned()))
    }

    pub fn polly(&self) -> RemoteVoice<Polly> {
        let signer = Signer(self.url.origin().ascii_serialization());
        RemoteVoice(Polly::new(SignedCalls::new(http(), Arc::new(signer))))
    }
}

async fn answered(
    State((asked, answering)): State<(Arc<Mutex<Vec<Asked>>>, Answering)>,
    headers: HeaderMap,
    uri: Uri,
    body: Bytes,
) -> Response {
    let request = Asked { uri: uri.to_string(), headers, body: serde_json::from_slice(&body).unwrap_or_default() };
    let response = answering(&request);
    asked.lock().unwrap().push(request);
    response
}

struct Signer(String);

#[async_trait::async_trait]
impl RequestSigner for Signer {
    fn endpoint(&self, _service: CloudService) -> String {
        self.0.clone()
    }

    async fn sign(&self, request: &UnsignedRequest<'_>) -> Result<Vec<(String, String)>, SignError> {
        Ok(vec![("authorization".to_owned(), format!("signed {}", request.service.signing_name))])
    }
}

pub fn http() -> HttpClient {
    HttpClient::new(HttpConfig { back_off: Duration::from_millis(2), attempts: 2, ..HttpConfig::default() }).unwrap()
}

pub fn key() -> Key {
    Key::read(PLANTED, None).unwrap()
}
