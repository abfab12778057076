//! What servers do that browsers put up with, and what each refusal says.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use rushes_core::memo::made_for;
use rushes_core::task::TaskId;

use super::odd_server::{Asked, OddServer, Reply, answer, redirect};
use super::*;
use crate::kept::Kept as Memory;

fn limits() -> Limits {
    Limits {
        read: Duration::from_secs(5),
        look: Duration::from_secs(20),
        fetch: Duration::from_secs(20),
        patience: Duration::from_secs(20),
        back_off: Duration::from_millis(1),
        bytes: 8 << 20,
    }
}

fn library(server: &OddServer) -> Library {
    Library::new(http(), server.address.to_string().parse().unwrap(), limits(), false)
}

fn url(server: &OddServer, path: &str) -> Media {
    picture(MediaSource::Url(format!("http://{}{path}", server.address)))
}

fn packed(path: &str) -> Vec<u8> {
    let (level, png) = (Compression::default(), png());
    match path {
        "/gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), level);
            encoder.write_all(&png).unwrap();
            encoder.finish().unwrap()
        }
        "/zlib" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(&png).unwrap();
            encoder.finish().unwrap()
        }
        _ => {
            let mut encoder = DeflateEncoder::new(Vec::new(), level);
            encoder.write_all(&png).unwrap();
            encoder.finish().unwrap()
        }
    }
}

const TOLERATED: [&str; 42] = [
    "/cookie",
    "/plain",
    "/no-length",
    "/http-1.0",
    "/chunked",
    "/early-hints",
    "/continue",
    "/line-feeds",
    "/type/text/html",
    "/type/application/octet-stream",
    "/types",
    "/bad-header",
    "/spaced-header",
    "/gzip",
    "/zlib",
    "/raw-deflate",
    "/said-gzip",
    "/identity",
    "/range/416",
    "/range/403",
    "/range/400",
    "/range/405",
    "/range/206",
    "/range/206-unknown",
    "/range/206-elsewhere",
    "/range/206-unsaid",
    "/agent",
    "/accept",
    "/to/absolute",
    "/to/utf-8",
    "/to/latin-1",
    "/to/spaces",
    "/to/relative",
    "/to/protocol",
    "/to/fragment",
    "/to/300",
    "/to/303",
    "/to/308",
    "/hop/1",
    "/hop/19",
    "/padded-gzip",
    "/query?signature=a%2Bb%2Fc%3D&x=%20",
];

