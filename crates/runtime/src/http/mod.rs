//! Hosts an HTTP service.

mod connections;

use axum::Router;
use tokio::net::TcpListener;

use crate::config::ListenConfig;
use crate::{HostError, in_lambda, stop};

/// Answers requests until asked to stop: those of API Gateway in Lambda, else
/// those that arrive at the configured address.
///
/// # Errors
/// [`HostError`] when the host cannot start or breaks.
pub async fn serve(router: Router, listen: ListenConfig) -> Result<(), HostError> {
    if in_lambda() {
        return lambda_http::run(router).await.map_err(HostError::Lambda);
    }
    let address = listen.address;
    let listener = TcpListener::bind(address).await.map_err(|source| HostError::Listen { address, source })?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let stopped = async {
        if let Err(error) = stop::requested().await {
            tracing::error!(%error, "signals cannot be listened to");
        }
    };
    connections::answer(listener, router, listen.connections, stopped).await;
    Ok(())
}
