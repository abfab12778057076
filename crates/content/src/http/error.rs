//! Why there is no answer that can be used. No error holds a URL, a header or what the other side
//! wrote: any of them may hold a key.

use std::time::Duration;

use rushes_core::ports::Source;

/// Why a call gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The other side answered that it will not.
    #[error("{host} answered {status}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused {
        /// Who.
        host: String,
        /// The status code.
        status: u16,
        /// The other side's name for the reason, where it is a plain word.
        code: Option<String>,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// There was no connection, or it broke.
    #[error("{host} {what}")]
    Broken {
        /// Who.
        host: String,
        /// What happened.
        what: &'static str,
        /// Whether another attempt may go better.
        is_transient: bool,
        /// What lay beneath.
        #[source]
        source: Option<Source>,
    },
    /// Something answered, but not what was asked.
    #[error("{host} answered something unexpected: {reason}")]
    Unexpected {
        /// Who.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The host has failed too often and is left alone.
    #[error("{host} has failed again and again and is left alone for another {seconds} s")]
    CircuitOpen {
        /// Who.
        host: String,
        /// How much longer.
        seconds: u64,
    },
}

impl HttpError {
    /// Whether another attempt, now or later, may go better.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(*status, 408 | 429 | 500..=599),
            Self::Broken { is_transient, .. } => *is_transient,
            Self::CircuitOpen { .. } => true,
            Self::Unexpected { .. } => false,
        }
    }

    /// The status code of a refusal.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the host itself is in trouble. One that asks for patience is not.
    pub(super) const fn speaks_against_host(&self) -> bool {
        match self {
            Self::Refused { status, .. } => *status >= 500,
            Self::Broken { .. } => true,
            Self::CircuitOpen { .. } | Self::Unexpected { .. } => false,
        }
    }

    /// What a failed request means. Its own text may hold the URL, so that is left out.
    pub(super) fn broken(host: &str, error: reqwest::Error) -> Self {
        let error = error.without_url();
        let is_certificate = is_about_certificate(&error);
        let what = if is_certificate {
            "has no certificate that can be trusted"
        } else if error.is_builder() {
            "cannot be asked: the request is not valid"
        } else if error.is_timeout() {
            "took too long"
        } else if error.is_connect() {
            "cannot be reached"
        } else {
            "broke the connection"
        };
        let is_transient = !is_certificate && !error.is_builder();
        Self::Broken { host: host.to_owned(), what, is_transient, source: Some(Box::new(error)) }
    }

    pub(super) fn too_slow(host: &str, limit: Duration) -> Self {
        tracing::debug!(host, limit_s = limit.as_secs_f32(), "no whole answer in time");
        Self::Broken { host: host.to_owned(), what: "took too long", is_transient: true, source: None }
    }
}

/// Whether the other side's certificate is what is wrong.
pub(crate) fn is_about_certificate(error: &reqwest::Error) -> bool {
    let is_it = |error: &rustls::Error| matches!(error, rustls::Error::InvalidCertificate(_));
    causes(error).any(|cause| cause.downcast_ref::<rustls::Error>().is_some_and(is_it))
}

/// The error's causes. An I/O error that wraps another shows it only from within.
pub(crate) fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |error| {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        inner.map_or_else(|| error.source(), |inner| Some(inner as &(dyn std::error::Error + 'static)))
    })
}
