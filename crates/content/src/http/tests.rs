//! Against real servers on this machine, well and badly behaved.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use futures::StreamExt;
use reqwest::header::HeaderName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use super::tls::TlsServer;
use super::{Call, HttpClient, HttpConfig, HttpError, Repeat, Secret};

const PLANTED: &str = "sk-planted-0123456789";

fn config() -> HttpConfig {
    HttpConfig {
        read: Duration::from_millis(300),
        back_off: Duration::from_millis(5),
        attempts: 3,
        ..HttpConfig::default()
    }
}

fn client() -> HttpClient {
    HttpClient::new(config()).unwrap()
}

/// Counts its calls and keeps the headers of each.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<HeaderMap>>>);

impl Seen {
    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn header(&self, call: usize, name: &str) -> String {
        let value = self.0.lock().unwrap()[call].get(name).cloned();
        value.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }
}

async fn serve(answer: impl Fn(usize) -> Response + Clone + Send + Sync + 'static) -> (Url, Seen) {
    let seen = Seen::default();
    let handler = move |State(seen): State<Seen>, headers: HeaderMap| {
        let call = seen.count();
        seen.0.lock().unwrap().push(headers);
        let response = answer(call);
        async { response }
    };
    let app = Router::new().fallback(any(handler)).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/v1/thing", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, seen)
}

/// A server that answers every connection with these bytes and then does as `after` says.
async fn serve_bytes(bytes: &'static [u8], is_closed: bool) -> (Url, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(bytes).await;
                if !is_closed {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (Url::parse(&format!("http://{address}/")).unwrap(), calls)
}

fn told(error: &HttpError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let causes: Vec<String> = causes.map(|cause| format!("{cause} {cause:?}")).collect();
    format!("{error} {error:?} {}", causes.join(" "))
}

#[tokio::test]
async fn a_host_in_trouble_is_asked_again() {
    for status in [408_u16, 429, 500, 502, 503, 504] {
        let (url, seen) = serve(move |call| match call {
            0 | 1 => StatusCode::from_u16(status).unwrap().into_response(),
            _ => "{}".into_response(),
        })
        .await;
        assert_eq!(client().call(&Call::get(url)).await.unwrap().body, "{}", "{status}");
        assert_eq!(seen.count(), 3);
    }
    let (url, seen) = serve(|call| match call {
        0 => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "0")]).into_response(),
        _ => "{}".into_response(),
    })
    .await;
    client().call(&Call::get(url)).await.unwrap();
    assert_eq!(seen.count(), 2);
}

#[tokio::test]
async fn whoever_asks_for_more_patience_than_there_is_is_not_asked_again() {
    let (url, seen) = serve(|_| (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "3600")]).into_response()).await;
    let error = client().call(&Call::get(url)).await.unwrap_err();
    assert!(error.is_transient() && error.status() == Some(429), "{error}");
    assert_eq!(seen.count(), 1);
}

#[tokio::test]
async fn a_call_is_repeated_only_if_it_may_be_and_under_one_name() {
    let failing = |_| StatusCode::BAD_GATEWAY.into_response();
    let (url, seen) = serve(failing).await;
    client().call(&Call::post_json(url, "{}", Repeat::Never)).await.unwrap_err();
    assert_eq!(seen.count(), 1);
    let (url, seen) = serve(failing).await;
    client().call(&Call::post_json(url, "{}", Repeat::Keyed("name-1".to_owned()))).await.unwrap_err();
    assert_eq!(seen.count(), 3);
    assert!((0..3).all(|call| seen.header(call, "idempotency-key") == "name-1"));
    let (url, seen) = serve(|_| StatusCode::BAD_REQUEST.into_response()).await;
    assert!(!client().call(&Call::get(url)).await.unwrap_err().is_transient());
    assert_eq!(seen.count(), 1, "no repetition makes a bad request good");
}

