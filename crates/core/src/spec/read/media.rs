//! Names of media, and which part of them is used.

use std::path::PathBuf;
use std::time::Duration;

use super::super::{AssetId, Media, MediaKind, MediaOrigin, MediaSource, Trim};
use super::address::address;
use super::node::{Checker, Fields, Node};

/// The latest moment of a clip or a sound that can be named, in seconds: a day.
const LAST_MOMENT_S: f64 = 86_400.0;

/// The one of `url`, `path` and `asset` that is given; `of` is what needs it.
pub fn media(fields: &mut Fields, kind: MediaKind, of: &str, checker: &mut Checker) -> Media {
    let mut given: Vec<(&str, Node)> =
        ["url", "path", "asset"].into_iter().filter_map(|name| Some((name, fields.take(name)?))).collect();
    let url = fields.pointer_to("url");
    let Some((field, node)) = given.pop() else {
        let other = match checker.origin {
            MediaOrigin::Remote => "an `asset`",
            MediaOrigin::RemoteOrLocal => "a `path`",
        };
        checker.fault(&url, format!("{of} needs a `url` or {other}"));
        return nowhere(kind, url);
    };
    let pointer = node.pointer.clone();
    if !given.is_empty() {
        checker.fault(&pointer, "give only one of `url`, `path` and `asset`");
        return nowhere(kind, pointer);
    }
    let Some(text) = node.text(checker) else { return nowhere(kind, pointer) };
    match source(field, text, checker.origin) {
        Ok(source) => Media { source, kind, pointer },
        Err(message) => {
            checker.fault(&pointer, message);
            nowhere(kind, pointer)
        }
    }
}

/// Stands for media that were named wrongly.
const fn nowhere(kind: MediaKind, pointer: String) -> Media {
    Media { source: MediaSource::Url(String::new()), kind, pointer }
}

fn source(field: &str, text: String, origin: MediaOrigin) -> Result<MediaSource, String> {
    match (field, origin) {
        ("url", _) => address(&text, origin).map(MediaSource::Url),
        ("path", MediaOrigin::Remote) => Err("the service reads no local paths: give a `url`".to_owned()),
        ("path", MediaOrigin::RemoteOrLocal) => Ok(MediaSource::Path(PathBuf::from(text))),
        (_, MediaOrigin::RemoteOrLocal) => {
            Err("uploads are known to the service only: give a `path` or a `url`".to_owned())
        }
        (_, MediaOrigin::Remote) => AssetId::parse(&text)
            .map(MediaSource::Asset)
            .ok_or_else(|| "this is no asset id: upload the file first (POST /v1/assets)".to_owned()),
    }
}

/// `start_s` and `end_s`.
pub fn trim(fields: &mut Fields, checker: &mut Checker) -> Trim {
    let start = fields.seconds("start_s", 0.0..=LAST_MOMENT_S, checker).unwrap_or_default();
    let end = fields.seconds("end_s", 0.0..=LAST_MOMENT_S, checker);
    if end.is_some_and(|end| end <= start) {
        checker.fault(&fields.pointer_to("end_s"), "the end lies after the start");
    }
    Trim { start, end }
}

/// A loudness, where 1 leaves it as it is.
pub fn volume(fields: &mut Fields, default: f64, checker: &mut Checker) -> f64 {
    fields.number("volume", 0.0..=2.0, "", checker).unwrap_or(default)
}

/// How long something fades.
pub fn fade(fields: &mut Fields, name: &'static str, default: Duration, checker: &mut Checker) -> Duration {
    fields.seconds(name, 0.0..=60.0, checker).unwrap_or(default)
}