fn tolerated(asked: &Asked, address: &str) -> Reply {
    let good = |headers: &str| answer("200 OK", headers, &png());
    let ranged = asked.headers.contains_key("range");
    let size = png().len();
    Reply::Bytes(match asked.path.as_str() {
        "/cookie" if asked.headers.get("cookie").is_none_or(|cookie| cookie != "seen=1") => {
            answer("302 Found", "location: /cookie\r\nset-cookie: seen=1; Path=/\r\n", b"")
        }
        "/no-length" => [&b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"[..], &png()[..]].concat(),
        "/http-1.0" => [&b"HTTP/1.0 200 OK\r\n\r\n"[..], &png()[..]].concat(),
        "/chunked" => {
            let pieces = png()
                .chunks(9)
                .flat_map(|piece| [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat())
                .collect::<Vec<_>>();
            [&b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"[..], &pieces[..], b"0\r\n\r\n"].concat()
        }
        "/early-hints" => [&b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"[..], &good("")[..]].concat(),
        "/continue" => [&b"HTTP/1.1 100 Continue\r\n\r\n"[..], &good("")[..]].concat(),
        "/line-feeds" => [format!("HTTP/1.1 200 OK\ncontent-length: {size}\n\n").as_bytes(), &png()[..]].concat(),
        "/types" => good("content-type: image/png\r\ncontent-type: text/html\r\n"),
        "/bad-header" => good("X Odd\x01Name: 1\r\n"),
        "/spaced-header" => good("X-Spaced : 1\r\n"),
        "/gzip" => answer("200 OK", "content-encoding: gzip\r\n", &packed("/gzip")),
        "/padded-gzip" => {
            answer("200 OK", "content-encoding: x-gzip\r\n", &[&packed("/gzip")[..], b"\0\0\0\0"].concat())
        }
        "/zlib" => answer("200 OK", "content-encoding: deflate\r\n", &packed("/zlib")),
        "/raw-deflate" => answer("200 OK", "content-encoding: deflate\r\n", &packed("/raw-deflate")),
        "/said-gzip" => good("content-encoding: gzip\r\n"),
        "/identity" => good("content-encoding: identity\r\n"),
        "/range/416" if ranged => {
            answer("416 Range Not Satisfiable", &format!("content-range: bytes */{size}\r\n"), b"")
        }
        "/range/403" if ranged => answer("403 Forbidden", "", b""),
        "/range/400" if ranged => answer("400 Bad Request", "", b"no"),
        "/range/405" if ranged => answer("405 Method Not Allowed", "", b""),
        "/range/206" if ranged => {
            answer("206 Partial Content", &format!("content-range: bytes 0-{}/{size}\r\n", size - 1), &png())
        }
        "/range/206-unknown" if ranged => {
            answer("206 Partial Content", &format!("content-range: bytes 0-{}/*\r\n", size - 1), &png())
        }
        "/range/206-elsewhere" if ranged => {
            answer("206 Partial Content", &format!("content-range: bytes 20-{}/{size}\r\n", size - 1), &png()[20..])
        }
        "/range/206-unsaid" if ranged => {
            answer("206 Partial Content", "content-type: multipart/byteranges; boundary=x\r\n", b"--x\r\n")
        }
        "/agent"
            if !asked.headers["user-agent"].contains("Mozilla/5.0")
                || !asked.headers["user-agent"].contains("Rushes/") =>
        {
            answer("403 Forbidden", "", b"")
        }
        "/accept" if !asked.headers["accept"].contains("image/*") => answer("406 Not Acceptable", "", b""),
        "/to/absolute" => redirect("302 Found", format!("HTTP://{address}/plain").as_bytes()),
        "/to/utf-8" => redirect("302 Found", "/pics/café bücher.png".as_bytes()),
        "/to/latin-1" => redirect("302 Found", b"/pics/caf\xe9.png"),
        "/to/spaces" => redirect("302 Found", b"  /pics/a b (1).png "),
        "/to/relative" => redirect("301 Moved Permanently", b"../pics/x.png"),
        "/to/protocol" => redirect("307 Temporary Redirect", format!("//{address}/pics/x.png").as_bytes()),
        "/to/fragment" => redirect("308 Permanent Redirect", b"/pics/x.png#fragment"),
        "/to/300" => redirect("300 Multiple Choices", b"/plain"),
        "/to/303" => redirect("303 See Other", b"/plain"),
        "/to/308" => redirect("308 Permanent Redirect", b"/plain"),
        path => match path.strip_prefix("/hop/").map(|left| left.parse::<u32>().unwrap()) {
            Some(0) | None => good(""),
            Some(left) => redirect("302 Found", format!("/hop/{}", left - 1).as_bytes()),
        },
    })
}

#[tokio::test]
async fn what_browsers_put_up_with_is_put_up_with() {
    let address = Arc::new(std::sync::OnceLock::<String>::new());
    let own = Arc::clone(&address);
    let server = OddServer::start(move |asked| tolerated(asked, own.get().unwrap())).await;
    address.set(server.address.to_string()).unwrap();
    let (library, directory) = (library(&server), tempfile::tempdir().unwrap());
    for path in TOLERATED {
        let media = url(&server, path);
        library.check(&media).await.unwrap_or_else(|error| panic!("a look at {path}: {error}"));
        let fetched = library.fetch(&media, directory.path()).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(std::fs::read(fetched.path).unwrap(), png(), "{path}");
    }
    for path in ["/pics/caf%C3%A9%20b%C3%BCcher.png", "/pics/caf%E9.png", "/pics/a%20b%20(1).png"] {
        assert_eq!(server.count(path), 2, "{path}");
    }
}

#[tokio::test]
async fn every_refusal_says_in_a_sentence_what_is_wrong() {
    let cases: [(&str, Vec<u8>, &str); 18] = [
        ("/401", answer("401 Unauthorized", "www-authenticate: Basic\r\n", b""), "it wants a login (401 Unauthorized)"),
        ("/403", answer("403 Forbidden", "", b"<Error/>"), "a signed one that has not expired"),
        ("/404", answer("404 Not Found", "", b""), "nothing was found there"),
        ("/410", answer("410 Gone", "", b""), "nothing was found there"),
        ("/204", answer("204 No Content", "", b""), "empty"),
        ("/empty", answer("200 OK", "", b""), "it is empty"),
        ("/304", answer("304 Not Modified", "", b""), "304 Not Modified"),
        ("/300", answer("300 Multiple Choices", "", b""), "300 Multiple Choices"),
        ("/nowhere", answer("302 Found", "", b""), "redirects to nowhere"),
        ("/loop", redirect("302 Found", b"/loop"), "redirects more than 20 times"),
        ("/file", redirect("302 Found", b"file:///etc/passwd"), "redirects to file:, and only https"),
        ("/http", redirect("302 Found", b"http://example.com/a.png"), "redirects to http:, and only https"),
        ("/inside", redirect("302 Found", b"https://10.0.0.1/a.png"), "does not lie on the public internet"),
        ("/user", redirect("302 Found", b"https://a:b@example.com/"), "user name or password"),
        ("/html", answer("200 OK", "", b"<!DOCTYPE html><html>"), "it is a web page"),
        ("/json", answer("200 OK", "", b"{\"error\": \"quota exceeded\"}"), "it is a JSON document"),
        ("/brotli", answer("200 OK", "content-encoding: br\r\n", b"....."), "only gzip and deflate"),
        ("/long", b"HTTP/1.1 200 OK\r\ncontent-length: 83886080\r\n\r\n".to_vec(), "it has 83886080 bytes; at most"),
    ];
    let answers: std::collections::HashMap<_, _> =
        cases.iter().map(|(path, bytes, _)| (*path, bytes.clone())).collect();
    let server = OddServer::start(move |asked| Reply::Bytes(answers[asked.path.as_str()].clone())).await;
    let (library, directory) = (library(&server), tempfile::tempdir().unwrap());
    for (path, _, words) in &cases {
        let media = url(&server, path);
        let errors =
            [library.check(&media).await.unwrap_err(), library.fetch(&media, directory.path()).await.unwrap_err()];
        for error in errors {
            assert!(error.to_string().contains(words) && !error.is_transient(), "{path}: {error}");
        }
    }
}

#[tokio::test]
async fn a_bomb_is_cut_off_at_what_its_kind_may_have() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&png()).unwrap();
    for _ in 0..64 {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
    let bomb = answer("200 OK", "content-encoding: gzip\r\n", &encoder.finish().unwrap());
    let server = OddServer::start(move |_| Reply::Bytes(bomb.clone())).await;
    let (library, directory) = (library(&server), tempfile::tempdir().unwrap());
    library.check(&url(&server, "/bomb")).await.unwrap();
    let error = library.fetch(&url(&server, "/bomb"), directory.path()).await.unwrap_err();
    assert!(matches!(error, MediaError::TooLarge { .. }), "{error}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_jpeg_is_shown_however_much_stands_before_its_frame() {
    let mut jpeg = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(64, 48).write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    let segment = [&b"\xff\xe1\xff\xff"[..], &[1; 65_533][..]].concat();
    let long = [&jpeg[..2], &segment.repeat(80)[..], &jpeg[2..]].concat();
    let (directory, served) = (tempfile::tempdir().unwrap(), long.clone());
    let server = OddServer::start(move |asked| {
        let whole = served.len();
        Reply::Bytes(match (asked.path.as_str(), asked.headers.get("range")) {
            ("/ranged", Some(_)) => answer(
                "206 Partial Content",
                &format!("content-range: bytes 0-1048575/{whole}\r\n"),
                &served[..1 << 20],
            ),
            ("/unknown", Some(_)) => {
                answer("206 Partial Content", "content-range: bytes 0-1048575/*\r\n", &served[..1 << 20])
            }
            _ => answer("200 OK", "", &served),
        })
    })
    .await;
    let library = library(&server);
    for path in ["/ranged", "/unknown", "/whole"] {
        library.check(&url(&server, path)).await.unwrap();
        let fetched = library.fetch(&url(&server, path), directory.path()).await.unwrap();
        assert!(std::fs::read(fetched.path).unwrap() == long, "{path}");
    }
    let file = directory.path().join("long.jpg");
    std::fs::write(&file, &long).unwrap();
    let person = Library::for_command_line(http(), AllowedHosts::default());
    person.check(&picture(MediaSource::Path(file))).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_had_now_is_told_from_what_cannot_be_had() {
    let server = OddServer::start(|asked| match asked.path.as_str() {
        "/reset" => Reply::Reset,
        "/cut" => Reply::Bytes([&b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n"[..], &png()[..20]].concat()),
        "/hang" => Reply::Hang(Vec::new()),
        "/half" => Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n\x89PNG".to_vec()),
        status => Reply::Bytes(answer(&status[1..], "", b"")),
    })
    .await;
    let limits = Limits {
        look: Duration::from_millis(300),
        fetch: Duration::from_millis(300),
        patience: Duration::ZERO,
        ..limits()
    };
    let library = Library::new(http(), server.address.to_string().parse().unwrap(), limits, false);
    let directory = tempfile::tempdir().unwrap();
    let cut = library.fetch(&url(&server, "/cut"), directory.path()).await.unwrap_err();
    assert!(cut.to_string().contains("sent 20 of 9000 bytes"), "{cut}");
    for path in ["/reset", "/cut", "/hang", "/half", "/408", "/425", "/500", "/502", "/503", "/504", "/530", "/429"] {
        let media = url(&server, path);
        for error in
            [library.check(&media).await.unwrap_err(), library.fetch(&media, directory.path()).await.unwrap_err()]
        {
            assert!(error.is_transient(), "{path}: {error}");
        }
    }
    let unknown = picture(MediaSource::Url("https://no-such-host.invalid/a.png".to_owned()));
    let error = library.check(&unknown).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("cannot be"), "{error}");
}

#[tokio::test]
async fn a_host_that_limits_requests_gives_all_that_is_asked_for_and_never_more_than_four_at_once() {
    // Each second request of all is one too many.
    let asked = AtomicUsize::new(0);
    let server = OddServer::start(move |_| {
        let is_one_too_many = asked.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
        let busy = answer("429 Too Many Requests", "retry-after: 0\r\n", b"");
        Reply::Bytes(if is_one_too_many { busy } else { answer("200 OK", "", &png()) })
    })
    .await;
    let (library, directory) = (library(&server), tempfile::tempdir().unwrap());
    let media: Vec<Media> = (0..40).map(|number| url(&server, &format!("/{number}.png"))).collect();
    let fetches = media.iter().map(|media| library.fetch(media, directory.path()));
    futures::future::try_join_all(fetches).await.unwrap();
    assert!(server.most_at_once() <= 4, "{} requests at once", server.most_at_once());
}

#[tokio::test]
async fn whoever_asks_for_more_patience_than_there_is_is_not_asked_again_by_anyone() {
    let server =
        OddServer::start(|_| Reply::Bytes(answer("503 Service Unavailable", "retry-after: 3600\r\n", b""))).await;
    let (library, directory) = (library(&server), tempfile::tempdir().unwrap());
    for path in ["/a.png", "/b.png"] {
        let error = library.fetch(&url(&server, path), directory.path()).await.unwrap_err();
        assert!(error.retry_after().is_some_and(|asked| asked > Duration::from_secs(3000)), "{error}");
    }
    assert_eq!((server.count("/a.png"), server.count("/b.png")), (1, 0));
}

#[tokio::test]
async fn what_was_fetched_for_a_task_stays_fetched_until_it_is_forgotten() {
    let server = OddServer::start(|asked| {
        Reply::Bytes(if asked.before == 0 { answer("200 OK", "", &png()) } else { answer("403 Forbidden", "", b"") })
    })
    .await;
    let library = library(&server).with_memo(Arc::new(Memory::default()));
    let (media, task) = (url(&server, "/expires.png?signature=1"), TaskId::generate());
    for _ in 0..3 {
        let directory = tempfile::tempdir().unwrap();
        let fetched = made_for(task, library.fetch(&media, directory.path())).await.unwrap();
        assert_eq!(std::fs::read(fetched.path).unwrap(), png());
    }
    let directory = tempfile::tempdir().unwrap();
    let of_other = made_for(TaskId::generate(), library.fetch(&media, directory.path())).await;
    assert!(matches!(of_other, Err(MediaError::Refused { .. })), "another task asks for itself");
    assert_eq!(server.count("/expires.png?signature=1"), 2);
}
