//! The one way to the outside over HTTP: pooled connections, limits, repeats and circuits for
//! everything that this process asks for.

mod answer;
mod call;
mod circuit;
mod config;
pub(crate) mod error;
pub mod guard;
mod pool;
pub(crate) mod retry;
mod secret;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Client, ClientBuilder, RequestBuilder, Response, redirect};
use url::Url;

pub use answer::Answer;
pub use call::{Call, Repeat};
pub use config::HttpConfig;
pub use error::HttpError;
pub use secret::Secret;

use circuit::Circuits;
use guard::{PublicResolver, Trust};
use pool::{Pool, Slot, Slots};

const USER_AGENT: &str = concat!("rushes/", env!("CARGO_PKG_VERSION"));

/// No HTTPS client can be made.
#[derive(Debug, thiserror::Error)]
#[error("no HTTPS client can be made here")]
pub enum SetupError {
    /// TLS cannot be set up.
    Tls(#[from] rustls::Error),
    /// The client cannot.
    Client(#[from] reqwest::Error),
}

/// Asks others over HTTP. Clones share everything.
#[derive(Clone, Debug)]
pub struct HttpClient {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: HttpConfig,
    /// One for each call that may be on its way, so that no more connections are in use.
    slots: Slots,
    /// The same for what strangers name: however long that takes, calls are not kept waiting.
    fetches: Slots,
    looks: Slots,
    circuits: Circuits,
    /// Reaches the public internet only.
    public: Pool,
    /// Reaches anything: what the owner of the service named. A connection that was opened for
    /// the owner must not serve a stranger, so the two share limits and not connections.
    trusted: Pool,
}

impl HttpClient {
    /// A client with limits of its own.
    ///
    /// # Errors
    /// [`SetupError`] when TLS cannot be set up.
    pub fn new(config: HttpConfig) -> Result<Self, SetupError> {
        Self::with(config, |builder| builder)
    }

    /// As [`Self::new`]; `more` sets up the way to what the owner named.
    fn with(config: HttpConfig, more: impl Fn(ClientBuilder) -> ClientBuilder) -> Result<Self, SetupError> {
        // Another library of this process may have chosen already; then its choice stands.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let tls = rushes_tls::client()?;
        let builder = || {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .user_agent(USER_AGENT)
                .connect_timeout(config.connect)
                .read_timeout(config.read)
                // Every new address has to be admitted, and a proxy would resolve names on its own.
                .redirect(redirect::Policy::none())
                .no_proxy()
                // As tolerant as browsers are.
                .http1_ignore_invalid_headers_in_responses(true)
                .http1_allow_spaces_after_header_name_in_responses(true)
                .http1_allow_obsolete_multiline_headers_in_responses(true)
        };
        let resolver = PublicResolver::default();
        let shared = Shared {
            config,
            slots: Slots::new(config.connections, config.idle_connections),
            fetches: Slots::new(config.fetches, config.idle_connections),
            looks: Slots::new(config.looks, 0),
            circuits: Circuits::default(),
            public: Pool::new(&config, || builder().dns_resolver(resolver.clone()))?,
            trusted: Pool::new(&config, || more(builder()))?,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Sends one request to `url`, once, and returns the answer with its body unread.
    ///
    /// # Errors
    /// [`OpenError`]; the caller may say what it means.
    pub async fn open(
        &self,
        lane: Lane,
        trust: Trust,
        url: Url,
        more: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<OpenAnswer, OpenError> {
        let slot = match lane {
            Lane::Fetch => self.shared.fetches.take().await,
            // Whoever looks has others waiting: where too many look already, nobody stands in line.
            Lane::Look => self.shared.looks.take_free().ok_or(OpenError::Busy)?,
        };
        let pool = match trust {
            Trust::Full => &self.shared.trusted,
            Trust::Public => &self.shared.public,
        };
        let response = more(pool.client(&slot).get(url)).send().await?;
        Ok(OpenAnswer { response, _slot: slot })
    }

    /// Asks what the owner of the service set up, again where that is allowed and may help, and
    /// returns a whole answer.
    ///
    /// # Errors
    /// [`HttpError`]; an answer that says no is one.
    pub async fn call(&self, call: &Call) -> Result<Answer, HttpError> {
        let deadline = Instant::now() + call.deadline;
        let mut attempt = 1;
        loop {
            let error = match self.attempt(call, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(wait) = self.wait_before_next(call, &error, attempt, deadline) else { return Err(error) };
            tracing::info!(host = call.host(), attempt, wait_ms = wait.as_millis(), %error, "asked again later");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// How long to wait before another attempt; `None` when there is to be none.
    fn wait_before_next(&self, call: &Call, error: &HttpError, attempt: u32, deadline: Instant) -> Option<Duration> {
        if !call.may_repeat() || !error.is_transient() || attempt >= self.shared.config.attempts {
            return None;
        }
        let wait = retry::wait(self.shared.config.back_off, attempt, error.retry_after());
        (Instant::now() + wait < deadline).then_some(wait)
    }

    async fn attempt(&self, call: &Call, deadline: Instant) -> Result<Answer, HttpError> {
        let host = call.host();
        self.shared
            .circuits
            .admit(&host, Instant::now())
            .map_err(|open_for| HttpError::CircuitOpen { host: host.clone(), seconds: open_for.as_secs().max(1) })?;
        let left = deadline.saturating_duration_since(Instant::now());
        let exchange = async {
            let slot = self.shared.slots.take().await;
            let client = self.shared.trusted.client(&slot);
            let request = call.build(client).map_err(|error| HttpError::broken(&host, error))?;
            let response = client.execute(request).await.map_err(|error| HttpError::broken(&host, error))?;
            answer::read(&host, response, call.max_bytes).await
        };
        let outcome = tokio::time::timeout(left, exchange)
            .await
            .unwrap_or_else(|_| Err(HttpError::too_slow(&host, call.deadline)));
        let is_well = outcome.as_ref().err().is_none_or(|error| !error.speaks_against_host());
        self.shared.circuits.record(&host, is_well, Instant::now());
        outcome
    }
}

/// What a request to something that strangers name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// To have it.
    Fetch,
    /// To see what it is, while someone waits.
    Look,
}

/// Why a request to something that strangers name has no answer.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Too much is being looked at already.
    #[error("too much is being looked at")]
    Busy,
    /// There was no connection, or it broke.
    #[error(transparent)]
    Broken(#[from] reqwest::Error),
}

/// An answer whose body is read as it comes. Until it is dropped it counts as a connection.
#[derive(Debug)]
pub struct OpenAnswer {
    /// The answer.
    pub response: Response,
    _slot: Slot,
}

impl OpenAnswer {
    /// The next piece of the body.
    ///
    /// # Errors
    /// As reqwest has them.
    pub async fn chunk(&mut self) -> Result<Option<bytes::Bytes>, reqwest::Error> {
        self.response.chunk().await
    }
}
