//! Against a real HTTP server on this machine.

mod odd_server;
mod tolerance;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use rushes_core::ports::{MediaError, MediaLibrary};
use rushes_core::spec::{Media, MediaKind, MediaSource};

use super::{AllowedHosts, Library, Limits};
use crate::http::{HttpClient, HttpConfig};

fn http() -> HttpClient {
    HttpClient::new(HttpConfig::default()).unwrap()
}

fn picture(source: MediaSource) -> Media {
    Media { source, kind: MediaKind::Picture, pointer: "/background/url".to_owned() }
}

fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(64, 48).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The header of a PNG of 20,000 × 20,000 pixels, and nothing more.
fn huge_png() -> Vec<u8> {
    let mut bytes = png();
    bytes[16..20].copy_from_slice(&20_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&20_000_u32.to_be_bytes());
    bytes
}

/// The beginning of an MP4 file, and as many bytes as a clip may have but a picture may not.
fn clip() -> Vec<u8> {
    let mut bytes = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41".to_vec();
    bytes.resize(3 << 20, 0);
    bytes
}

/// A playlist that never ends: it must be refused by its beginning.
fn endless_playlist() -> impl futures::Stream<Item = Result<Vec<u8>, std::io::Error>> {
    use futures::StreamExt;
    let start = futures::stream::iter([Ok(b"#EXTM3U\nhttp://169.254.169.254/\n".to_vec())]);
    start.chain(futures::stream::pending())
}

struct Server {
    address: SocketAddr,
    downloads: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Self {
        let downloads = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&downloads);
        let app = Router::new()
            .route(
                "/good.png",
                get(move || {
                    counter.fetch_add(1, Ordering::SeqCst);
                    async { png() }
                }),
            )
            .route("/page", get(|| async { "<!doctype html><title>Not a picture</title>" }))
            .route("/huge.png", get(|| async { huge_png() }))
            .route("/clip.mp4", get(|| async { clip() }))
            .route("/sound.mp3", get(|| async { b"ID3\x04\0\0\0\0\x01\0TSSE\0\0\0\0".to_vec() }))
            .route("/list.m3u8", get(|| async { Body::from_stream(endless_playlist()).into_response() }))
            .route("/drawing.svg", get(|| async { "<svg><image href=\"http://127.0.0.1/a.png\"/></svg>" }))
            .route("/empty", get(|| async {}))
            .route("/busy", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
            .route("/to-good", get(|| async { Redirect::temporary("/good.png") }))
            .route("/to-inside", get(|| async { Redirect::temporary("https://127.0.0.1:9/secret") }))
            .route("/to-localhost", get(|| async { Redirect::temporary("https://localhost:9/secret") }))
            .route("/to-metadata", get(|| async { Redirect::temporary("http://169.254.169.254/latest/meta-data/") }))
            .route("/round", get(|| async { Redirect::temporary("/round") }))
            .route("/slow", get(|| async { ([(header::CONTENT_LENGTH, "100000")], Body::from_stream(trickle())) }))
            .route("/endless", get(|| async { Body::from_stream(flood()).into_response() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, downloads }
    }

    fn library(&self) -> Library {
        let limits = Limits {
            read: Duration::from_millis(500),
            look: Duration::from_secs(1),
            fetch: Duration::from_secs(1),
            patience: Duration::from_secs(1),
            back_off: Duration::from_millis(1),
            bytes: 4 << 20,
        };
        Library::new(http(), self.address.to_string().parse().unwrap(), limits, false)
    }

    fn source(&self, path: &str) -> Media {
        picture(MediaSource::Url(format!("http://{}{path}", self.address)))
    }

    /// What both ways to look at a picture say.
    async fn errors(&self, path: &str) -> [MediaError; 2] {
        let (library, source, directory) = (self.library(), self.source(path), tempfile::tempdir().unwrap());
        let fetched = library.fetch(&source, directory.path()).await.unwrap_err();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "{path} left a file");
        [library.check(&source).await.unwrap_err(), fetched]
    }
}

/// The signature of a PNG, then a byte now and then.
fn trickle() -> impl futures::Stream<Item = Result<Vec<u8>, std::io::Error>> {
    futures::stream::unfold(0, |sent| async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let piece = if sent == 0 { png()[..20].to_vec() } else { vec![0] };
        Some((Ok(piece), sent + 1))
    })
}

/// A good header, then more bytes than are taken, of unannounced length.
fn flood() -> impl futures::Stream<Item = Result<Vec<u8>, std::io::Error>> {
    use futures::StreamExt;
    let start = futures::stream::iter([Ok(png())]);
    start.chain(futures::stream::repeat_with(|| Ok(vec![0; 1 << 16])))
}

#[tokio::test]
async fn a_good_picture_is_fetched_once_however_many_ask() {
    let server = Server::start().await;
    let (library, source, directory) = (server.library(), server.source("/good.png"), tempfile::tempdir().unwrap());
    library.check(&source).await.unwrap();
    let before = server.downloads.load(Ordering::SeqCst);
    let fetches = (0..8).map(|_| library.fetch(&source, directory.path()));
    let fetched = futures::future::try_join_all(fetches).await.unwrap();
    assert!(fetched.iter().all(|media| media == &fetched[0]));
    assert_eq!(std::fs::read(&fetched[0].path).unwrap(), png());
    assert_eq!(server.downloads.load(Ordering::SeqCst) - before, 1);
    library.fetch(&server.source("/to-good"), directory.path()).await.unwrap();
}

