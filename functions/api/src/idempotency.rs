//! Requests that bear a key, so that they may be sent again.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::HeaderName;
use axum::http::request::Parts;
use rushes_core::request::{IdempotencyKey, KeyedRequest};

use crate::auth::Caller;
use crate::problem::Problem;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key that a request bears, if it bears one: its caller's own, and the route's.
#[derive(Clone, Copy, Debug)]
pub struct Keyed(Option<IdempotencyKey>);

impl Keyed {
    /// The request with that body, if it bears a key.
    pub fn of_body(self, body: &[u8]) -> Option<KeyedRequest> {
        self.0.map(|key| key.of_body(body))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Keyed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Ok(Self(None)),
            (Some(value), None) => value,
            (Some(_), Some(_)) => return Err(Problem::one_idempotency_key()),
        };
        // Both are known of whatever has come as far as a route.
        let (Some(Caller(caller)), Some(path)) = (parts.extensions.get(), parts.extensions.get::<MatchedPath>()) else {
            return Err(Problem::internal());
        };
        let operation = format!("{} {}", parts.method, path.as_str());
        Ok(Self(Some(IdempotencyKey::new(caller, &operation, value.as_bytes())?)))
    }
}
