//! Reading what a client sends: JSON, and not too much of it.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use rushes_core::spec::MAX_SPEC_BYTES;

use crate::problem::Problem;

/// A client that still sends does not read. So what is too large is read to
/// its end, if that is not too far, and forgotten; only then is it refused.
const MAX_FORGOTTEN_BYTES: usize = 16 << 20;
const DEADLINE: Duration = Duration::from_secs(10);

/// The body of a request that says that it is JSON, of at most `LIMIT` bytes.
pub struct JsonBody<const LIMIT: usize = MAX_SPEC_BYTES>(pub Bytes);

impl<S: Sync, const LIMIT: usize> FromRequest<S> for JsonBody<LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let is_json = says_json(request.headers());
        let bytes = read(request.into_body(), LIMIT).await?;
        if is_json { Ok(Self(bytes)) } else { Err(Problem::not_json()) }
    }
}

/// The body of a request that may have none; if it has one, it is JSON.
pub struct OptionalJsonBody(pub Option<Bytes>);

impl<S: Sync> FromRequest<S> for OptionalJsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let is_json = says_json(request.headers());
        let bytes = read(request.into_body(), MAX_SPEC_BYTES).await?;
        match (bytes.trim_ascii().is_empty(), is_json) {
            (true, _) => Ok(Self(None)),
            (false, true) => Ok(Self(Some(bytes))),
            (false, false) => Err(Problem::not_json()),
        }
    }
}

fn says_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    tokio::time::timeout(DEADLINE, collect(body, limit))
        .await
        .unwrap_or_else(|_| Err(Problem::body_unfinished("It took longer than 10 seconds.")))
}

async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    let (mut kept, mut seen) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::body_unfinished("The connection broke."))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen > MAX_FORGOTTEN_BYTES {
            break;
        }
        if seen > limit {
            kept = BytesMut::new();
        } else {
            kept.extend_from_slice(&data);
        }
    }
    if seen > limit { Err(Problem::body_too_large(limit)) } else { Ok(kept.freeze()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_its_media_type() {
        let says = |value: &str| says_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]));
        assert!(says("application/json") && says("Application/JSON; charset=utf-8") && says("application/vnd.x+json"));
        assert!(!says("text/plain") && !says("application/jsonx") && !says("") && !says_json(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn a_body_of_the_largest_size_is_read_and_a_larger_one_refused() {
        let whole = read(Body::from(vec![b' '; MAX_SPEC_BYTES]), MAX_SPEC_BYTES).await.unwrap();
        assert_eq!(whole.len(), MAX_SPEC_BYTES);
        for size in [MAX_SPEC_BYTES + 1, 10 << 20, 20 << 20] {
            let problem = read(Body::from(vec![b' '; size]), MAX_SPEC_BYTES).await.unwrap_err();
            assert!(problem.detail().contains("larger than 1048576 bytes"));
        }
    }
}
