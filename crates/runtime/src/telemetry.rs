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

/// Libraries that tell of whoever is at the other end of a connection, some of it in that one's words: by
/// naming an address anybody could write into our log. What matters of it we say ourselves. To hear them,
/// name them in `RUST_LOG`: `info,rustls=debug`.
const TALK_OF_OTHERS: &str = "rustls=off,rustls_platform_verifier=off,hyper=off,hyper_util=off,h2=off,reqwest=off";

/// Which lines are written.
struct Filter(EnvFilter);

impl std::str::FromStr for Filter {
    type Err = tracing_subscriber::filter::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Of two directives for one target the later stands.
        EnvFilter::try_new(format!("{TALK_OF_OTHERS},{text}")).map(Self)
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
    let Filter(filter) = config::parsed_or("RUST_LOG", "info")?;
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written of lines that libraries and we have.
    fn written(wanted: &str) -> String {
        let Filter(filter) = wanted.parse().unwrap();
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || writer.clone());
        tracing::subscriber::with_default(subscriber.finish(), || {
            tracing::error!(target: "rustls_platform_verifier::verification::others", "certificate for: call me");
            tracing::warn!(target: "rustls::client", "their alert");
            tracing::warn!(target: "hyper_util::client", "their address");
            tracing::info!(target: "rushes_core::work", "ours");
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn whoever_is_at_the_other_end_does_not_write_our_log() {
        for wanted in ["info", "debug"] {
            let lines = written(wanted);
            assert!(lines.contains("ours") && lines.lines().count() == 1, "{lines}");
        }
    }

    #[test]
    fn what_is_asked_for_by_name_is_written() {
        let lines = written("error,rustls=debug");
        assert!(lines.contains("their alert") && lines.lines().count() == 1, "{lines}");
    }
}
