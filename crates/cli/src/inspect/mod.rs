//! `rushes inspect`: what a finished video is made of, or what rendering a spec would do.

mod movie;
mod plan;

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, bail};
use rushes_engine::is_mp4;

use crate::arguments::InspectOptions;
use crate::outcome::unless_interrupted;

/// What of a file tells what it is.
const HEAD_BYTES: u64 = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Movie,
    Spec,
}

/// Prints what is in the file.
pub async fn run(options: InspectOptions) -> anyhow::Result<()> {
    let content = content(&options.file)?;
    let told = unless_interrupted(async {
        match content {
            Content::Movie => movie::tell(&options).await,
            Content::Spec => plan::tell(&options).await,
        }
    })
    .await?;
    // A reader that has seen enough (`| head`) is no failure.
    match std::io::stdout().write_all(told.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// What a file is by its first bytes. Of a pipe they cannot be read twice: it brings a spec.
fn content(path: &Path) -> anyhow::Result<Content> {
    if path == Path::new("-") {
        return Ok(Content::Spec);
    }
    let shown = || format!("{} cannot be read", path.display());
    let kind = path.metadata().with_context(shown)?.file_type();
    if kind.is_dir() {
        bail!("{} is a folder: name an MP4 video or a spec", path.display());
    }
    if !kind.is_file() {
        return Ok(Content::Spec);
    }
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head)).with_context(shown)?;
    let neither = || format!("{} is neither an MP4 video nor the spec of one, which is a JSON object", path.display());
    content_of(&head).with_context(neither)
}

fn content_of(head: &[u8]) -> Option<Content> {
    if is_mp4(head) {
        return Some(Content::Movie);
    }
    let is_utf_16 = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    // Whether it is a spec, and in an encoding that is read, the reader of specs tells better.
    (is_utf_16 || matches!(text.first(), Some(b'{' | b'['))).then_some(Content::Spec)
}

/// Minutes and seconds.
fn clock(seconds: f64) -> String {
    let minutes = (seconds / 60.0).floor();
    format!("{minutes}:{:06.3}", seconds - minutes * 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        let cases: [(&[u8], Option<Content>); 9] = [
            (b"\0\0\0\x20ftypisom", Some(Content::Movie)),
            (b"{\"script\": \"Hi.\"}", Some(Content::Spec)),
            (b"\xef\xbb\xbf \r\n{", Some(Content::Spec)),
            (b"\xff\xfe{\0", Some(Content::Spec)),
            (b"[]", Some(Content::Spec)),
            (b"\x89PNG\r\n\x1a\n", None),
            (b"\x1a\x45\xdf\xa3", None),
            (b"Once upon a time", None),
            (b"", None),
        ];
        for (head, wanted) in cases {
            assert_eq!(content_of(head), wanted, "{head:?}");
        }
    }
}
