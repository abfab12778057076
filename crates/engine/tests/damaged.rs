//! Pictures that broke: cut off on their way, or with other bytes in their middle.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use common::{MapMemo, ffmpeg, program};
use image::{ImageFormat, RgbImage};
use rushes_core::ports::{RenderError, RenderJob, RenderWarning, Renderer, SilentProgress};
use rushes_core::spec::{Alignment, Fit, Output, OverlayPosition};
use rushes_core::timeline::{Backdrop, PlacedPicture, Soundtrack, SpokenScene, SpokenVideo, Still, Timeline};
use rushes_core::units::{Color, FrameRate, Portion};
use rushes_engine::{Engine, PictureFormat};

const WIDTH: usize = 160;
const HEIGHT: usize = 120;

/// Red with much in it, so that all rows take as many bytes, and nothing of it is grey or green.
fn texture() -> RgbImage {
    let mut state = 7u32;
    RgbImage::from_fn(WIDTH as u32, HEIGHT as u32, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 27) as u8;
        image::Rgb([170 + noise, 20 + noise + (x / 8) as u8, 40 + noise + (y / 4) as u8])
    })
}

/// The picture in every form in which it may be stored.
fn every_kind(directory: &Path) -> Result<Vec<PathBuf>> {
    let path = |name: &str| directory.join(name);
    for (name, format) in
        [("plain.png", ImageFormat::Png), ("plain.jpg", ImageFormat::Jpeg), ("lossless.webp", ImageFormat::WebP)]
    {
        texture().save_with_format(path(name), format)?;
    }
    let plain = path("plain.png");
    let from = ["-loglevel", "error", "-i", plain.to_str().context("path")?, "-update", "1"];
    let interlaced = path("interlaced.png");
    ffmpeg(&[&from[..], &["-flags", "+ildct", interlaced.to_str().unwrap()]].concat(), &[])?;
    let lossy = path("lossy.webp");
    ffmpeg(&[&from[..], &["-c:v", "libwebp", "-quality", "90", lossy.to_str().unwrap()]].concat(), &[])?;
    let progressive = path("progressive.jpg");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/progressive.jpg"), &progressive)?;
    Ok(vec![plain, path("plain.jpg"), path("lossless.webp"), interlaced, lossy, progressive])
}

fn output() -> Output {
    Output { width: WIDTH as u32, height: HEIGHT as u32, frame_rate: FrameRate::new(24).unwrap() }
}

/// A video that shows nothing but the picture.
fn story(path: &Path) -> (Timeline, Soundtrack) {
    let still = Still { path: path.to_owned(), fit: Fit::Fill, camera: None };
    let scene =
        SpokenScene { minimum_duration: Duration::from_millis(100), ..SpokenScene::plain(Backdrop::Still(still)) };
    Timeline::lay(output(), SpokenVideo::plain(vec![scene]))
}

/// What is seen of a picture, red, green and blue a pixel, and what is said of it.
async fn shown(path: &Path) -> Result<(Vec<[u8; 3]>, Vec<RenderWarning>), RenderError> {
    let preview = Engine::new(program()).preview(&story(path).0, 0, PictureFormat::Png).await?;
    let rgb =
        ffmpeg(&["-f", "png_pipe", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], &preview.file).unwrap();
    Ok((rgb.as_chunks().0.to_vec(), preview.warnings))
}

fn is_green([red, green, blue]: [u8; 3]) -> bool {
    green > red.saturating_add(20) && green > blue.saturating_add(20)
}

fn is_grey(pixel: [u8; 3]) -> bool {
    pixel.iter().all(|channel| channel.abs_diff(128) <= 3)
}

fn is_alike(a: &[[u8; 3]], b: &[[u8; 3]]) -> bool {
    let differences = a.as_flattened().iter().zip(b.as_flattened()).map(|(a, b)| u64::from(a.abs_diff(*b)));
    differences.sum::<u64>() <= a.as_flattened().len() as u64 * 4
}

/// A file with other bytes.
fn altered(path: &Path, alter: impl FnOnce(&mut Vec<u8>)) -> Result<PathBuf> {
    let mut bytes = std::fs::read(path)?;
    alter(&mut bytes);
    let altered = path.with_file_name("altered");
    std::fs::write(&altered, bytes)?;
    Ok(altered)
}

