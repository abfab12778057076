//! Reading what a client sends: JSON, as it is or packed with gzip, and not too much of it.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use rushes_core::spec::MAX_SPEC_BYTES;

use crate::handler::Service;
use crate::limit::Place;
use crate::problem::Problem;

/// A client that still sends does not read. So what is too large is read to
/// its end, if that is not too far, and forgotten; only then is it refused.
const MAX_FORGOTTEN_BYTES: usize = 16 << 20;

/// The body of a request that says that it is JSON, of at most `LIMIT` bytes, packed or not.
pub struct JsonBody<const LIMIT: usize = MAX_SPEC_BYTES>(pub Bytes);

impl<const LIMIT: usize> FromRequest<Arc<Service>> for JsonBody<LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Problem> {
        let (is_json, encoding) = (says_json(request.headers()), Encoding::of(request.headers()));
        let bytes = read(request, LIMIT, service.body_deadline).await?;
        if is_json { Ok(Self(encoding?.unpacked(bytes, LIMIT)?)) } else { Err(Problem::not_json()) }
    }
}

/// The body of a request that may have none; if it has one, it is JSON.
pub struct OptionalJsonBody(pub Option<Bytes>);

impl FromRequest<Arc<Service>> for OptionalJsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Problem> {
        let (is_json, encoding) = (says_json(request.headers()), Encoding::of(request.headers()));
        let bytes = read(request, MAX_SPEC_BYTES, service.body_deadline).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(None));
        }
        if !is_json {
            return Err(Problem::not_json());
        }
        let json = encoding?.unpacked(bytes, MAX_SPEC_BYTES)?;
        Ok(Self(Some(json).filter(|json| !json.trim_ascii().is_empty())))
    }
}

fn says_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

/// How a body is packed (RFC 9110, §8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut encoding = Self::Identity;
        for value in headers.get_all(header::CONTENT_ENCODING) {
            for coding in value.to_str().map_err(|_| Problem::unknown_encoding())?.split(',').map(str::trim) {
                encoding = match (coding.to_ascii_lowercase().as_str(), encoding) {
                    ("" | "identity", encoding) => encoding,
                    ("gzip" | "x-gzip", Self::Identity) => Self::Gzip,
                    _ => return Err(Problem::unknown_encoding()),
                };
            }
        }
        Ok(encoding)
    }

    /// The body itself. No more than `limit` bytes are unpacked, however much would come.
    fn unpacked(self, bytes: Bytes, limit: usize) -> Result<Bytes, Problem> {
        if self == Self::Identity {
            return Ok(bytes);
        }
        let mut unpacked = Vec::new();
        let mut decoder = MultiGzDecoder::new(bytes.as_ref()).take(limit as u64 + 1);
        decoder.read_to_end(&mut unpacked).map_err(|_| Problem::damaged_gzip())?;
        if unpacked.len() > limit { Err(Problem::body_too_large(limit)) } else { Ok(Bytes::from(unpacked)) }
    }
}

/// All of the body, if it comes in time. Only then does the request take its place among those worked on.
async fn read(request: Request, limit: usize, deadline: Duration) -> Result<Bytes, Problem> {
    let place = request.extensions().get::<Place>().cloned();
    let bytes = tokio::time::timeout(deadline, collect(request.into_body(), limit)).await.unwrap_or_else(|_| {
        Err(Problem::body_unfinished(&format!("It took longer than {} seconds.", deadline.as_secs())))
    })?;
    if let Some(place) = place {
        place.take().await;
    }
    Ok(bytes)
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
    use std::io::Write;

    use axum::http::HeaderValue;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn json_is_told_by_its_media_type() {
        let says = |value: &str| says_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]));
        assert!(says("application/json") && says("Application/JSON; charset=utf-8") && says("application/vnd.x+json"));
        assert!(!says("text/plain") && !says("application/jsonx") && !says("") && !says_json(&HeaderMap::new()));
    }

    fn encoding(values: &[&'static str]) -> Option<Encoding> {
        let headers = values.iter().map(|value| (header::CONTENT_ENCODING, HeaderValue::from_static(value)));
        Encoding::of(&headers.collect()).ok()
    }

    #[test]
    fn a_body_is_packed_with_gzip_or_not_at_all() {
        for plain in [&[][..], &[""], &["identity"]] {
            assert_eq!(encoding(plain), Some(Encoding::Identity));
        }
        for packed in [&["gzip"][..], &["GZIP"], &["x-gzip"], &["identity, gzip"]] {
            assert_eq!(encoding(packed), Some(Encoding::Gzip), "{packed:?}");
        }
        for unknown in [&["br"][..], &["deflate"], &["zstd"], &["gzip, gzip"], &["gzip", "gzip"], &["gzip;q=1"]] {
            assert_eq!(encoding(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn no_more_is_unpacked_than_is_taken() {
        let packed = |text: &[u8]| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(text).unwrap();
            Bytes::from(encoder.finish().unwrap())
        };
        let unpacked = |bytes: Bytes| Encoding::Gzip.unpacked(bytes, 1000);
        assert_eq!(unpacked(packed(&[b' '; 1000])).unwrap().len(), 1000);
        assert!(unpacked(packed(&vec![b' '; 100 << 20])).unwrap_err().detail().contains("larger than 1000 bytes"));
        let whole = packed(b"{}");
        for damaged in [whole.slice(..whole.len() - 5), Bytes::from_static(b"{}"), Bytes::new()] {
            assert!(unpacked(damaged).unwrap_err().detail().contains("gzip"));
        }
    }

    #[tokio::test]
    async fn a_body_of_the_largest_size_is_read_and_a_larger_one_refused() {
        let read = |size| read(Request::new(Body::from(vec![b' '; size])), MAX_SPEC_BYTES, Duration::MAX);
        let whole = read(MAX_SPEC_BYTES).await.unwrap();
        assert_eq!(whole.len(), MAX_SPEC_BYTES);
        for size in [MAX_SPEC_BYTES + 1, 10 << 20, 20 << 20] {
            let problem = read(size).await.unwrap_err();
            assert!(problem.detail().contains("larger than 1048576 bytes"));
        }
    }
}