#[tokio::test]
async fn what_is_missing_or_no_picture_or_too_large_is_named_so() {
    let server = Server::start().await;
    for error in server.errors("/nowhere.png").await {
        assert!(matches!(error, MediaError::Missing { .. }), "{error}");
    }
    for path in ["/page", "/empty", "/round"] {
        for error in server.errors(path).await {
            assert!(matches!(error, MediaError::Unreadable { .. }), "{path}: {error}");
        }
    }
    for error in server.errors("/huge.png").await {
        assert!(matches!(&error, MediaError::TooLarge { reason } if reason.contains("20000x20000")), "{error}");
    }
}

#[tokio::test]
async fn each_kind_of_media_is_fetched_as_itself_and_as_nothing_else() {
    let server = Server::start().await;
    let directory = tempfile::tempdir().unwrap();
    let library = server.library();
    for (path, kind, others) in [
        ("/clip.mp4", MediaKind::Clip, vec![MediaKind::Picture]),
        ("/clip.mp4", MediaKind::Sound, vec![]),
        ("/sound.mp3", MediaKind::Sound, vec![MediaKind::Picture, MediaKind::Clip]),
        ("/good.png", MediaKind::Picture, vec![MediaKind::Clip, MediaKind::Sound]),
    ] {
        let media = Media { kind, ..server.source(path) };
        library.check(&media).await.unwrap();
        let fetched = library.fetch(&media, directory.path()).await.unwrap();
        assert!(std::fs::metadata(fetched.path).unwrap().len() > 16);
        for kind in others {
            let media = Media { kind, ..server.source(path) };
            for error in
                [library.check(&media).await.unwrap_err(), library.fetch(&media, directory.path()).await.unwrap_err()]
            {
                assert!(matches!(error, MediaError::Unreadable { .. }), "{path} as {kind:?}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn playlists_and_drawings_are_refused_by_name_before_their_end() {
    let server = Server::start().await;
    for (path, name) in [("/list.m3u8", "a playlist"), ("/drawing.svg", "an SVG drawing")] {
        for kind in [MediaKind::Picture, MediaKind::Clip, MediaKind::Sound] {
            let (media, directory) = (Media { kind, ..server.source(path) }, tempfile::tempdir().unwrap());
            let library = server.library();
            let fetched = library.fetch(&media, directory.path()).await.unwrap_err();
            for error in [library.check(&media).await.unwrap_err(), fetched] {
                assert!(error.to_string().contains(name), "{path} as {kind:?}: {error}");
            }
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "{path} left a file");
        }
    }
}

#[tokio::test]
async fn there_are_no_uploads_at_the_command_line() {
    let library = Library::for_command_line(http(), AllowedHosts::default());
    let asset = picture(MediaSource::Asset(rushes_core::spec::AssetId::generate()));
    assert!(matches!(library.check(&asset).await, Err(MediaError::Forbidden { .. })));
    assert!(matches!(library.fetch(&asset, std::path::Path::new("/nowhere")).await, Err(MediaError::Forbidden { .. })));
}

#[tokio::test]
async fn a_server_that_is_busy_or_slow_may_be_asked_again() {
    let server = Server::start().await;
    for path in ["/busy", "/slow"] {
        for error in server.errors(path).await {
            assert!(error.is_transient(), "{path}: {error}");
        }
    }
    let nobody = Library::for_service(http(), "127.0.0.1:9".parse().unwrap());
    let error = nobody.check(&picture(MediaSource::Url("http://127.0.0.1:9/a.png".to_owned()))).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let server = Server::start().await;
    let (library, source, directory) = (server.library(), server.source("/endless"), tempfile::tempdir().unwrap());
    library.check(&source).await.expect("the header is good, and no more is read");
    let error = library.fetch(&source, directory.path()).await.unwrap_err();
    assert!(matches!(error, MediaError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn no_redirect_and_no_name_leads_inside() {
    let server = Server::start().await;
    for path in ["/to-inside", "/to-localhost", "/to-metadata"] {
        for error in server.errors(path).await {
            assert!(matches!(error, MediaError::Forbidden { .. }), "{path}: {error}");
        }
    }
    let library = Library::for_service(http(), AllowedHosts::default());
    let port = server.address.port();
    for url in [
        format!("https://localhost:{port}/good.png"),
        format!("https://127.0.0.1:{port}/good.png"),
        format!("http://{}/good.png", server.address),
        "https://[::1]/a.png".to_owned(),
    ] {
        let error = library.check(&picture(MediaSource::Url(url.clone()))).await.unwrap_err();
        assert!(matches!(error, MediaError::Forbidden { .. }), "{url}: {error}");
    }
}

#[tokio::test]
async fn local_files_are_for_the_command_line_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.png");
    std::fs::write(&path, png()).unwrap();
    let source = picture(MediaSource::Path(path.clone()));
    let service = Library::for_service(http(), AllowedHosts::default());
    assert!(matches!(service.check(&source).await, Err(MediaError::Forbidden { .. })));
    assert!(matches!(service.fetch(&source, directory.path()).await, Err(MediaError::Forbidden { .. })));
    let person = Library::for_command_line(http(), AllowedHosts::default());
    assert_eq!(person.fetch(&source, directory.path()).await.unwrap().path, path);
    let missing = picture(MediaSource::Path(directory.path().join("b.png")));
    assert!(matches!(person.check(&missing).await, Err(MediaError::Missing { .. })));
    assert!(matches!(
        person.check(&picture(MediaSource::Path(directory.path().to_owned()))).await,
        Err(MediaError::Unreadable { .. })
    ));
}
