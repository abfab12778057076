//! What an answer, or none, means for the person who named the address. What the other side wrote is never told.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use rushes_core::ports::MediaError;

use crate::http::OpenError;
use crate::http::error::{causes, is_about_certificate};
use crate::http::guard::{NotPublic, UnknownHost};
use crate::http::retry;

/// How long a host is left alone that asks for patience and does not say for how long.
const UNSAID: Duration = Duration::from_secs(1);

/// The meaning of a status that brings no file; `None` for one that does.
pub fn of_status(status: StatusCode, headers: &HeaderMap) -> Option<MediaError> {
    let name = name(status);
    Some(match status.as_u16() {
        204 | 205 => MediaError::unreadable("the server's answer is empty"),
        200..=299 => return None,
        408 | 425 | 429 | 500..=599 => {
            let reason = format!("the server answered {name}");
            MediaError::Unavailable { reason, retry_after: asked_patience(status, headers), source: None }
        }
        404 | 410 => MediaError::Missing { reason: format!("the server answered {name}") },
        401 | 407 => {
            let reason = format!("it wants a login ({name}); give an address that can be opened without one");
            MediaError::Refused { reason }
        }
        403 | 451 => {
            let reason = format!(
                "it answered {name}; give an address that anyone can open, or a signed one that has not expired"
            );
            MediaError::Refused { reason }
        }
        _ => MediaError::Refused { reason: format!("it answered {name}") },
    })
}

fn name(status: StatusCode) -> String {
    let code = status.as_u16();
    status.canonical_reason().map_or_else(|| code.to_string(), |reason| format!("{code} {reason}"))
}

/// How long the host is to be left alone: what `Retry-After` says (RFC 9110, §10.2.3) beside any status, a moment
/// where 429 (RFC 6585, §4) comes without.
fn asked_patience(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let said = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let said = said.and_then(|text| retry::retry_after(text, Timestamp::now()));
    said.or((status == StatusCode::TOO_MANY_REQUESTS).then_some(UNSAID))
}

/// The meaning of a request that got no answer.
pub fn of_no_answer(error: OpenError) -> MediaError {
    match error {
        OpenError::Busy => MediaError::unavailable("too much is looked at right now"),
        OpenError::Broken(error) => of_broken(error, "the connection broke".to_owned()),
    }
}

/// The meaning of a failed exchange; `otherwise` says what happened where the error tells nothing better. Its own
/// text holds the address, which may be signed, so it is left out.
pub fn of_broken(error: reqwest::Error, otherwise: String) -> MediaError {
    let error = error.without_url();
    if causes(&error).any(<dyn std::error::Error>::is::<NotPublic>) {
        return NotPublic.into();
    }
    if is_about_certificate(&error) {
        return MediaError::Forbidden { reason: "its server has no certificate that can be trusted".to_owned() };
    }
    let reason = if causes(&error).any(<dyn std::error::Error>::is::<UnknownHost>) {
        "its host cannot be found".to_owned()
    } else if error.is_timeout() {
        "the server took too long".to_owned()
    } else if error.is_connect() {
        "no connection could be made".to_owned()
    } else {
        otherwise
    };
    MediaError::Unavailable { reason, retry_after: None, source: Some(Box::new(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(code: u16, retry_after: Option<&'static str>) -> Option<MediaError> {
        let mut headers = HeaderMap::new();
        headers.extend(retry_after.map(|text| (RETRY_AFTER, text.parse().unwrap())));
        of_status(StatusCode::from_u16(code).unwrap(), &headers)
    }

    #[test]
    fn what_may_pass_is_told_from_what_stays() {
        for code in [408, 425, 429, 500, 502, 503, 504, 520, 530, 599] {
            assert!(meaning(code, None).unwrap().is_transient(), "{code}");
        }
        for code in [204, 300, 304, 400, 401, 402, 403, 404, 405, 406, 410, 416, 418, 451] {
            assert!(!meaning(code, Some("1")).unwrap().is_transient(), "{code}");
        }
        assert!(meaning(200, None).is_none() && meaning(206, None).is_none());
    }

    #[test]
    fn who_asks_for_patience_is_heard() {
        let asked = |code, text| meaning(code, text).unwrap().retry_after();
        assert_eq!(asked(429, Some("7")), Some(Duration::from_secs(7)));
        assert_eq!(asked(503, Some("7")), Some(Duration::from_secs(7)));
        assert_eq!(asked(429, Some("Tue, 24 Nov 2020 08:00:30 GMT")), Some(Duration::ZERO));
        assert_eq!(asked(429, None), Some(UNSAID));
        assert_eq!(asked(503, None), None);
    }
}
