//! Where a redirect leads.

use std::collections::BTreeMap;

use percent_encoding::{CONTROLS, percent_encode};
use reqwest::header::{HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use reqwest::{Response, StatusCode};
use rushes_core::ports::MediaError;
use url::{Origin, Url};

/// The most cookies that are kept.
const MAX_CRUMBS: usize = 20;

/// The address to ask next; `None` for an answer that is no redirect.
///
/// # Errors
/// When it leads nowhere.
pub fn target(from: &Url, response: &Response) -> Result<Option<Url>, MediaError> {
    let location = response.headers().get(LOCATION);
    match (response.status(), location) {
        (StatusCode::MULTIPLE_CHOICES, None) => Ok(None),
        (
            StatusCode::MULTIPLE_CHOICES
            | StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT,
            location,
        ) => {
            let next = location.and_then(|location| joined(from, location.as_bytes()));
            let nowhere = || MediaError::unreadable("the server redirects to nowhere");
            next.map(Some).ok_or_else(nowhere)
        }
        _ => Ok(None),
    }
}

/// The reference as it was sent: servers send letters of any encoding raw, and mean these bytes.
fn joined(from: &Url, location: &[u8]) -> Option<Url> {
    let mut url = from.join(&percent_encode(location.trim_ascii(), CONTROLS).to_string()).ok()?;
    url.set_fragment(None);
    Some(url)
}

/// Cookies that a host set while it redirected, for itself alone: some redirect to the same address until they see
/// theirs. They go with the fetch.
#[derive(Debug, Default)]
pub struct Crumbs {
    /// Scheme, host and port of whoever set them.
    origin: Option<Origin>,
    pairs: BTreeMap<String, String>,
}

impl Crumbs {
    /// Takes those of an answer from `url`, and forgets those of others.
    pub fn take(&mut self, url: &Url, headers: &HeaderMap) {
        if self.origin.as_ref() != Some(&url.origin()) {
            *self = Self { origin: Some(url.origin()), pairs: BTreeMap::new() };
        }
        let values = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = values.filter_map(|value| value.split(';').next()?.split_once('='));
        for (name, value) in pairs.take(MAX_CRUMBS) {
            if self.pairs.len() < MAX_CRUMBS {
                self.pairs.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    /// What to send to `url` with the header `Cookie`, if anything.
    pub fn header(&self, url: &Url) -> Option<HeaderValue> {
        let is_own = self.origin.as_ref() == Some(&url.origin()) && !self.pairs.is_empty();
        let pairs = self.pairs.iter().map(|(name, value)| format!("{name}={value}"));
        is_own.then(|| HeaderValue::try_from(pairs.collect::<Vec<_>>().join("; ")).ok())?
    }
}

/// A refusal of where a redirect leads, in words about the redirect.
pub fn explained(error: MediaError, target: &Url) -> MediaError {
    match error {
        MediaError::Forbidden { .. } if target.scheme() != "https" => {
            let scheme = target.scheme().chars().take(12).collect::<String>();
            let reason = format!(
                "the server redirects to {scheme}:, and only https is fetched; give the https address of the file itself"
            );
            MediaError::Forbidden { reason }
        }
        MediaError::Forbidden { reason } => {
            MediaError::Forbidden { reason: format!("the server redirects to another address, and {reason}") }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_go_back_to_whoever_set_them_and_to_nobody_else() {
        let headers = |text: &str| HeaderMap::from_iter([(SET_COOKIE, text.parse().unwrap())]);
        let [one, other] = ["https://a.b/c", "https://a.b:8443/c"].map(|url| Url::parse(url).unwrap());
        let mut crumbs = Crumbs::default();
        assert_eq!(crumbs.header(&one), None);
        crumbs.take(&one, &headers("seen=1; Path=/; Secure"));
        crumbs.take(&one, &headers("id = x=y"));
        assert_eq!(crumbs.header(&one).unwrap(), "id=x=y; seen=1");
        assert_eq!(crumbs.header(&other), None);
        crumbs.take(&other, &HeaderMap::new());
        assert_eq!((crumbs.header(&one), crumbs.header(&other)), (None, None));
    }

    #[test]
    fn references_are_read_as_browsers_read_them() {
        let from = Url::parse("https://a.b/c/d?e").unwrap();
        let cases: [(&[u8], &str); 10] = [
            ("/pics/café bücher.png".as_bytes(), "https://a.b/pics/caf%C3%A9%20b%C3%BCcher.png"),
            (b"/caf\xe9.png", "https://a.b/caf%E9.png"),
            (b" /a b (1).png ", "https://a.b/a%20b%20(1).png"),
            (b"x.png", "https://a.b/c/x.png"),
            (b"../x.png", "https://a.b/x.png"),
            (b"//c.d/x.png", "https://c.d/x.png"),
            (b"/x.png#fragment", "https://a.b/x.png"),
            (b"?size=2", "https://a.b/c/d?size=2"),
            (b"HTTPS://C.D/X%20y?z=%2B", "https://c.d/X%20y?z=%2B"),
            ("https://müller.example/ß".as_bytes(), "https://xn--mller-kva.example/%C3%9F"),
        ];
        for (location, wanted) in cases {
            assert_eq!(joined(&from, location).unwrap().as_str(), wanted);
        }
        assert_eq!(joined(&from, b"https://"), None);
    }
}
