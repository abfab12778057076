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

/// The key that came with a request. A header that holds nothing is as good as none: some clients send every
/// header that they know.
fn key(headers: &HeaderMap) -> Option<&[u8]> {
    let named = headers.get_all("x-api-key").into_iter().map(|value| value.as_bytes().trim_ascii());
    let bearers = headers.get_all(header::AUTHORIZATION).into_iter().filter_map(bearer);
    named.chain(bearers).find(|key| !key.is_empty())
}

/// The token of a header `Authorization: Bearer …` (RFC 6750, §2.1).
fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"bearer ";
    let (scheme, token) = value.as_bytes().trim_ascii().split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| token.trim_ascii())
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
    fn a_key_comes_in_either_header_and_an_empty_one_is_none() {
        let of = |sent: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            key(&headers).map(|key| String::from_utf8(key.to_vec()).unwrap())
        };
        let k = Some("k".to_owned());
        assert_eq!(of(&[("x-api-key", "k")]), k);
        assert_eq!(of(&[("authorization", "bearer k")]), k);
        assert_eq!(of(&[("authorization", "BEARER  k ")]), k);
        assert_eq!(of(&[("x-api-key", ""), ("authorization", "Bearer k")]), k);
        assert_eq!(of(&[("x-api-key", "  "), ("x-api-key", "k"), ("authorization", "Bearer l")]), k);
        assert_eq!(of(&[("authorization", "Bearer schlüssel")]), Some("schlüssel".to_owned()));
        for none in ["Basic k", "k", "Bearer", "Bearer ", "Bearerk"] {
            assert_eq!(of(&[("authorization", none)]), None, "{none}");
        }
        assert_eq!(of(&[("x-api-key", "")]), None);
        assert_eq!(of(&[]), None);
    }
}
