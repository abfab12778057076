//! What is chosen of what is offered.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::*;
use crate::ports::{FetchedMedia, FootageError, MediaError};
use crate::spec::{FootageKind, MediaOrigin, MediaSource};

fn item(id: &str, width: u32, height: u32, seconds: u64) -> FootageItem {
    FootageItem {
        id: id.to_owned(),
        source: MediaSource::Url(format!("https://example.com/{id}")),
        kind: if seconds > 0 { MediaKind::Clip } else { MediaKind::Picture },
        width,
        height,
        duration: (seconds > 0).then(|| Duration::from_secs(seconds)),
        credit: Some(Credit { author: id.to_owned(), provider: "Test".to_owned(), url: format!("https://e/{id}") }),
    }
}

/// Offers the same to everyone.
struct Shelf(Vec<FootageItem>);

#[async_trait]
impl Footage for Shelf {
    async fn search(&self, _query: &FootageQuery) -> Result<Vec<FootageItem>, FootageError> {
        Ok(self.0.clone())
    }
}

struct Broken;

#[async_trait]
impl Footage for Broken {
    async fn search(&self, _query: &FootageQuery) -> Result<Vec<FootageItem>, FootageError> {
        Err(FootageError { provider: "Broken", reason: "it answered 401".to_owned(), source: None })
    }
}

/// Has everything but what is named so.
struct Line;

#[async_trait]
impl MediaLibrary for Line {
    async fn check(&self, _media: &Media) -> Result<(), MediaError> {
        Ok(())
    }

    async fn fetch(&self, media: &Media, _directory: &Path) -> Result<FetchedMedia, MediaError> {
        match &media.source {
            MediaSource::Url(url) if url.ends_with("missing") => Err(MediaError::Missing { reason: "404".to_owned() }),
            _ => Ok(FetchedMedia { path: PathBuf::new() }),
        }
    }
}

fn spec(scenes: usize, output: &str) -> VideoSpec {
    let scene = r#"{"text": "Bees fly.", "background": {"type": "footage", "terms": "bees"}}"#;
    let json = format!(r#"{{"outputs": ["{output}"], "scenes": [{}]}}"#, vec![scene; scenes].join(","));
    VideoSpec::from_json(json.as_bytes(), MediaOrigin::Remote).unwrap()
}

async fn found(sources: Vec<Arc<dyn Footage>>, mut spec: VideoSpec) -> (Vec<String>, Findings) {
    let findings = find(&sources, &Line, &mut spec, Path::new("")).await;
    let shown = spec.scenes.iter().map(|scene| match &scene.background {
        Background::Video(Video { media, .. }) | Background::Image(Image { media, .. }) => match &media.source {
            MediaSource::Url(url) => url.rsplit('/').next().unwrap_or_default().to_owned(),
            other => format!("{other:?}"),
        },
        Background::Gradient(_) => "gradient".to_owned(),
        other => format!("{other:?}"),
    });
    (shown.collect(), findings)
}

#[tokio::test]
async fn no_clip_is_shown_twice_and_what_is_left_over_shows_a_gradient() {
    let shelf = Arc::new(Shelf(vec![item("one", 1920, 1080, 20), item("two", 1920, 1080, 20)]));
    let (shown, findings) = found(vec![shelf], spec(3, "16:9 1080p")).await;
    assert_eq!(shown, ["one", "two", "gradient"]);
    assert_eq!(findings.credits.len(), 2);
    assert_eq!(findings.warnings, ["scene 3 shows a gradient: no footage of \"bees\" could be had"]);
}

#[tokio::test]
async fn what_cannot_be_fetched_makes_way_for_the_next() {
    let shelf = Arc::new(Shelf(vec![item("missing", 1920, 1080, 20), item("two", 1280, 720, 20)]));
    let (shown, findings) = found(vec![shelf], spec(1, "16:9 1080p")).await;
    assert_eq!((shown, findings.credits[0].author.as_str()), (vec!["two".to_owned()], "two"));
    assert_eq!(findings.warnings, Vec::<String>::new());
}

#[tokio::test]
async fn a_provider_that_fails_is_named_and_the_next_is_asked() {
    let shelf = Arc::new(Shelf(vec![item("one", 1920, 1080, 20)]));
    let (shown, findings) = found(vec![Arc::new(Broken), shelf], spec(2, "16:9 1080p")).await;
    assert_eq!(shown, ["one", "gradient"]);
    assert_eq!(findings.warnings[0], "Broken cannot be searched: it answered 401");
    let (shown, _) = found(Vec::new(), spec(1, "16:9 1080p")).await;
    assert_eq!(shown, ["gradient"]);
}

#[tokio::test]
async fn shape_counts_before_resolution_and_resolution_before_length() {
    let offered = || {
        vec![
            item("picture", 1080, 1920, 0),
            item("wide", 3840, 2160, 60),
            item("small", 360, 640, 60),
            item("short", 1080, 1920, 1),
            item("fits", 1080, 1920, 60),
        ]
    };
    let query = FootageQuery {
        terms: "bees".to_owned(),
        kind: FootageKind::Any,
        width: 1080,
        height: 1920,
        duration: Duration::from_secs(10),
    };
    let order: Vec<String> = best_first(offered(), &query).into_iter().map(|item| item.id).collect();
    assert_eq!(order, ["fits", "picture", "short", "small", "wide"]);
}
