//! A TLS server on this machine, for tests: it counts the connections that are opened.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use url::Url;

const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");
const CERTIFICATE: &[u8] = include_bytes!("certificates/localhost.pem");
const KEY: &[u8] = include_bytes!("certificates/localhost.key");

pub struct TlsServer {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// Requests being answered now, and the most that ever were.
    requests: Arc<(AtomicUsize, AtomicUsize)>,
}

impl TlsServer {
    /// Starts one whose certificate an authority of its own has signed.
    pub fn start() -> Self {
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
        let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        let (config, connections) = (Arc::new(config), Arc::new(AtomicUsize::new(0)));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let requests = Arc::<(AtomicUsize, AtomicUsize)>::default();
        let address = listener.local_addr().unwrap();
        let server = Self { address, connections: Arc::clone(&connections), requests: Arc::clone(&requests) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (config, requests) = (Arc::clone(&config), Arc::clone(&requests));
                std::thread::spawn(move || answer(stream, config, &requests));
            }
        });
        server
    }

    pub fn authority() -> reqwest::Certificate {
        reqwest::Certificate::from_pem(AUTHORITY).unwrap()
    }

    pub fn url(&self) -> Url {
        Url::parse(&format!("https://localhost:{}/", self.address.port())).unwrap()
    }

    /// How many were opened so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The most requests that were answered at the same time.
    pub fn most_at_once(&self) -> usize {
        self.requests.1.load(Ordering::SeqCst)
    }
}

/// Answers each request of a connection until it is closed. Requests have no bodies.
fn answer(stream: TcpStream, config: Arc<ServerConfig>, requests: &(AtomicUsize, AtomicUsize)) {
    let Ok(connection) = ServerConnection::new(config) else { return };
    let mut stream = StreamOwned::new(connection, stream);
    let (mut request, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut piece) {
        request.extend_from_slice(&piece[..count]);
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            requests.1.fetch_max(requests.0.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(1));
            requests.0.fetch_sub(1, Ordering::SeqCst);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
            if stream.write_all(answer).and_then(|()| stream.flush()).is_err() {
                return;
            }
        }
    }
}
