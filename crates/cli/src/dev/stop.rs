//! Being asked to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Resolves when Ctrl-C is pressed, the terminal goes away or someone asks with SIGTERM.
pub async fn requested() {
    let mut signals: Vec<Signal> = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()]
        .into_iter()
        .filter_map(|kind| signal(kind).ok())
        .collect();
    let mut waiting: Vec<_> = signals.iter_mut().map(|signal| Box::pin(signal.recv())).collect();
    if waiting.is_empty() {
        return std::future::pending().await;
    }
    std::future::poll_fn(|context| {
        let any = waiting.iter_mut().any(|signal| signal.as_mut().poll(context).is_ready());
        if any { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
