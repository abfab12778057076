//! A web server with pictures, good and bad.

use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use image::{ImageFormat, RgbImage};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Of `/limited/…`, in a second.
const ANSWERS_PER_SECOND: usize = 3;

/// Serves `/good.png`, `/page.html` and `/huge.png`, `/limited/…` a few times a second, `/busy/…` and `/hang/…` never,
/// until dropped.
#[derive(Debug)]
pub struct Pictures {
    /// Where it listens: what `RUSHES_ALLOW_HOSTS` has to name.
    pub address: SocketAddr,
    server: JoinHandle<()>,
}

impl Pictures {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> Result<Self> {
        let good = png(640, 360)?;
        let mut huge = good.clone();
        // The header says 20,000 pixels by 20,000.
        huge[16..20].copy_from_slice(&20_000_u32.to_be_bytes());
        huge[20..24].copy_from_slice(&20_000_u32.to_be_bytes());
        let (limited, answered) = (good.clone(), Arc::<Mutex<Vec<Instant>>>::default());
        let router = Router::new()
            .route("/limited/{number}", get(move || async move { if_not_too_often(&answered, limited) }))
            .route("/busy/{number}", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
            .route("/hang/{number}", get(std::future::pending::<StatusCode>))
            .route("/good.png", get(|| async { good }))
            .route("/page.html", get(|| async { "<!doctype html><title>No picture</title>" }))
            .route("/huge.png", get(|| async { huge }));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the web server with pictures ended: {error}");
            }
        });
        Ok(Self { address, server })
    }

    /// The address of one of them.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Pictures {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn if_not_too_often(answered: &Mutex<Vec<Instant>>, picture: Vec<u8>) -> Response {
    let mut answered = answered.lock().unwrap_or_else(PoisonError::into_inner);
    answered.retain(|moment| moment.elapsed() < Duration::from_secs(1));
    if answered.len() >= ANSWERS_PER_SECOND {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response();
    }
    answered.push(Instant::now());
    picture.into_response()
}

fn png(width: u32, height: u32) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([(x % 256) as u8, (y % 256) as u8, 90]));
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}
