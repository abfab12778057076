//! Local files of a spec, uploaded before the spec is sent.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rushes_content::http::{HttpClient, HttpConfig};
use rushes_content::media::{AllowedHosts, Library};
use rushes_core::ports::MediaLibrary;
use rushes_core::spec::{Draft, Media, MediaKind, MediaOrigin, MediaSource, VideoSpec};
use serde_json::Value;

use crate::client::Api;

/// The spec with every path replaced by the upload of its file. Paths are meant from `base`.
/// A spec without paths is returned as it is, faults included: the service names them.
pub async fn upload_files(api: &Api, spec: Vec<u8>, base: &Path) -> anyhow::Result<Vec<u8>> {
    let Some(read) = read(&spec) else { return Ok(spec) };
    let files: Vec<(&Media, PathBuf)> = read.media().filter_map(|media| Some((media, local(media, base)?))).collect();
    if files.is_empty() {
        return Ok(spec);
    }
    let http = HttpClient::new(HttpConfig::default())?;
    let library = Library::for_command_line(http, AllowedHosts::default());
    let mut document: Value = serde_json::from_slice(&spec)?;
    let mut uploaded: HashMap<PathBuf, String> = HashMap::new();
    for (media, path) in files {
        let here = Media { source: MediaSource::Path(path.clone()), ..media.clone() };
        library.check(&here).await.with_context(|| media.pointer.clone())?;
        let id = match uploaded.get(&path) {
            Some(id) => id.clone(),
            None => api.upload(&path, content_type(media.kind, &path)).await?,
        };
        replace(&mut document, &media.pointer, &id)?;
        uploaded.insert(path, id);
    }
    Ok(serde_json::to_vec(&document)?)
}

/// The spec without what its channel says; `None` for one that cannot be read so.
fn read(spec: &[u8]) -> Option<VideoSpec> {
    let mut draft = Draft::parse(spec).ok()?;
    draft.take_channel().ok()?;
    draft.read(MediaOrigin::RemoteOrLocal).ok()
}

fn local(media: &Media, base: &Path) -> Option<PathBuf> {
    match &media.source {
        MediaSource::Path(path) => Some(base.join(path)),
        MediaSource::Url(_) | MediaSource::Asset(_) => None,
    }
}

/// Puts `"asset": id` where `pointer` finds the path.
fn replace(document: &mut Value, pointer: &str, id: &str) -> anyhow::Result<()> {
    let (parent, field) = pointer.rsplit_once('/').context("a path without a place")?;
    let parent = document.pointer_mut(parent).and_then(Value::as_object_mut).context("a path without a place")?;
    parent.remove(field);
    parent.insert("asset".to_owned(), Value::from(id));
    Ok(())
}

/// The media type to announce. What the file is the service tells from its bytes.
fn content_type(kind: MediaKind, path: &Path) -> &'static str {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
    match (kind, extension.as_str()) {
        (MediaKind::Picture, "jpg" | "jpeg") => "image/jpeg",
        (MediaKind::Picture, "webp") => "image/webp",
        (MediaKind::Picture, _) => "image/png",
        (MediaKind::Clip, "mov") => "video/quicktime",
        (_, "webm") => "video/webm",
        (_, "mkv") => "video/x-matroska",
        (MediaKind::Clip, _) | (MediaKind::Sound, "mp4" | "mov") => "video/mp4",
        (MediaKind::Sound, "m4a") => "audio/mp4",
        (MediaKind::Sound, "aac") => "audio/aac",
        (MediaKind::Sound, "wav") => "audio/wav",
        (MediaKind::Sound, "flac") => "audio/flac",
        (MediaKind::Sound, "ogg" | "opus" | "oga") => "audio/ogg",
        (MediaKind::Sound, _) => "audio/mpeg",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_upload_takes_the_place_of_its_path() {
        let mut document = json!({"scenes": [{"background": {"type": "image", "path": "a.png", "fit": "contain"}}]});
        replace(&mut document, "/scenes/0/background/path", "X").unwrap();
        assert_eq!(document, json!({"scenes": [{"background": {"type": "image", "fit": "contain", "asset": "X"}}]}));
    }
}
