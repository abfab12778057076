//! Configuration from the environment: one struct a concern.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use rushes_core::memo::{Budget, Limits};

/// A variable that is missing or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It has to be set.
    #[error("the environment variable {name} is not set")]
    Missing {
        /// Which.
        name: &'static str,
    },
    /// It is set to something else than it may be.
    #[error("the environment variable {name} is {value:?}: {reason}")]
    Invalid {
        /// Which.
        name: &'static str,
        /// What it is.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Where tasks, messages and bytes lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageConfig {
    /// `RUSHES_TABLE`: name of the DynamoDB table.
    pub table: String,
    /// `RUSHES_BUCKET`: name of the S3 bucket.
    pub bucket: String,
    /// `RUSHES_TASKS_QUEUE_URL`: URL of the SQS queue of tasks.
    pub tasks_queue_url: String,
    /// `RUSHES_DEAD_LETTERS_QUEUE_URL`: URL of the queue for what nobody shall try again.
    pub dead_letters_queue_url: String,
}

impl StorageConfig {
    /// From this process's environment.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            table: required("RUSHES_TABLE")?,
            bucket: required("RUSHES_BUCKET")?,
            tasks_queue_url: required("RUSHES_TASKS_QUEUE_URL")?,
            dead_letters_queue_url: required("RUSHES_DEAD_LETTERS_QUEUE_URL")?,
        })
    }
}

/// Where the HTTP server listens outside of Lambda.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenConfig {
    /// `RUSHES_LISTEN`, by default 127.0.0.1:3000.
    pub address: SocketAddr,
    /// What connections may take.
    pub connections: ConnectionLimits,
}

/// What connections may take of a server with nothing before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// `RUSHES_CONNECTIONS`, by default 512: how many there are at once. Others wait to be taken.
    /// Each is an open file, of which a process may often have 1,024.
    pub at_once: usize,
    /// `RUSHES_HEAD_SECONDS`, by default 10: how long a request's head may take to come, counted from the
    /// end of the answer before. Behind a load balancer that keeps connections it is more than those are kept.
    pub head: Duration,
}

impl ListenConfig {
    /// From this process's environment.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        let at_once = within("RUSHES_CONNECTIONS", 512, 1, 100_000)?;
        let head = within("RUSHES_HEAD_SECONDS", 10, 1, 60 * 60)?;
        Ok(Self {
            address: parsed("RUSHES_LISTEN", SocketAddr::from(([127, 0, 0, 1], 3000)))?,
            connections: ConnectionLimits {
                at_once: usize::try_from(at_once).unwrap_or(usize::MAX),
                head: Duration::from_secs(head),
            },
        })
    }
}

/// How long tasks are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionConfig {
    /// `RUSHES_TASK_TTL_DAYS`, by default 30 days.
    pub time_to_live: Duration,
}

impl RetentionConfig {
    /// From this process's environment.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        let days = within("RUSHES_TASK_TTL_DAYS", 30, 1, 3650)?;
        Ok(Self { time_to_live: Duration::from_secs(days * 24 * 60 * 60) })
    }
}

/// How much the API takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitConfig {
    /// `RUSHES_REQUESTS_PER_SECOND`, by default 200: what one process answers without 429.
    pub requests_per_second: u32,
    /// `RUSHES_BODY_SECONDS`, by default 10: how long a request's body may take to come.
    pub body: Duration,
}

impl LimitConfig {
    /// From this process's environment.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        let requests = within("RUSHES_REQUESTS_PER_SECOND", 200, 1, 100_000)?;
        let body = within("RUSHES_BODY_SECONDS", 10, 1, 60 * 60)?;
        Ok(Self { requests_per_second: u32::try_from(requests).unwrap_or(u32::MAX), body: Duration::from_secs(body) })
    }
}

/// How manifests are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestConfig {
    /// `RUSHES_INGEST_QUEUE_URL`: URL of the SQS queue on which S3 announces manifests.
    pub queue_url: String,
    /// `RUSHES_INGEST_DEAD_LETTERS_QUEUE_URL`: URL of the queue for announcements that nobody shall try again.
    pub dead_letters_queue_url: String,
    /// `RUSHES_INGEST_ROWS`, by default 2,000: rows after which the rest is left to another turn.
    pub rows_per_turn: usize,
}

impl IngestConfig {
    /// From this process's environment.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        let rows = within("RUSHES_INGEST_ROWS", 2000, 1, 50_000)?;
        let rows_per_turn = usize::try_from(rows).unwrap_or(usize::MAX);
        Ok(Self {
            queue_url: required("RUSHES_INGEST_QUEUE_URL")?,
            dead_letters_queue_url: required("RUSHES_INGEST_DEAD_LETTERS_QUEUE_URL")?,
            rows_per_turn,
        })
    }
}

