//! Logs: JSON lines for machines, text for people.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::{self, ConfigError};

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Text,
}

impl std::str::FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err("it may be json or text"),
        }
    }
}

/// Starts logging to standard error: what `RUST_LOG` asks for (by default
/// `info`), as `RUSHES_LOG_FORMAT` says (by default text on a terminal, else JSON).
///
/// # Errors
/// [`ConfigError`] when a variable cannot be read.
pub fn start() -> Result<(), ConfigError> {
    let by_default = if std::io::stderr().is_terminal() { Format::Text } else { Format::Json };
    let format = config::parsed("RUSHES_LOG_FORMAT", by_default)?;
    let filter = config::parsed("RUST_LOG", EnvFilter::new("info"))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE)
        .with_target(false);
    let started = match format {
        Format::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
        Format::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging had been started before");
    }
    Ok(())
}
