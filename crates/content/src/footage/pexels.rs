//! Pexels (<https://www.pexels.com/api/documentation/>).

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::AUTHORIZATION;
use rushes_core::ports::{Credit, Footage, FootageError, FootageItem, FootageQuery};
use rushes_core::spec::{MediaKind, MediaSource};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::{RESULTS, Rendition, clips_or_pictures, failed, fitting};
use crate::http::{Call, HttpClient};
use crate::keys::Key;
use crate::writer::openai::endpoint;

const NAME: &str = "Pexels";
/// Width of the pictures that are fetched: enough for any frame but the largest.
const PICTURE_WIDTH: u32 = 2560;

/// Searches Pexels.
#[derive(Clone)]
pub struct Pexels {
    http: HttpClient,
    base_url: Url,
    key: Key,
}

#[derive(Deserialize)]
struct Videos {
    videos: Vec<Video>,
}

#[derive(Deserialize)]
struct Video {
    id: u64,
    url: String,
    duration: u64,
    user: User,
    video_files: Vec<File>,
}

#[derive(Deserialize)]
struct User {
    name: String,
}

#[derive(Deserialize)]
struct File {
    file_type: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    link: String,
}

#[derive(Deserialize)]
struct Photos {
    photos: Vec<Photo>,
}

#[derive(Deserialize)]
struct Photo {
    id: u64,
    url: String,
    width: u32,
    height: u32,
    photographer: String,
    src: Sizes,
}

#[derive(Deserialize)]
struct Sizes {
    original: String,
}

impl Pexels {
    /// Pexels at `base_url` (`https://api.pexels.com`), asked with `key`.
    #[must_use]
    pub const fn new(http: HttpClient, base_url: Url, key: Key) -> Self {
        Self { http, base_url, key }
    }

    async fn get<T: DeserializeOwned>(&self, parts: &[&str], query: &FootageQuery) -> Result<T, FootageError> {
        let mut url = endpoint(&self.base_url, parts);
        let orientation = match query.width.cmp(&query.height) {
            std::cmp::Ordering::Greater => "landscape",
            std::cmp::Ordering::Less => "portrait",
            std::cmp::Ordering::Equal => "square",
        };
        url.query_pairs_mut()
            .append_pair("query", &query.terms)
            .append_pair("orientation", orientation)
            .append_pair("per_page", RESULTS);
        let key = self.key.header("").await.map_err(|error| failed(NAME, error))?;
        let answer = self.http.call(&Call::get(url).header(AUTHORIZATION, key)).await;
        answer.and_then(|answer| answer.json()).map_err(|error| failed(NAME, error))
    }

    async fn clips(&self, query: &FootageQuery) -> Result<Vec<FootageItem>, FootageError> {
        let found: Videos = self.get(&["videos", "search"], query).await?;
        Ok(found.videos.iter().filter_map(|video| clip(video, query)).collect())
    }

    async fn pictures(&self, query: &FootageQuery) -> Result<Vec<FootageItem>, FootageError> {
        let found: Photos = self.get(&["v1", "search"], query).await?;
        Ok(found.photos.iter().filter_map(picture).collect())
    }
}

#[async_trait]
impl Footage for Pexels {
    async fn search(&self, query: &FootageQuery) -> Result<Vec<FootageItem>, FootageError> {
        clips_or_pictures(query, self.clips(query), self.pictures(query)).await
    }
}

fn clip(video: &Video, query: &FootageQuery) -> Option<FootageItem> {
    let files = video.video_files.iter().filter(|file| file.file_type.as_deref() == Some("video/mp4"));
    let renditions =
        files.filter_map(|file| Some(Rendition { url: &file.link, width: file.width?, height: file.height? }));
    let Rendition { url, width, height } = fitting(renditions, query)?;
    Some(FootageItem {
        id: format!("pexels-video-{}", video.id),
        source: MediaSource::Url(url.to_owned()),
        kind: MediaKind::Clip,
        width,
        height,
        duration: Some(Duration::from_secs(video.duration)),
        credit: Some(credit(&video.user.name, &video.url)),
    })
}

fn picture(photo: &Photo) -> Option<FootageItem> {
    let mut url = Url::parse(&photo.src.original).ok()?;
    let shown = photo.width.min(PICTURE_WIDTH);
    url.query_pairs_mut().append_pair("auto", "compress").append_pair("w", &shown.to_string());
    let height = u64::from(photo.height) * u64::from(shown) / u64::from(photo.width.max(1));
    Some(FootageItem {
        id: format!("pexels-photo-{}", photo.id),
        source: MediaSource::Url(url.into()),
        kind: MediaKind::Picture,
        width: shown,
        height: u32::try_from(height).ok()?,
        duration: None,
        credit: Some(credit(&photo.photographer, &photo.url)),
    })
}

fn credit(author: &str, url: &str) -> Credit {
    Credit { author: author.to_owned(), provider: NAME.to_owned(), url: url.to_owned() }
}
