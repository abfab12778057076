//! Hosts an HTTP service.

use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::config::ListenConfig;
use crate::{HostError, in_lambda, stop};

/// How long answers that are being written may take once the process is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

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
    listen_until_stopped(listener, router).await
}

async fn listen_until_stopped(listener: TcpListener, router: Router) -> Result<(), HostError> {
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        if let Err(error) = stop::requested().await {
            tracing::error!(%error, "signals cannot be listened to");
        }
        // Nobody listens any more when the server has ended on its own.
        let _sent = stopping.send(());
    });
    let overdue = async {
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = server => ended?,
        () = overdue => tracing::warn!("some answers were not finished in time"),
    }
    Ok(())
}