#[tokio::test]
async fn of_a_picture_that_was_cut_off_the_rest_is_grey_and_the_result_says_so() -> Result<()> {
    let directory = tempfile::tempdir()?;
    for path in every_kind(directory.path())? {
        let (whole, warnings) = shown(&path).await?;
        ensure!(warnings.is_empty(), "{path:?}: {warnings:?}");
        let cut = altered(&path, |bytes| bytes.truncate(bytes.len() * 9 / 10))?;
        let shown = shown(&cut).await;
        // How much of a WebP picture can be read depends on what is in it.
        if path.extension().is_some_and(|ending| ending == "webp") && matches!(shown, Err(RenderError::Medium { .. })) {
            continue;
        }
        let (pixels, warnings) = shown.with_context(|| format!("{path:?}"))?;
        ensure!(is_alike(&pixels[..WIDTH * 40], &whole[..WIDTH * 40]), "{path:?}: its top is not shown");
        ensure!(!pixels.iter().any(|pixel| is_green(*pixel)), "{path:?} is green");
        let [RenderWarning { path: Some(named), words }] = &warnings[..] else {
            anyhow::bail!("{path:?}: {warnings:?}");
        };
        ensure!(*named == cut && words.contains("damaged"), "{path:?}: {words}");
        if path.ends_with("plain.png") || path.ends_with("plain.jpg") {
            ensure!(is_grey(pixels[WIDTH * HEIGHT - 1]) && words.contains("is missing"), "{path:?}: {words}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_picture_of_which_little_is_left_is_an_error_in_plain_words() -> Result<()> {
    let directory = tempfile::tempdir()?;
    for path in every_kind(directory.path())? {
        let cut = altered(&path, |bytes| bytes.truncate(bytes.len() / 20))?;
        let Err(error) = shown(&cut).await else { anyhow::bail!("{path:?} is shown") };
        let RenderError::Medium { path: named, reason } = error else { anyhow::bail!("{path:?}: {error}") };
        ensure!(named == cut && reason.contains("damaged"), "{path:?}: {reason}");
    }
    Ok(())
}

#[tokio::test]
async fn other_bytes_in_the_middle_of_a_picture_are_noticed_where_they_break_it_and_never_green() -> Result<()> {
    let directory = tempfile::tempdir()?;
    for path in every_kind(directory.path())? {
        for length in [1, 60] {
            let changed = altered(&path, |bytes| {
                let middle = bytes.len() / 2;
                bytes[middle..middle + length].iter_mut().for_each(|byte| *byte = byte.wrapping_mul(31) ^ 0x5a);
            })?;
            match shown(&changed).await {
                Ok((pixels, warnings)) => {
                    ensure!(warnings.len() <= 1, "{path:?}: {warnings:?}");
                    // Nothing in WebP tells whether its bytes are those that were written.
                    let is_checked = path.extension().is_some_and(|ending| ending == "png");
                    ensure!(!is_checked || !warnings.is_empty(), "{path:?}: nobody noticed");
                    let green = pixels.iter().filter(|pixel| is_green(**pixel)).count();
                    ensure!(warnings.is_empty() || green < pixels.len() / 50, "{path:?}: {green} green pixels");
                }
                Err(RenderError::Medium { reason, .. }) => ensure!(reason.contains("damaged"), "{path:?}: {reason}"),
                Err(other) => anyhow::bail!("{path:?}: {other}"),
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn damage_is_told_though_everything_is_remembered() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let plain = directory.path().join("plain.png");
    texture().save(&plain)?;
    let cut = altered(&plain, |bytes| bytes.truncate(bytes.len() * 9 / 10))?;
    let (first, rest) = story(&cut);
    let logo = PlacedPicture {
        path: cut.clone(),
        position: OverlayPosition { horizontal: Alignment::End, vertical: Alignment::Start },
        width: Portion::new(0.2).unwrap(),
        margin: Portion::new(0.05).unwrap(),
        opacity: Portion::new(1.0).unwrap(),
    };
    let plain_scene = SpokenScene::plain(Backdrop::Color(Color::rgb(0, 0, 0)));
    let under_logo = SpokenScene { overlays: vec![logo], ..plain_scene };
    let as_overlay = Timeline::lay(output(), SpokenVideo::plain(vec![under_logo]));
    for (timeline, soundtrack) in [(first, rest), as_overlay] {
        let memo = Arc::new(MapMemo::default());
        let engine = Engine::new(program()).with_memo(Arc::clone(&memo) as _);
        let soundtrack = Arc::new(soundtrack);
        for round in ["nothing", "the whole video", "its segments"] {
            if round == "its segments" {
                memo.0.lock().unwrap().retain(|key, _| key.kind != rushes_core::ports::MemoKind::Video);
            }
            let folder = tempfile::tempdir()?;
            let timelines = std::slice::from_ref(&timeline);
            let job = RenderJob { timelines, soundtrack: Arc::clone(&soundtrack), directory: folder.path() };
            let rendered = engine.render(job, &SilentProgress).await?;
            let [RenderWarning { path: Some(named), .. }] = &rendered.warnings[..] else {
                anyhow::bail!("with {round} remembered: {:?}", rendered.warnings);
            };
            ensure!(*named == cut && (round == "nothing" || rendered.files[0].segments.reused == 1), "{round}");
        }
    }
    Ok(())
}
