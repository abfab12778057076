//! What hosts the functions: in Lambda, or in a process of their own on a
//! laptop or in a container. The functions themselves do not know which.

pub mod clock;
pub mod config;
pub mod http;
pub mod messages;
pub mod metrics;
mod stop;
pub mod telemetry;
pub mod workdir;

/// Whether Lambda started this process.
fn in_lambda() -> bool {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

/// Why a host ended.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The address is taken or not of this machine.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// What lay beneath.
        #[source]
        source: std::io::Error,
    },
    /// Signals or sockets failed.
    #[error("the host failed")]
    Io(#[from] std::io::Error),
    /// What was to be done once failed.
    #[error("the work failed")]
    Work(#[source] rushes_core::ports::Source),
    /// Lambda's runtime API failed.
    #[error("the Lambda runtime failed: {0}")]
    Lambda(lambda_runtime::Error),
}
