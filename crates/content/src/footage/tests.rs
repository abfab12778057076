//! Against servers that speak the providers' protocols.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use rushes_core::ports::{Footage, FootageQuery};
use rushes_core::spec::{FootageKind, MediaKind, MediaSource};
use serde_json::{Value, json};
use url::Url;

use super::{Pexels, Pixabay};
use crate::http::{HttpClient, HttpConfig};
use crate::keys::Key;

const PLANTED: &str = "sk-planted-0123456789";

type Asked = Arc<Mutex<Vec<(String, HeaderMap)>>>;
type Answering = Arc<dyn Fn(&str) -> Response + Send + Sync>;

async fn serve(answering: impl Fn(&str) -> Response + Send + Sync + 'static) -> (Url, Asked) {
    let (asked, answering): (Asked, Answering) = (Arc::default(), Arc::new(answering));
    let answer = |State((asked, answering)): State<(Asked, Answering)>, headers: HeaderMap, uri: Uri| async move {
        asked.lock().unwrap().push((uri.to_string(), headers));
        answering(uri.path())
    };
    let app = Router::new().fallback(any(answer)).with_state((Arc::clone(&asked), answering));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, asked)
}

fn json_answer(json: &Value) -> Response {
    axum::Json(json.clone()).into_response()
}

fn http() -> HttpClient {
    HttpClient::new(HttpConfig { back_off: Duration::from_millis(2), attempts: 2, ..HttpConfig::default() }).unwrap()
}

fn key() -> Key {
    Key::read(PLANTED, None).unwrap()
}

fn query(kind: FootageKind) -> FootageQuery {
    FootageQuery {
        terms: "bees & flowers".to_owned(),
        kind,
        width: 1080,
        height: 1920,
        duration: Duration::from_secs(8),
    }
}

