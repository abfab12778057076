//! A server that answers as odd as the odd ones that there are: each answer is written byte for byte.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is asked of the server.
pub struct Asked {
    /// The path with its query.
    pub path: String,
    /// Header fields by their names in lower case.
    pub headers: HashMap<String, String>,
    /// How often the path was asked for before.
    pub before: usize,
}

/// What the server does.
pub enum Reply {
    /// Sends these bytes and closes the connection.
    Bytes(Vec<u8>),
    /// Sends these bytes and nothing more, and keeps the connection.
    Hang(Vec<u8>),
    /// Breaks the connection.
    Reset,
}

/// Answers until dropped.
pub struct OddServer {
    pub address: SocketAddr,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    asked: Mutex<HashMap<String, usize>>,
    /// Requests being answered, and the most that ever were at once.
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl OddServer {
    pub async fn start(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, reply) = (Arc::new(State::default()), Arc::new(reply));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, reply) = (Arc::clone(&shared), Arc::clone(&reply));
                tokio::spawn(async move { state.answer(stream, reply.as_ref()).await });
            }
        });
        Self { address, state, task }
    }

    /// How often a path was asked for.
    pub fn count(&self, path: &str) -> usize {
        self.state.asked.lock().unwrap().get(path).copied().unwrap_or_default()
    }

    /// The most requests that were answered at the same time.
    pub fn most_at_once(&self) -> usize {
        self.state.most_at_once.load(Ordering::SeqCst)
    }
}

impl Drop for OddServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    async fn answer(&self, mut stream: TcpStream, reply: impl Fn(&Asked) -> Reply) {
        let Some(asked) = self.asked(&mut stream).await else { return };
        self.most_at_once.fetch_max(self.at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        match reply(&asked) {
            Reply::Bytes(bytes) => {
                // Long enough for others to be seen beside this one.
                tokio::time::sleep(Duration::from_millis(5)).await;
                let _sent = stream.write_all(&bytes).await;
                let _closed = stream.shutdown().await;
            }
            Reply::Hang(bytes) => {
                let _sent = stream.write_all(&bytes).await;
                std::future::pending::<()>().await;
            }
            // Closed with bytes unread that the other side sends: that is a reset.
            Reply::Reset => drop(stream.set_zero_linger()),
        }
        self.at_once.fetch_sub(1, Ordering::SeqCst);
    }

    async fn asked(&self, stream: &mut TcpStream) -> Option<Asked> {
        let (mut head, mut piece) = (Vec::new(), [0; 1024]);
        while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            match stream.read(&mut piece).await {
                Ok(count @ 1..) => head.extend_from_slice(&piece[..count]),
                _ => return None,
            }
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.lines();
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let fields = lines.filter_map(|line| line.split_once(':'));
        let headers = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        let mut counts = self.asked.lock().unwrap();
        let count = counts.entry(path.clone()).or_default();
        *count += 1;
        Some(Asked { path, headers, before: *count - 1 })
    }
}

/// An answer with these header lines, its length among them.
pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    [format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n").as_bytes(), body]
        .concat()
}

/// A redirect with these bytes as its target.
pub fn redirect(status: &str, location: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\nlocation: ");
    [head.as_bytes(), location, b"\r\n\r\n"].concat()
}
