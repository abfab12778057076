//! Who keeps whom waiting, and whose pages may call.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures::future::join_all;
use futures::stream;
use tower::ServiceExt;

use super::tests::service;
use super::{Service, router};
use crate::limit::Limiter;
use crate::outside::Outside;

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// A request for a video whose body never ends.
fn endless() -> Request<Body> {
    let begun = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{\"script\": "))]);
    let body = Body::from_stream(futures::StreamExt::chain(begun, stream::pending()));
    let request = Request::post("/v1/videos").header(header::CONTENT_TYPE, "application/json");
    request.body(body).unwrap()
}

fn get(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).unwrap()
}

async fn answer(router: &Router, request: Request<Body>) -> Response {
    let answered = tokio::time::timeout(MINUTE, router.clone().oneshot(request)).await;
    answered.expect("others are not waited for").unwrap()
}

fn with_body_deadline(outside: &Arc<Outside>, body_deadline: Duration) -> Router {
    router(Service { limiter: Limiter::new(1_000), body_deadline, ..service(outside) })
}

#[tokio::test]
async fn bodies_that_never_end_keep_no_other_call_waiting() {
    let router = with_body_deadline(&Arc::default(), HOUR);
    let endless: Vec<_> = (0..200).map(|_| tokio::spawn(router.clone().oneshot(endless()))).collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(answer(&router, get("/v1/videos/x", &[])).await.status(), StatusCode::NOT_FOUND);
    let spec = Request::post("/v1/videos").header(header::CONTENT_TYPE, "application/json");
    let spec = spec.body(Body::from(r#"{"script": "Hello."}"#)).unwrap();
    assert_eq!(answer(&router, spec).await.status(), StatusCode::ACCEPTED);
    assert!(endless.iter().all(|request| !request.is_finished()));
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_given_up() {
    let router = with_body_deadline(&Arc::default(), Duration::from_millis(50));
    let answers = join_all((0..100).map(|_| answer(&router, endless()))).await;
    assert!(answers.iter().all(|answer| answer.status() == StatusCode::REQUEST_TIMEOUT));
}

#[tokio::test]
async fn who_has_no_key_uses_up_nothing_of_the_limit() {
    let Ok(access) = "secret".parse();
    let router = router(Service { access, limiter: Limiter::new(2), ..service(&Arc::default()) });
    for _ in 0..100 {
        let answer = answer(&router, get("/v1/videos/x", &[("x-api-key", "guess")])).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    for headers in [&[("x-api-key", "secret")][..], &[("x-api-key", ""), ("authorization", "Bearer secret")]] {
        assert_eq!(answer(&router, get("/v1/videos/x", headers)).await.status(), StatusCode::NOT_FOUND, "{headers:?}");
    }
}

#[tokio::test]
async fn however_many_ask_for_health_aws_is_asked_once() {
    let outside: Arc<Outside> = Arc::default();
    let router = router(service(&outside));
    let answers = join_all((0..100).map(|_| answer(&router, get("/health", &[])))).await;
    assert!(answers.iter().all(|answer| answer.status() == StatusCode::OK));
    assert!(outside.checked.load(Ordering::SeqCst) <= 2, "a verdict stands for a second");
}

#[tokio::test]
async fn pages_of_other_origins_may_call_where_the_owner_named_them_and_never_with_cookies() {
    let (ours, theirs) = ("https://app.example.com", "https://evil.example");
    let preflight = |origin: &str| {
        let request = Request::builder().method(Method::OPTIONS).uri("/v1/assets").header(header::ORIGIN, origin);
        let request = request.header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
        let request = request.header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type,x-api-key");
        request.body(Body::empty()).unwrap()
    };
    let allowed =
        |answer: &Response, name| answer.headers().get(name).map(|value| value.to_str().unwrap().to_ascii_lowercase());
    for (origins, of_ours, of_theirs) in
        [("", None, None), (ours, Some(ours.to_owned()), None), ("*", Some("*".to_owned()), Some("*".to_owned()))]
    {
        let Ok(access) = "secret".parse();
        let origins = origins.parse().unwrap();
        let router = router(Service { access, origins, ..service(&Arc::default()) });
        for (origin, expected) in [(ours, &of_ours), (theirs, &of_theirs)] {
            let asked = answer(&router, preflight(origin)).await;
            assert_eq!(&allowed(&asked, header::ACCESS_CONTROL_ALLOW_ORIGIN), expected, "{origin}");
            if expected.is_some() {
                assert!(asked.status().is_success(), "a preflight bears no key");
                let headers = allowed(&asked, header::ACCESS_CONTROL_ALLOW_HEADERS).unwrap();
                assert!(headers.contains("x-api-key") && headers.contains("content-type"), "{headers}");
            }
            // A refusal can be read, too.
            let refused = answer(&router, get("/v1/videos", &[("origin", origin)])).await;
            assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
            assert_eq!(&allowed(&refused, header::ACCESS_CONTROL_ALLOW_ORIGIN), expected, "{origin}");
            for answer in [asked, refused] {
                assert_eq!(allowed(&answer, header::ACCESS_CONTROL_ALLOW_CREDENTIALS), None);
            }
        }
    }
}