fn url_of(source: &MediaSource) -> &str {
    match source {
        MediaSource::Url(url) => url,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn of_a_clip_on_pexels_the_smallest_file_is_taken_that_fills_the_frame() {
    let file = |kind: &str, width: u32, height: u32| json!({"id": 1, "quality": "hd", "file_type": kind, "width": width, "height": height, "link": format!("https://v/{width}.mp4")});
    let files = json!([file("video/mp4", 720, 1280), file("video/mp4", 2160, 3840), file("video/mp4", 1080, 1920),
        {"id": 2, "quality": "hls", "file_type": "application/x-mpegurl", "width": null, "height": null, "link": "https://v/x.m3u8"}]);
    let user = json!({"id": 1, "name": "Ada", "url": "https://www.pexels.com/@ada"});
    let video = json!({"id": 7, "width": 2160, "height": 3840, "url": "https://www.pexels.com/video/7/", "duration": 12,
        "user": user, "video_files": files, "video_pictures": []});
    let found = json!({"page": 1, "per_page": 20, "total_results": 1, "videos": [video]});
    let (url, asked) = serve(move |_| json_answer(&found)).await;
    let items = Pexels::new(http(), url, key()).search(&query(FootageKind::Any)).await.unwrap();
    assert_eq!(items.len(), 1);
    let item = &items[0];
    assert_eq!((item.id.as_str(), item.kind, item.width, item.height), ("pexels-video-7", MediaKind::Clip, 1080, 1920));
    assert_eq!((url_of(&item.source), item.duration), ("https://v/1080.mp4", Some(Duration::from_secs(12))));
    let credit = item.credit.as_ref().unwrap();
    assert_eq!(
        (credit.author.as_str(), credit.provider.as_str(), credit.url.as_str()),
        ("Ada", "Pexels", "https://www.pexels.com/video/7/")
    );
    let (uri, headers) = asked.lock().unwrap()[0].clone();
    assert_eq!(uri, "/videos/search?query=bees+%26+flowers&orientation=portrait&per_page=20");
    assert_eq!(headers["authorization"], PLANTED);
}

#[tokio::test]
async fn where_there_is_no_clip_pexels_gives_pictures() {
    let photo = json!({"id": 3, "width": 4000, "height": 6000, "url": "https://www.pexels.com/photo/3/",
        "photographer": "Bo", "src": {"original": "https://images.pexels.com/photos/3/a.jpeg", "large2x": "x"}});
    let found = json!({"page": 1, "photos": [photo]});
    let (url, asked) = serve(move |path| match path {
        "/videos/search" => json_answer(&json!({"videos": []})),
        _ => json_answer(&found),
    })
    .await;
    let pexels = Pexels::new(http(), url, key());
    let items = pexels.search(&query(FootageKind::Any)).await.unwrap();
    assert_eq!((items[0].kind, items[0].width, items[0].height), (MediaKind::Picture, 2560, 3840));
    assert_eq!(url_of(&items[0].source), "https://images.pexels.com/photos/3/a.jpeg?auto=compress&w=2560");
    assert_eq!(pexels.search(&query(FootageKind::Clips)).await.unwrap().len(), 0);
    pexels.search(&query(FootageKind::Pictures)).await.unwrap();
    let paths: Vec<String> =
        asked.lock().unwrap().iter().map(|(uri, _)| uri.split('?').next().unwrap().to_owned()).collect();
    assert_eq!(paths, ["/videos/search", "/v1/search", "/videos/search", "/v1/search"]);
}

#[tokio::test]
async fn pixabay_is_searched_for_clips_and_pictures() {
    let file = |width: u32, height: u32| json!({"url": format!("https://cdn/{width}.mp4"), "width": width, "height": height, "size": 1});
    let files = json!({"large": file(3840, 2160), "medium": file(1920, 1080), "small": file(1280, 720), "tiny": file(960, 540)});
    let video =
        json!({"id": 5, "pageURL": "https://pixabay.com/videos/id-5/", "duration": 9, "user": "Cy", "videos": files});
    let photo = json!({"id": 6, "pageURL": "https://pixabay.com/photos/id-6/", "user": "Di", "imageWidth": 4000, "imageHeight": 2000,
        "largeImageURL": "https://pixabay.com/get/6_1280.jpg", "webformatURL": "x"});
    let (videos, photos) = (json!({"total": 1, "hits": [video]}), json!({"total": 1, "hits": [photo]}));
    let (url, asked) = serve(move |path| json_answer(if path.contains("videos") { &videos } else { &photos })).await;
    let pixabay = Pixabay::new(http(), url.join("/api/").unwrap(), key());
    let clips = pixabay.search(&query(FootageKind::Clips)).await.unwrap();
    assert_eq!((clips[0].id.as_str(), url_of(&clips[0].source)), ("pixabay-video-5", "https://cdn/3840.mp4"));
    let pictures = pixabay.search(&query(FootageKind::Pictures)).await.unwrap();
    assert_eq!((pictures[0].width, pictures[0].height), (1280, 640));
    let uris: Vec<String> = asked.lock().unwrap().iter().map(|(uri, _)| uri.clone()).collect();
    let common = format!("key={PLANTED}&q=bees+%26+flowers&per_page=20&safesearch=true");
    assert_eq!(
        uris,
        [format!("/api/videos/?{common}"), format!("/api/?{common}&image_type=photo&orientation=vertical")]
    );
}

#[tokio::test]
async fn a_provider_that_fails_says_why_and_keeps_the_key() {
    let answers: [fn(&str) -> Response; 4] = [
        |_| (StatusCode::UNAUTHORIZED, PLANTED).into_response(),
        |_| StatusCode::TOO_MANY_REQUESTS.into_response(),
        |_| PLANTED.into_response(),
        |_| json_answer(&json!({"videos": PLANTED, "hits": PLANTED})),
    ];
    for (answering, reason) in answers.into_iter().zip(["answered 401", "answered 429", "no JSON", "another shape"]) {
        let (url, _) = serve(answering).await;
        let sources: [Box<dyn Footage>; 2] =
            [Box::new(Pexels::new(http(), url.clone(), key())), Box::new(Pixabay::new(http(), url, key()))];
        for source in sources {
            let error = source.search(&query(FootageKind::Any)).await.unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(told.contains(reason) && !told.contains("planted"), "{told}");
        }
    }
}
