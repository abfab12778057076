//! Pixabay (<https://pixabay.com/api/docs/>). It wants its key in the address, which therefore
//! stands in no error and no log.

use std::time::Duration;

use async_trait::async_trait;
use rushes_core::ports::{Credit, Footage, FootageError, FootageItem, FootageQuery};
use rushes_core::spec::{MediaKind, MediaSource};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::{RESULTS, Rendition, clips_or_pictures, failed, fitting};
use crate::http::{Call, HttpClient};
use crate::keys::Key;
use crate::writer::openai::endpoint;

const NAME: &str = "Pixabay";
/// The longer side of the largest picture that every key may fetch.
const PICTURE_SIDE: u32 = 1280;

/// Searches Pixabay.
#[derive(Clone)]
pub struct Pixabay {
    http: HttpClient,
    base_url: Url,
    key: Key,
}

#[derive(Deserialize)]
struct Hits<T> {
    hits: Vec<T>,
}

#[derive(Deserialize)]
struct Video {
    id: u64,
    #[serde(rename = "pageURL")]
    page_url: String,
    duration: u64,
    user: String,
    videos: Sizes,
}

#[derive(Deserialize)]
struct Sizes {
    large: Option<File>,
    medium: Option<File>,
    small: Option<File>,
    tiny: Option<File>,
}

#[derive(Deserialize)]
struct File {
    url: String,
    width: u32,
    height: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Photo {
    id: u64,
    #[serde(rename = "pageURL")]
    page_url: String,
    user: String,
    #[serde(rename = "largeImageURL")]
    large_image_url: String,
    image_width: u32,
    image_height: u32,
}

impl Pixabay {
    /// Pixabay at `base_url` (`https://pixabay.com/api/`), asked with `key`.
    #[must_use]
    pub const fn new(http: HttpClient, base_url: Url, key: Key) -> Self {
        Self { http, base_url, key }
    }

    async fn get<T: DeserializeOwned>(
        &self,
        parts: &[&str],
        more: &[(&str, &str)],
        query: &FootageQuery,
    ) -> Result<Vec<T>, FootageError> {
        let key = self.key.get().await.map_err(|error| failed(NAME, error))?;
        let mut url = endpoint(&self.base_url, parts);
        url.query_pairs_mut()
            .append_pair("key", key.expose())
            .append_pair("q", &query.terms)
            .append_pair("per_page", RESULTS)
            .append_pair("safesearch", "true")
            .extend_pairs(more);
        let answer = self.http.call(&Call::get(url)).await;
        let hits: Result<Hits<T>, _> = answer.and_then(|answer| answer.json());
        hits.map(|found| found.hits).map_err(|error| failed(NAME, error))
    }

    async fn clips(&self, query: &FootageQuery) -> Result<Vec<FootageItem>, FootageError> {
        let found: Vec<Video> = self.get(&["videos", ""], &[], query).await?;
        Ok(found.iter().filter_map(|video| clip(video, query)).collect())
    }

    async fn pictures(&self, query: &FootageQuery) -> Result<Vec<FootageItem>, FootageError> {
        let orientation = if query.width >= query.height { "horizontal" } else { "vertical" };
        let more = [("image_type", "photo"), ("orientation", orientation)];
        let found: Vec<Photo> = self.get(&[""], &more, query).await?;
        Ok(found.iter().map(picture).collect())
    }
}

#[async_trait]
impl Footage for Pixabay {
    async fn search(&self, query: &FootageQuery) -> Result<Vec<FootageItem>, FootageError> {
        clips_or_pictures(query, self.clips(query), self.pictures(query)).await
    }
}

fn clip(video: &Video, query: &FootageQuery) -> Option<FootageItem> {
    let Sizes { large, medium, small, tiny } = &video.videos;
    let files = [large, medium, small, tiny].into_iter().flatten();
    let renditions = files.map(|file| Rendition { url: &file.url, width: file.width, height: file.height });
    let Rendition { url, width, height } = fitting(renditions, query)?;
    Some(FootageItem {
        id: format!("pixabay-video-{}", video.id),
        source: MediaSource::Url(url.to_owned()),
        kind: MediaKind::Clip,
        width,
        height,
        duration: Some(Duration::from_secs(video.duration)),
        credit: Some(credit(&video.user, &video.page_url)),
    })
}

fn picture(photo: &Photo) -> FootageItem {
    let longer = photo.image_width.max(photo.image_height).max(1);
    let shown = |side: u32| u64::from(side) * u64::from(longer.min(PICTURE_SIDE)) / u64::from(longer);
    FootageItem {
        id: format!("pixabay-photo-{}", photo.id),
        source: MediaSource::Url(photo.large_image_url.clone()),
        kind: MediaKind::Picture,
        width: u32::try_from(shown(photo.image_width)).unwrap_or_default(),
        height: u32::try_from(shown(photo.image_height)).unwrap_or_default(),
        duration: None,
        credit: Some(credit(&photo.user, &photo.page_url)),
    }
}

fn credit(author: &str, url: &str) -> Credit {
    Credit { author: author.to_owned(), provider: NAME.to_owned(), url: url.to_owned() }
}
