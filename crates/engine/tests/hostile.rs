//! Files that are broken or mean harm.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use common::{ffmpeg, program};
use rushes_core::ports::RenderError;
use rushes_core::spec::{Fit, Output, Trim};
use rushes_core::timeline::Clip;
use rushes_core::units::FrameRate;
use rushes_engine::Ffmpeg;
use rushes_engine::clip::{ClipReader, probe};

const X264: [&str; 6] = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];

fn make(directory: &Path, name: &str, encoding: &[&str]) -> Result<PathBuf> {
    let path = directory.join(name);
    let source = ["-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=2"];
    ffmpeg(&[&source[..], encoding, &[path.to_str().context("path")?]].concat(), &[])?;
    Ok(path)
}

/// The pictures of a clip at 25 frames a second.
async fn show(path: &Path, frames: u64) -> Result<Vec<Vec<u8>>, RenderError> {
    let tool = Ffmpeg::new(program());
    let facts = probe(&tool, path).await?;
    let output = Output { width: 64, height: 48, frame_rate: FrameRate::new(25).unwrap() };
    let clip = Clip { path: path.to_owned(), fit: Fit::Cover, trim: Trim::default(), is_looped: false };
    let mut reader = ClipReader::open(&tool, &clip, &facts, &output, 0)?;
    (0..frames).map(|_| reader.next_picture().map(|picture| picture.bytes().to_vec())).collect()
}

