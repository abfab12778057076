//! Who may call.

use std::convert::Infallible;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::handler::Service;
use crate::problem::Problem;

pub type Fingerprint = [u8; 32];

/// Who sent a request: a hash of the key that came with it, or of nothing.
#[derive(Clone, Copy, Debug)]
pub struct Caller(pub Fingerprint);

/// Which keys open the API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// None: what a stack is whose owner has not said otherwise.
    #[default]
    Closed,
    /// Any request, with or without a key.
    Open,
    /// These. Only their hashes are kept: they are of equal length, and tell nothing in a dump.
    Keys(Vec<Fingerprint>),
}

impl FromStr for Access {
    type Err = Infallible;

    /// Reads `RUSHES_API_KEYS`: `open`, or keys with commas between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let keys: Vec<&str> = text.split(',').map(str::trim).filter(|key| !key.is_empty()).collect();
        Ok(match keys.as_slice() {
            [] => Self::Closed,
            ["open"] => Self::Open,
            keys => Self::Keys(keys.iter().map(|key| fingerprint(key.as_bytes())).collect()),
        })
    }
}

impl Access {
    /// Takes the same time whichever key comes nearest.
    fn admits(&self, key: Option<&[u8]>) -> bool {
        match (self, key) {
            (Self::Open, _) => true,
            (Self::Closed, _) | (Self::Keys(_), None) => false,
            (Self::Keys(known), Some(key)) => {
                let given = fingerprint(key);
                let any = known.iter().fold(Choice::from(0), |any, known| any | known.ct_eq(&given));
                any.into()
            }
        }
    }
}

/// Lets a request through whose key is known, and notes whose it is.
pub async fn require_key(
    State(service): State<Arc<Service>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = key(request.headers());
    if !service.access.admits(key) {
        return Err(Problem::unauthorized());
    }
    let caller = Caller(fingerprint(key.unwrap_or_default()));
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

fn key(headers: &HeaderMap) -> Option<&[u8]> {
    let bearer = || {
        let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().as_bytes())
    };
    headers.get("x-api-key").map(HeaderValue::as_bytes).or_else(bearer)
}

fn fingerprint(key: &[u8]) -> Fingerprint {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(text: &str) -> Access {
        let Ok(access) = text.parse();
        access
    }

    #[test]
    fn nobody_is_admitted_unless_the_owner_says_so() {
        for closed in ["", " ", ",", " , "] {
            assert_eq!(access(closed), Access::Closed);
            assert!(!access(closed).admits(Some(b"")) && !access(closed).admits(None));
        }
        assert!(access("open").admits(None));
        assert!(!access("open,secret").admits(None));
    }

    #[test]
    fn each_key_opens_and_nothing_like_it() {
        let access = access("first, second");
        assert!(access.admits(Some(b"first")) && access.admits(Some(b"second")));
        for other in [&b""[..], b"firs", b"first ", b"First", b"first,second"] {
            assert!(!access.admits(Some(other)));
        }
    }

    #[test]
    fn a_key_comes_in_either_header() {
        let of = |name: &'static str, value: &'static str| {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
            key(&headers).map(<[u8]>::to_vec)
        };
        assert_eq!(of("x-api-key", "k"), Some(b"k".to_vec()));
        assert_eq!(of("authorization", "bearer k"), Some(b"k".to_vec()));
        assert_eq!(of("authorization", "Basic k"), None);
        assert_eq!(of("authorization", "k"), None);
    }
}
