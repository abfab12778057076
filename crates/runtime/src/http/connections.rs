//! Connections outside of Lambda, where nothing stands before this process: how many there are at
//! once, and how long each may take to say what it wants.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::config::ConnectionLimits;

/// How long answers that are being written may take once the process is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How long no connection is taken when the system has no room for one.
const PAUSE: Duration = Duration::from_secs(1);

type Connection = http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>>;

/// Answers what comes to `listener` until `stopped`; then lets answers that are being written end.
pub async fn answer(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stopped: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.at_once));
    let (stopping, heard) = watch::channel(());
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let mut stopped = pin!(stopped);
    loop {
        let (stream, place) = tokio::select! {
            connection = next(&listener, &places) => connection,
            () = &mut stopped => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        tokio::spawn(hold(connection, heard.clone(), place));
    }
    drop((listener, heard));
    // Nobody hears it where there is no connection.
    let _told = stopping.send(());
    if tokio::time::timeout(DRAIN, stopping.closed()).await.is_err() {
        tracing::warn!("some answers were not finished in time");
    }
}

/// Keeps a connection until it ends; once the process stops, no longer than the answer that is being written.
async fn hold(connection: Connection, mut stopping: watch::Receiver<()>, _place: Option<OwnedSemaphorePermit>) {
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// The next connection, once there is a place for it. Others wait in the system's queue.
async fn next(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // Closed never: without a permit there would be no limit to keep.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and written whole: nothing is gained by waiting for more.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection cannot be told to send at once");
                }
                return (stream, place);
            }
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether the client went away, which says nothing about this process.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

    /// A server that answers "yes" within those limits until the sender is used or dropped.
    async fn start(limits: ConnectionLimits) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, (stop, stopping)) = (listener.local_addr().unwrap(), oneshot::channel::<()>());
        let router = Router::new().route("/", get(async || "yes"));
        let server = tokio::spawn(async move {
            answer(listener, router, limits, async { drop(stopping.await) }).await;
        });
        (address, stop, server)
    }

    async fn connect(address: SocketAddr, sent: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent).await.unwrap();
        stream
    }

    /// All that comes until the server closes the connection.
    async fn received(mut stream: TcpStream) -> String {
        let mut text = Vec::new();
        // A connection that is cut may be reset.
        let _ = tokio::time::timeout(MINUTE, stream.read_to_end(&mut text)).await.expect("the server closes it");
        String::from_utf8(text).unwrap()
    }

    #[tokio::test]
    async fn heads_that_are_never_finished_keep_nobody_waiting_and_are_cut() {
        let limits = ConnectionLimits { at_once: 512, head: Duration::from_secs(2) };
        let (address, _stop, _server) = start(limits).await;
        let mut half = Vec::new();
        for _ in 0..300 {
            half.push(connect(address, b"GET / HTTP/1.1\r\nhost: loc").await);
        }
        assert!(received(connect(address, REQUEST).await).await.ends_with("yes"));
        for stream in half {
            let said = received(stream).await;
            assert!(!said.contains("yes"), "{said}");
        }
    }

    #[tokio::test]
    async fn there_are_no_more_connections_than_may_be() {
        let limits = ConnectionLimits { at_once: 2, head: MINUTE };
        let (address, _stop, _server) = start(limits).await;
        let held = [connect(address, b"GET").await, connect(address, b"GET").await];
        let mut third = connect(address, REQUEST).await;
        // The two that are served and say nothing are served before it.
        let mut early = [0];
        let waits = tokio::time::timeout(Duration::from_millis(300), third.read(&mut early)).await;
        assert!(waits.is_err(), "a third connection was served");
        drop(held);
        assert!(received(third).await.ends_with("yes"));
    }

    #[tokio::test]
    async fn whoever_is_asked_to_stop_ends_without_waiting_for_idle_connections() {
        let limits = ConnectionLimits { at_once: 512, head: MINUTE };
        let (address, stop, server) = start(limits).await;
        let mut idle = connect(address, b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        let mut answer = [0; 15];
        idle.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        stop.send(()).unwrap();
        tokio::time::timeout(MINUTE, server).await.expect("it ends").unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