/// How tasks are worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkConfig {
    /// `RUSHES_WORKERS`: messages worked on at once, by default 1.
    pub workers: usize,
    /// `RUSHES_SEGMENT_WORKERS`: segments rendered at once over all tasks, by default as many as keep
    /// the machine's processors busy.
    pub segment_workers: Option<usize>,
    /// `RUSHES_LEASE_SECONDS`, by default 60: how soon others may take over from a worker that died.
    pub lease: Duration,
    /// `RUSHES_DRAIN_SECONDS`, by default 12: how long work may go on once the process is asked to
    /// stop. Giving back what is left takes another few; containers are killed after 30.
    pub drain: Duration,
    /// Whether messages are asked for even where Lambda's variables are set. Not from the environment.
    pub poll: bool,
}

impl WorkConfig {
    /// From this process's environment.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        let workers = within("RUSHES_WORKERS", 1, 1, 64)?;
        let segments = within("RUSHES_SEGMENT_WORKERS", 0, 0, 1024)?;
        let segment_workers = usize::try_from(segments).ok().filter(|count| *count > 0);
        let lease = within("RUSHES_LEASE_SECONDS", 60, 2, 12 * 60 * 60)?;
        let drain = within("RUSHES_DRAIN_SECONDS", 12, 0, 12 * 60 * 60)?;
        Ok(Self {
            workers: usize::try_from(workers).unwrap_or(1),
            segment_workers,
            lease: Duration::from_secs(lease),
            drain: Duration::from_secs(drain),
            poll: false,
        })
    }
}

/// What is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoConfig {
    /// `RUSHES_MEMO_MEMORY_MB`, by default 64: megabytes of results in the memory of this process.
    pub limits: Limits,
    /// `RUSHES_MEMO_BUDGET_GB`, by default 10: gigabytes of results over all; and
    /// `RUSHES_MEMO_KEPT_PERCENT`, by default 80: down to which share of that a sweep goes.
    pub budget: Budget,
}

impl MemoConfig {
    /// From this process's environment.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        let memory_bytes = within("RUSHES_MEMO_MEMORY_MB", 64, 1, 64 << 10)? << 20;
        let limit_bytes = within("RUSHES_MEMO_BUDGET_GB", 10, 1, 1_000_000)? * 1_000_000_000;
        let kept_percent = within("RUSHES_MEMO_KEPT_PERCENT", 80, 1, 100)?;
        Ok(Self { limits: Limits { memory_bytes, ..Limits::default() }, budget: Budget { limit_bytes, kept_percent } })
    }
}

/// The text of a variable that may be unset; set to nothing is unset.
#[must_use]
pub fn optional(name: &'static str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The text of a variable that has to be set.
///
/// # Errors
/// [`ConfigError::Missing`].
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing { name })
}

/// The value of a variable, or `default` when it is unset.
///
/// # Errors
/// [`ConfigError::Invalid`] when it cannot be read as what it is.
pub fn parsed<T>(name: &'static str, default: T) -> Result<T, ConfigError>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    optional(name).map_or(Ok(default), |value| parse(name, &value))
}

/// The value of a variable, or what `default` says when it is unset.
///
/// # Errors
/// [`ConfigError::Invalid`] when either cannot be read as what it is.
pub fn parsed_or<T>(name: &'static str, default: &str) -> Result<T, ConfigError>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    parse(name, optional(name).as_deref().unwrap_or(default))
}

fn parse<T>(name: &'static str, value: &str) -> Result<T, ConfigError>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    let invalid = |error: T::Err| ConfigError::Invalid { name, value: value.to_owned(), reason: error.to_string() };
    value.trim().parse().map_err(invalid)
}

fn within(name: &'static str, default: u64, least: u64, most: u64) -> Result<u64, ConfigError> {
    let value = parsed(name, default)?;
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(ConfigError::Invalid { name, value: value.to_string(), reason: format!("it may be {least} to {most}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_variable_its_value_and_the_reason() {
        let error = parse::<SocketAddr>("RUSHES_LISTEN", "localhost").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment variable RUSHES_LISTEN is \"localhost\": invalid socket address syntax"
        );
        let error = required("RUSHES_THAT_NOBODY_SETS").unwrap_err();
        assert_eq!(error.to_string(), "the environment variable RUSHES_THAT_NOBODY_SETS is not set");
    }

    #[test]
    fn numbers_have_limits() {
        assert_eq!(within("RUSHES_THAT_NOBODY_SETS", 30, 1, 3650), Ok(30));
        assert!(within("RUSHES_THAT_NOBODY_SETS", 0, 1, 3650).is_err());
    }
}