#[tokio::test]
async fn a_clip_that_breaks_off_shows_what_there_is_and_then_its_last_picture() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let whole = make(directory.path(), "whole.mp4", &[&X264[..], &["-movflags", "+faststart", "-g", "10"]].concat())?;
    let bytes = std::fs::read(&whole)?;
    let expected = show(&whole, 50).await?;
    let cut = directory.path().join("cut.mp4");
    std::fs::write(&cut, &bytes[..bytes.len() * 6 / 10])?;
    let shown = show(&cut, 50).await?;
    ensure!(shown[..20] == expected[..20] && shown[49] == shown[48], "the beginning is not shown");
    for end in [0, 7, 100, 1_000] {
        std::fs::write(&cut, &bytes[..end])?;
        let error = show(&cut, 1).await.unwrap_err();
        ensure!(matches!(error, RenderError::Medium { .. }), "{end} bytes: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn every_damage_ends_in_pictures_or_a_plain_error() -> Result<()> {
    let directory = tempfile::tempdir()?;
    for (name, encoding) in
        [("a.mp4", &X264[..]), ("b.mkv", &X264[..]), ("c.webm", &["-c:v", "libvpx", "-g", "20"][..])]
    {
        let path = make(directory.path(), name, encoding)?;
        let bytes = std::fs::read(&path)?;
        for (seed, stride) in [(1usize, 97), (5, 1_009), (11, 53)] {
            let mut damaged = bytes.clone();
            damaged.iter_mut().skip(seed * 40).step_by(stride).for_each(|byte| *byte = byte.wrapping_mul(31) ^ 0x5a);
            std::fs::write(&path, &damaged)?;
            match show(&path, 50).await {
                Ok(shown) => ensure!(shown.len() == 50),
                Err(RenderError::Medium { reason, .. }) => ensure!(!reason.is_empty()),
                Err(other) => ensure!(false, "{name}: {other}"),
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_only_points_elsewhere_is_not_opened() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}/secret.mp4", listener.local_addr()?);
    make(directory.path(), "inside.mp4", &X264)?;
    let playlists = [
        ("a.m3u8", format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{url}\n#EXT-X-ENDLIST\n")),
        ("b.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n/etc/passwd\n#EXT-X-ENDLIST\n".to_owned()),
        ("c.ffconcat", "ffconcat version 1.0\nfile inside.mp4\n".to_owned()),
        ("d.ffconcat", format!("ffconcat version 1.0\nfile {url}\n")),
        (
            "e.mpd",
            format!(
                "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><BaseURL>{url}</BaseURL></MPD>"
            ),
        ),
        (
            "f.svg",
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"{url}\" width=\"9\" height=\"9\"/></svg>"),
        ),
        ("g.mp4", format!("#EXTM3U\n#EXTINF:5,\n{url}\n")),
        ("h.sdp", format!("v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video {} RTP/AVP 96\n", listener.local_addr()?.port())),
    ];
    for (name, text) in playlists {
        let path = directory.path().join(name);
        std::fs::write(&path, text)?;
        let error = show(&path, 1).await.unwrap_err();
        ensure!(matches!(error, RenderError::Medium { .. }), "{name}: {error}");
    }
    ensure!(listener.accept().is_err(), "ffmpeg asked another host");
    Ok(())
}

/// Where the content of the first box of that type begins, looking inside of those on the way to it.
fn find_box(bytes: &[u8], from: usize, end: usize, path: &[&[u8; 4]], sizes: &mut Vec<usize>) -> Option<usize> {
    let mut at = from;
    while at + 8 <= end {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().ok()?) as usize;
        if &bytes[at + 4..at + 8] == path[0] {
            sizes.push(at);
            return if path.len() == 1 { Some(at + 8) } else { find_box(bytes, at + 8, at + size, &path[1..], sizes) };
        }
        at += size.max(8);
    }
    None
}

#[tokio::test]
async fn a_movie_whose_pictures_lie_in_another_file_reaches_for_none() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let path = make(directory.path(), "external.mov", &X264)?;
    for target in [format!("http://{}/a.mp4", listener.local_addr()?), "file:///etc/passwd".to_owned()] {
        let mut bytes = std::fs::read(&path)?;
        let mut sizes = Vec::new();
        let references =
            find_box(&bytes, 0, bytes.len(), &[b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"], &mut sizes);
        // Version, flags and count, then the only reference: size, type, flags. QuickTime calls it `alis`.
        let entry = references.context("dref")? + 8;
        bytes[entry + 4..entry + 12].copy_from_slice(b"url \0\0\0\0");
        let added = [target.as_bytes(), b"\0"].concat();
        bytes.splice(entry + 12..entry + 12, added.iter().copied());
        sizes.push(entry);
        for at in sizes {
            let size = u32::from_be_bytes(bytes[at..at + 4].try_into()?) + added.len() as u32;
            bytes[at..at + 4].copy_from_slice(&size.to_be_bytes());
        }
        let external = directory.path().join("patched.mov");
        std::fs::write(&external, bytes)?;
        match show(&external, 3).await {
            Ok(_) | Err(RenderError::Medium { .. }) => {}
            Err(other) => ensure!(false, "{other}"),
        }
        ensure!(listener.accept().is_err(), "ffmpeg asked another host");
    }
    Ok(())
}

#[tokio::test]
async fn attachments_and_covers_are_no_pictures_of_a_clip() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let plain = make(directory.path(), "plain.mkv", &X264)?;
    let note = directory.path().join("note.txt");
    std::fs::write(&note, "nothing to see")?;
    let attached = directory.path().join("attached.mkv");
    let arguments =
        ["-loglevel", "error", "-i", plain.to_str().unwrap(), "-c", "copy", "-attach", note.to_str().unwrap()];
    ffmpeg(&[&arguments[..], &["-metadata:s:t", "mimetype=text/plain", attached.to_str().unwrap()]].concat(), &[])?;
    ensure!(show(&attached, 50).await? == show(&plain, 50).await?);

    let (sound, cover) = (directory.path().join("sound.m4a"), directory.path().join("cover.png"));
    let one = ["-loglevel", "error", "-f", "lavfi", "-i", "color=red:size=64x64:duration=1", "-frames:v", "1"];
    ffmpeg(&[&one[..], &[cover.to_str().unwrap()]].concat(), &[])?;
    let both = ["-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=1", "-i", cover.to_str().unwrap()];
    let covered =
        ["-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v:0", "attached_pic", sound.to_str().unwrap()];
    ffmpeg(&[&both[..], &covered].concat(), &[])?;
    let error = show(&sound, 1).await.unwrap_err();
    ensure!(matches!(&error, RenderError::Medium { reason, .. } if reason.contains("no pictures")), "{error}");
    Ok(())
}

#[tokio::test]
async fn more_pixels_than_are_taken_are_refused_before_they_are_decoded() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("wide.mp4");
    let source = ["-loglevel", "error", "-f", "lavfi", "-i", "color=black:size=8704x64:rate=25:duration=0.1"];
    ffmpeg(&[&source[..], &X264, &[path.to_str().unwrap()]].concat(), &[])?;
    let error = show(&path, 1).await.unwrap_err();
    ensure!(matches!(&error, RenderError::Medium { reason, .. } if reason.contains("8704x64")), "{error}");
    Ok(())
}
