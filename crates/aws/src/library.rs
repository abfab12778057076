//! Footage of the owner's own: clips and pictures under a prefix of a bucket, found by the words
//! of their names.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use rushes_core::ports::{Footage, FootageError, FootageItem, FootageQuery};
use rushes_core::spec::{FootageKind, MediaKind, MediaSource};
use tokio::sync::Mutex;

use crate::cause;

const NAME: &str = "your library";
/// More names are not read.
const MAX_NAMES: usize = 10_000;
/// How long a list of names is used.
const FRESH: Duration = Duration::from_secs(60);
/// How long what is found can be fetched.
const VALID: Duration = Duration::from_secs(3600);
const MAX_RESULTS: usize = 20;
/// Shorter words say nothing about a picture.
const SHORTEST_WORD: usize = 3;

/// A prefix of a bucket.
#[derive(Clone, Debug)]
pub struct S3Library {
    client: Client,
    bucket: String,
    prefix: String,
    listed: Arc<Mutex<Option<Listing>>>,
}

/// The names as they were at a moment.
#[derive(Clone, Debug)]
struct Listing {
    moment: Instant,
    entries: Arc<Vec<Entry>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    key: String,
    kind: MediaKind,
    words: HashSet<String>,
}

/// Not an address of a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not written s3://bucket/prefix/")]
pub struct InvalidLibrary;

impl S3Library {
    /// The library at `s3://bucket/prefix/`.
    ///
    /// # Errors
    /// [`InvalidLibrary`] when that is no such address.
    pub fn new(client: Client, address: &str) -> Result<Self, InvalidLibrary> {
        let rest = address.strip_prefix("s3://").ok_or(InvalidLibrary)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(InvalidLibrary);
        }
        Ok(Self { client, bucket: bucket.to_owned(), prefix: prefix.to_owned(), listed: Arc::default() })
    }

    async fn entries(&self) -> Result<Arc<Vec<Entry>>, FootageError> {
        let mut listed = self.listed.lock().await;
        if let Some(listing) = listed.as_ref().filter(|listing| listing.moment.elapsed() < FRESH) {
            return Ok(Arc::clone(&listing.entries));
        }
        let mut pages = self.client.list_objects_v2().bucket(&self.bucket).prefix(&self.prefix).into_paginator().send();
        let mut entries = Vec::new();
        while let Some(page) = pages.next().await {
            let objects = page.map_err(failed)?.contents.unwrap_or_default();
            entries.extend(objects.into_iter().filter_map(|object| entry(&self.prefix, object.key?)));
            if entries.len() >= MAX_NAMES {
                break;
            }
        }
        let entries = Arc::new(entries);
        *listed = Some(Listing { moment: Instant::now(), entries: Arc::clone(&entries) });
        Ok(entries)
    }

    async fn item(&self, entry: &Entry) -> Result<FootageItem, FootageError> {
        let presigning = PresigningConfig::expires_in(VALID).map_err(failed)?;
        let request = self.client.get_object().bucket(&self.bucket).key(&entry.key).presigned(presigning).await;
        Ok(FootageItem {
            id: format!("library-{}", entry.key),
            source: MediaSource::Url(request.map_err(failed)?.uri().to_owned()),
            kind: entry.kind,
            width: 0,
            height: 0,
            duration: None,
            credit: None,
        })
    }
}

#[async_trait]
impl Footage for S3Library {
    async fn search(&self, query: &FootageQuery) -> Result<Vec<FootageItem>, FootageError> {
        let entries = self.entries().await?;
        let mut items = Vec::new();
        for entry in matching(&entries, query).into_iter().take(MAX_RESULTS) {
            items.push(self.item(entry).await?);
        }
        Ok(items)
    }
}

fn entry(prefix: &str, key: String) -> Option<Entry> {
    let kind = match key.rsplit('.').next()?.to_ascii_lowercase().as_str() {
        "mp4" | "mov" | "webm" | "mkv" => MediaKind::Clip,
        "jpg" | "jpeg" | "png" | "webp" => MediaKind::Picture,
        _ => return None,
    };
    let name = key.strip_prefix(prefix).unwrap_or(&key);
    let words = words(name.rsplit_once('.').map_or(name, |(name, _)| name));
    Some(Entry { key, kind, words })
}

fn words(text: &str) -> HashSet<String> {
    let words = text.split(|character: char| !character.is_alphanumeric());
    words.filter(|word| word.chars().count() >= SHORTEST_WORD).map(str::to_lowercase).collect()
}

/// Those that have the most of the words in their names, clips before pictures; at least half.
fn matching<'a>(entries: &'a [Entry], query: &FootageQuery) -> Vec<&'a Entry> {
    let wanted = words(&query.terms);
    let is_kind = |entry: &Entry| match query.kind {
        FootageKind::Any => true,
        FootageKind::Clips => entry.kind == MediaKind::Clip,
        FootageKind::Pictures => entry.kind == MediaKind::Picture,
    };
    let common = |entry: &Entry| entry.words.intersection(&wanted).count();
    let fits = |entry: &&Entry| is_kind(entry) && common(entry) > 0 && common(entry) * 2 >= wanted.len();
    let mut found: Vec<&Entry> = entries.iter().filter(fits).collect();
    found.sort_by_key(|entry| (std::cmp::Reverse(common(entry)), entry.kind != MediaKind::Clip, &entry.key));
    found
}

fn failed<E: std::error::Error + Send + Sync + 'static>(error: E) -> FootageError {
    FootageError { provider: NAME, reason: "the bucket does not answer".to_owned(), source: Some(cause(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(terms: &str, kind: FootageKind) -> FootageQuery {
        FootageQuery { terms: terms.to_owned(), kind, width: 1920, height: 1080, duration: Duration::from_secs(5) }
    }

    #[test]
    fn what_lies_in_the_library_is_found_by_the_words_of_its_name() {
        let keys =
            ["lib/Bees/bee-dancing_01.mp4", "lib/bees.jpg", "lib/city at night.mp4", "lib/notes.txt", "lib/bee.mov"];
        let entries: Vec<Entry> = keys.into_iter().filter_map(|key| entry("lib/", key.to_owned())).collect();
        let found = |terms: &str, kind| {
            let found = matching(&entries, &query(terms, kind));
            found.into_iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(found("bee dancing", FootageKind::Any), ["lib/Bees/bee-dancing_01.mp4", "lib/bee.mov"]);
        assert_eq!(found("Bees", FootageKind::Pictures), ["lib/bees.jpg"]);
        assert_eq!(found("city night", FootageKind::Clips), ["lib/city at night.mp4"]);
        assert_eq!(found("a big grey elephant in town", FootageKind::Any), Vec::<&str>::new());
        assert_eq!(found("lib", FootageKind::Any), Vec::<&str>::new());
    }

    #[tokio::test]
    async fn an_address_names_a_bucket() {
        let client = crate::Clients::local("http://127.0.0.1:9").await.s3;
        let library =
            |address: &str| S3Library::new(client.clone(), address).map(|library| (library.bucket, library.prefix));
        assert_eq!(library("s3://mine/clips/new/").unwrap(), ("mine".to_owned(), "clips/new/".to_owned()));
        assert_eq!(library("s3://mine").unwrap(), ("mine".to_owned(), String::new()));
        assert!(library("mine/clips").is_err() && library("s3:///clips").is_err());
    }
}