#[tokio::test]
async fn what_a_refusal_says_stays_unsaid() {
    let body = format!(r#"{{"error": {{"message": "Incorrect key: {PLANTED}", "code": "invalid_api_key"}}}}"#);
    let (url, _) = serve(move |_| (StatusCode::UNAUTHORIZED, body.clone()).into_response()).await;
    let url = url.join(&format!("/v1/{PLANTED}?key={PLANTED}")).unwrap();
    let key = Secret::new(PLANTED).header("Bearer ").unwrap();
    let call = Call::get(url.clone()).header(HeaderName::from_static("authorization"), key);
    let error = client().call(&call).await.unwrap_err();
    assert!(error.to_string().ends_with("answered 401 (invalid_api_key)"), "{error}");
    let nobody = Url::parse(&format!("http://127.0.0.1:9/{PLANTED}?key={PLANTED}")).unwrap();
    let unreachable = client().call(&Call::get(nobody)).await.unwrap_err();
    for error in [error, unreachable] {
        assert!(!told(&error).contains("planted"), "{}", told(&error));
    }
    let shown = format!("{call:?}");
    assert!(!shown.contains("planted") && shown.contains("Sensitive"), "{shown}");
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_asked_for_again_and_a_slow_one_given_up() {
    let (url, calls) = serve_bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"half\":", true).await;
    let error = client().call(&Call::get(url)).await.unwrap_err();
    assert!(error.to_string().ends_with("broke the connection") && error.is_transient(), "{error}");
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    let (url, calls) = serve_bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{", false).await;
    let error = client().call(&Call::get(url)).await.unwrap_err();
    assert!(error.to_string().ends_with("took too long") && error.is_transient(), "{error}");
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_byte_now_and_then_does_not_outlast_the_deadline() {
    let drops = || {
        let drops = futures::stream::repeat(()).then(|()| async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok::<_, std::io::Error>(" ")
        });
        Body::from_stream(drops).into_response()
    };
    let (url, _) = serve(move |_| drops()).await;
    let call = Call::get(url).limits(1 << 20, Duration::from_millis(400));
    let error = client().call(&call).await.unwrap_err();
    assert!(error.to_string().ends_with("took too long"), "{error}");
}

#[tokio::test]
async fn a_bomb_is_not_unpacked_and_a_flood_is_cut_off() {
    let bomb = || ([(header::CONTENT_ENCODING, "gzip")], vec![0x1f_u8, 0x8b, 8, 0]).into_response();
    let (url, seen) = serve(move |_| bomb()).await;
    let error = client().call(&Call::get(url)).await.unwrap_err();
    assert!(error.to_string().ends_with("it is compressed"), "{error}");
    assert!(!seen.header(0, "accept-encoding").contains("gzip"));
    let piece = Ok::<_, std::convert::Infallible>(vec![b' '; 1 << 16]);
    let flood = move || Body::from_stream(futures::stream::repeat(piece.clone()));
    let (url, _) = serve(move |_| flood().into_response()).await;
    let error = client().call(&Call::get(url).limits(1 << 20, Duration::from_secs(20))).await.unwrap_err();
    assert!(error.to_string().ends_with("it is larger than 1048576 bytes"), "{error}");
}

#[tokio::test]
async fn no_redirect_is_followed_with_a_key_in_the_hand() {
    let (target, seen) = serve(|_| "{}".into_response()).await;
    for location in ["http://169.254.169.254/latest/meta-data/".to_owned(), target.to_string()] {
        let (url, _) = serve(move |_| Redirect::temporary(&location).into_response()).await;
        let error = client().call(&Call::get(url)).await.unwrap_err();
        assert_eq!(error.status(), Some(307), "{error}");
    }
    assert_eq!(seen.count(), 0);
}

#[tokio::test]
async fn what_is_no_json_is_told_by_its_place_only() {
    let (url, _) = serve(|call| if call == 0 { PLANTED } else { r#"{"a": "sk-planted"}"# }.into_response()).await;
    let client = client();
    for reason in ["no JSON", "JSON of another shape"] {
        let answer = client.call(&Call::get(url.clone())).await.unwrap();
        let error = answer.json::<std::collections::HashMap<String, u32>>().unwrap_err();
        assert!(error.to_string().contains(reason) && !told(&error).contains("planted"), "{error}");
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn a_host_that_fails_again_and_again_is_left_alone() {
    let (url, seen) = serve(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()).await;
    let client = client();
    let mut last = client.call(&Call::get(url.clone())).await.unwrap_err();
    for _ in 0..5 {
        last = client.call(&Call::get(url.clone())).await.unwrap_err();
    }
    assert!(matches!(last, HttpError::CircuitOpen { .. }), "{last}");
    assert_eq!(seen.count(), 8);
    assert!(last.is_transient());
}

#[tokio::test]
async fn a_certificate_that_does_not_verify_is_named_and_not_tried_again() {
    let server = TlsServer::start();
    let error = client().call(&Call::get(server.url())).await.unwrap_err();
    assert!(error.to_string().ends_with("has no certificate that can be trusted"), "{}", told(&error));
    assert!(!error.is_transient());
    assert_eq!(server.connections(), 1);
}

/// Two hundred calls, forty wanted at once: connections opened, the most requests at once, and the median time of a call.
async fn two_hundred_calls(config: HttpConfig) -> (usize, usize, Duration) {
    let server = TlsServer::start();
    let client =
        HttpClient::with(config, |builder| builder.tls_backend_rustls().tls_certs_only([TlsServer::authority()]))
            .unwrap();
    let call = Call::get(server.url());
    let calls: Vec<_> = (0..200)
        .map(|_| async {
            let started = Instant::now();
            client.call(&call).await.unwrap();
            started.elapsed()
        })
        .collect();
    let mut times: Vec<Duration> = futures::stream::iter(calls).buffer_unordered(40).collect().await;
    times.sort();
    (server.connections(), server.most_at_once(), times[times.len() / 2])
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_calls_share_connections_and_no_more_than_twenty_are_on_their_way() {
    let (pooled, at_once, pooled_median) = two_hundred_calls(config()).await;
    let (single, _, single_median) = two_hundred_calls(HttpConfig { idle_connections: 0, ..config() }).await;
    eprintln!("with the pool {pooled} connections, median {pooled_median:?}; without {single}, {single_median:?}");
    assert!(at_once <= 20, "{at_once} requests at once");
    // Twenty, and what a machine with other things to do hands back too late.
    assert!(pooled <= 30, "{pooled} connections were opened");
    assert_eq!(single, 200);
}

#[tokio::test]
async fn calls_in_turn_share_one_connection() {
    let server = TlsServer::start();
    let client =
        HttpClient::with(config(), |builder| builder.tls_backend_rustls().tls_certs_only([TlsServer::authority()]))
            .unwrap();
    for _ in 0..50 {
        client.call(&Call::get(server.url())).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}
