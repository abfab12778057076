//! Pages of other origins that may call the API from a browser (CORS, as the Fetch Standard has it). None may
//! unless the owner names them; no cookie and no password that a browser keeps is ever asked for.

use std::str::FromStr;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser need not ask again whether it may.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// Whose pages may call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// Nobody's but the service's own.
    #[default]
    Own,
    /// These, too.
    Listed(Vec<HeaderValue>),
    /// Everybody's.
    Any,
}

/// The text is no origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no origin: write https://app.example.com, with commas between several and no slash at the end")]
pub struct InvalidOrigin(String);

impl FromStr for Origins {
    type Err = InvalidOrigin;

    /// Reads `RUSHES_CORS_ORIGINS`: origins with commas between them, or `*`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named: Vec<&str> = text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).collect();
        match named.as_slice() {
            [] => Ok(Self::Own),
            ["*"] => Ok(Self::Any),
            origins => origins.iter().map(|origin| read(origin)).collect::<Result<_, _>>().map(Self::Listed),
        }
    }
}

/// An origin just as browsers send it (RFC 6454, §6.2): another spelling would never be met.
fn read(text: &str) -> Result<HeaderValue, InvalidOrigin> {
    let invalid = || InvalidOrigin(text.to_owned());
    let uri: Uri = text.parse().map_err(|_| invalid())?;
    let (scheme, authority) = (uri.scheme_str().unwrap_or_default(), uri.authority().ok_or_else(invalid)?);
    let default_port = if scheme == "https" { 443 } else { 80 };
    let is_origin = matches!(scheme, "http" | "https")
        && text == format!("{scheme}://{authority}")
        && !authority.as_str().contains(|letter: char| matches!(letter, '@' | '*' | 'A'..='Z'))
        && authority.port_u16() != Some(default_port);
    if is_origin { HeaderValue::from_str(text).map_err(|_| invalid()) } else { Err(invalid()) }
}

impl Origins {
    /// Answers what browsers ask before they call, and marks answers; `None` where nobody else may.
    pub fn layer(&self) -> Option<CorsLayer> {
        let origins = match self {
            Self::Own => return None,
            Self::Listed(origins) => AllowOrigin::list(origins.iter().cloned()),
            Self::Any => AllowOrigin::any(),
        };
        let sent = ["x-api-key", "idempotency-key", "x-request-id"].map(HeaderName::from_static);
        let sent = sent.into_iter().chain([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
        ]);
        let read = [header::LOCATION, header::ETAG, header::RETRY_AFTER, HeaderName::from_static("x-request-id")];
        let layer = CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers(sent.collect::<Vec<_>>())
            .expose_headers(read)
            .max_age(MAX_AGE);
        Some(layer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_as_browsers_send_them() {
        let listed = |text: &str| match text.parse() {
            Ok(Origins::Listed(origins)) => {
                origins.into_iter().map(|origin| origin.to_str().unwrap().to_owned()).collect()
            }
            other => panic!("{other:?}"),
        };
        let both: Vec<String> = listed(" https://app.example.com ,http://localhost:5173,");
        assert_eq!(both, ["https://app.example.com", "http://localhost:5173"]);
        assert_eq!("".parse(), Ok(Origins::Own));
        assert_eq!(" , ".parse(), Ok(Origins::Own));
        assert_eq!("*".parse(), Ok(Origins::Any));
        for bad in [
            "https://a.example/",
            "https://a.example/page",
            "a.example",
            "https://",
            "ftp://a.example",
            "https://A.example",
            "https://a.example:443",
            "https://u@a.example",
            "null",
            "*,https://a.example",
            "https://*.example.com",
        ] {
            assert!(bad.parse::<Origins>().is_err(), "{bad}");
        }
    }
}
