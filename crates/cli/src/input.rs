//! Files that a person names.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use bytes::Bytes;
use rushes_core::json::utf8;
use rushes_core::spec::{Draft, MediaOrigin, MediaSource, VideoSpec};

use crate::arguments::ChannelFile;
use crate::channel;

/// The text of a file in UTF-8, or of standard input where it is named `-`.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = read_bytes(path)?;
    Ok(utf8(&bytes).with_context(|| format!("{} is no text", path.display()))?.into_owned())
}

fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// The spec in a file or on standard input, filled from a channel where one is given. Paths in it are
/// meant from where it lies.
pub fn read_spec(path: &Path, channel: &ChannelFile) -> anyhow::Result<VideoSpec> {
    let mut json = Bytes::from(read(path)?);
    if let Some(file) = &channel.channel {
        let mut draft = Draft::parse(&json)?;
        draft.take_channel()?;
        json = channel::read(file)?.fill(draft);
    }
    let mut spec = VideoSpec::from_json(&json, MediaOrigin::RemoteOrLocal)?;
    resolve_paths(&mut spec, path.parent().unwrap_or(Path::new("")));
    Ok(spec)
}

fn resolve_paths(spec: &mut VideoSpec, base: &Path) {
    for media in spec.media_mut() {
        if let MediaSource::Path(path) = &mut media.source {
            *path = base.join(&*path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_read_as_editors_of_windows_save_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("spec.json");
        let utf16: Vec<u8> = "\u{feff}{\"script\": \"ä\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [&b"\xef\xbb\xbf{\"script\": \"\xc3\xa4\"}"[..], &utf16] {
            std::fs::write(&path, bytes).unwrap();
            let spec = read_spec(&path, &ChannelFile { channel: None }).unwrap();
            assert_eq!(spec.scenes[0].text, "ä");
        }
        std::fs::write(&path, b"\x1f\x8b").unwrap();
        assert!(
            format!("{:#}", read(&path).unwrap_err()).ends_with("is no text: it is packed with gzip: unpack it first")
        );
    }

    #[test]
    fn every_path_is_meant_from_where_the_spec_lies() {
        let json = br#"{"music": {"path": "m.mp3"}, "overlays": [{"path": "../logo.png"}],
            "background": {"type": "video", "path": "/clips/a.mp4"},
            "scenes": [{"text": "a", "sounds": [{"path": "s.wav"}], "overlays": [{"url": "https://example.com/b.png"}]}]}"#;
        let mut spec = VideoSpec::from_json(json, MediaOrigin::RemoteOrLocal).unwrap();
        resolve_paths(&mut spec, Path::new("videos/one"));
        let paths: Vec<&Path> = spec
            .media()
            .filter_map(|media| match &media.source {
                MediaSource::Path(path) => Some(path.as_path()),
                MediaSource::Url(_) | MediaSource::Asset(_) => None,
            })
            .collect();
        let wanted = ["/clips/a.mp4", "videos/one/s.wav", "videos/one/../logo.png", "videos/one/m.mp3"];
        assert_eq!(paths, wanted.map(Path::new));
    }
}
