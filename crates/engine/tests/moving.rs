//! What moves: cameras, clips and transitions, in finished files.

#![allow(clippy::unwrap_used, reason = "what goes wrong here may end the test")]

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use common::{ffmpeg, made, program};
use rushes_core::ports::RenderedFiles;
use rushes_core::spec::{
    Alignment, Camera, CameraPath, Direction, Easing, Fit, Output, OverlayPosition, Transition, TransitionKind, Trim,
};
use rushes_core::timeline::{Backdrop, Clip, PlacedPicture, SpokenScene, SpokenVideo, Still, Timeline};
use rushes_core::units::{Color, FrameRate, Portion};
use rushes_engine::{Engine, PictureFormat};

fn output() -> Output {
    Output { width: 320, height: 180, frame_rate: FrameRate::new(30).unwrap() }
}

fn scene(background: Backdrop, seconds: u64, kind: TransitionKind) -> SpokenScene {
    SpokenScene {
        minimum_duration: Duration::from_secs(seconds),
        transition: Transition { kind, duration: Duration::from_millis(400) },
        ..SpokenScene::plain(background)
    }
}

fn moved(path: PathBuf, camera: CameraPath) -> Backdrop {
    Backdrop::Still(Still { path, fit: Fit::Cover, camera: Some(Camera { path: camera, easing: Easing::Linear }) })
}

fn clip(path: PathBuf) -> Backdrop {
    Backdrop::Clip(Clip { path, fit: Fit::Cover, trim: Trim::default(), is_looped: true })
}

async fn render(engine: &Engine, video: SpokenVideo, directory: &Path) -> Result<RenderedFiles> {
    Ok(common::render(engine, &Timeline::lay(output(), video), directory).await?)
}

/// Presentation times of frames, and decoding and presentation times of packets.
type Times = (Vec<u64>, Vec<(i64, i64)>);

/// Times of every decoded frame, counted in frames, and of every packet in the file's ticks.
fn times(video: &Path) -> Result<Times> {
    let path = video.to_str().context("path")?;
    let fields = |text: Vec<u8>| -> Result<Vec<Vec<String>>> {
        let text = String::from_utf8(text)?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Ok(lines.map(|line| line.split(',').map(|field| field.trim().to_owned()).collect()).collect())
    };
    let decoded =
        ffmpeg(&["-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-copyts", "-f", "framemd5", "-"], &[])?;
    let packets = ffmpeg(&["-i", path, "-map", "0:v", "-c", "copy", "-copyts", "-f", "framecrc", "-"], &[])?;
    let frames = fields(decoded)?.iter().map(|fields| Ok(fields[2].parse()?)).collect::<Result<_>>()?;
    let packets =
        fields(packets)?.iter().map(|fields| Ok((fields[1].parse()?, fields[2].parse()?))).collect::<Result<_>>()?;
    Ok((frames, packets))
}

fn rgb(video: &Path, frame: u64) -> Result<Vec<u8>> {
    let select = format!("select=eq(n\\,{frame})");
    let arguments = ["-i", video.to_str().context("path")?, "-vf", &select, "-frames:v", "1"];
    ffmpeg(&[&arguments[..], &["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]].concat(), &[])
}

fn mean(pixels: &[u8]) -> [f64; 3] {
    let count = pixels.len() as f64 / 3.0;
    std::array::from_fn(|channel| {
        pixels.iter().skip(channel).step_by(3).map(|value| f64::from(*value)).sum::<f64>() / count
    })
}

/// Still, moving and clip scenes, with every transition between them.
fn story(directory: &Path) -> Result<SpokenVideo> {
    let still = made(directory, "still.png", "testsrc2=s=800x600", &["-frames:v", "1", "-update", "1"])?;
    let film = made(directory, "film.mp4", "testsrc2=s=320x240:r=25:d=1.5", &["-c:v", "libx264"])?;
    let dark = Backdrop::Color(Color::rgb(16, 24, 43));
    let zoom = CameraPath::ZoomIn { amount: 0.2 };
    let pan = CameraPath::Pan { direction: Direction::Right, amount: 0.1 };
    Ok(SpokenVideo::plain(vec![
        scene(moved(still.clone(), zoom), 2, TransitionKind::Cut),
        scene(clip(film.clone()), 2, TransitionKind::Crossfade),
        scene(dark.clone(), 2, TransitionKind::Fade(Color::rgb(255, 255, 255))),
        scene(moved(still.clone(), pan), 2, TransitionKind::Slide(Direction::Left)),
        scene(clip(film), 1, TransitionKind::Wipe(Direction::Up)),
        scene(dark, 1, TransitionKind::Crossfade),
    ]))
}

#[tokio::test]
async fn frames_out_of_order_in_the_file_are_shown_each_at_its_exact_time() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let files = render(&Engine::new(program()), story(directory.path())?, directory.path()).await?;
    let (frames, packets) = times(&files.video)?;
    ensure!(frames.len() == 300 && frames.iter().zip(0..).all(|(pts, n)| *pts == n), "a frame has another time");
    ensure!(packets.iter().any(|(dts, pts)| dts + 512 < *pts), "nothing is out of order");
    ensure!(packets.iter().all(|(dts, pts)| dts <= pts), "a frame is shown before it is decoded");
    let mut shown: Vec<i64> = packets.iter().map(|(_, pts)| *pts).collect();
    shown.sort_unstable();
    ensure!(shown.iter().zip(0..).all(|(pts, n)| *pts == n * 512), "{shown:?}");
    Ok(())
}

#[tokio::test]
async fn moving_pictures_are_the_same_bytes_for_any_number_of_workers() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut hashes = Vec::new();
    for workers in [1, 3] {
        let engine = Engine::new(program()).with_workers(workers);
        hashes.push(render(&engine, story(directory.path())?, directory.path()).await?.sha256);
    }
    ensure!(hashes[0] == hashes[1], "{hashes:?}");
    Ok(())
}

#[tokio::test]
async fn a_crossfade_is_half_of_each_in_its_middle_and_a_fade_shows_its_colour() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (red, blue) = (Backdrop::Color(Color::rgb(200, 0, 0)), Backdrop::Color(Color::rgb(0, 0, 200)));
    let video = SpokenVideo::plain(vec![
        scene(red.clone(), 1, TransitionKind::Cut),
        scene(blue, 1, TransitionKind::Crossfade),
        scene(red, 1, TransitionKind::Fade(Color::rgb(0, 200, 0))),
    ]);
    let files = render(&Engine::new(program()), video, directory.path()).await?;
    // Twelve frames: the sixth has done 6 of 13 steps.
    let [red, _, blue] = mean(&rgb(&files.video, 35)?);
    ensure!((red - 200.0 * 7.0 / 13.0).abs() < 12.0 && (blue - 200.0 * 6.0 / 13.0).abs() < 12.0, "{red} {blue}");
    let [red, green, blue] = mean(&rgb(&files.video, 65)?);
    ensure!(green > 160.0 && red < 40.0 && blue < 40.0, "{red} {green} {blue}");
    let [red, green, _] = mean(&rgb(&files.video, 80)?);
    ensure!(red > 190.0 && green < 10.0, "{red} {green}");
    Ok(())
}

#[tokio::test]
async fn a_picture_over_the_background_keeps_its_corner_and_its_transparency() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let logo = made(
        directory.path(),
        "logo.png",
        "color=c=white@0.5:s=40x20,format=rgba",
        &["-frames:v", "1", "-update", "1"],
    )?;
    let portion = |share| Portion::new(share).unwrap();
    let overlay = PlacedPicture {
        path: logo,
        position: OverlayPosition { horizontal: Alignment::End, vertical: Alignment::Start },
        width: portion(0.25),
        margin: portion(0.1),
        opacity: portion(1.0),
    };
    let plain = SpokenVideo::plain(vec![scene(Backdrop::Color(Color::rgb(0, 0, 0)), 1, TransitionKind::Cut)]);
    let video = SpokenVideo { overlays: vec![overlay], ..plain };
    let files = render(&Engine::new(program()), video, directory.path()).await?;
    let pixels = rgb(&files.video, 10)?;
    let at = |x: usize, y: usize| pixels[(y * 320 + x) * 3];
    // 80 × 40 pixels, 18 from the edges.
    ensure!((118..=138).contains(&at(260, 38)), "{}", at(260, 38));
    ensure!(at(215, 38) < 12 && at(310, 38) < 12 && at(260, 10) < 12 && at(260, 64) < 12, "it is elsewhere");
    Ok(())
}

#[tokio::test]
async fn a_preview_is_the_frame_of_the_video() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let engine = Engine::new(program());
    let (timeline, _) = Timeline::lay(output(), story(directory.path())?);
    let files = render(&engine, story(directory.path())?, directory.path()).await?;
    for frame in [20, 66, 130, 185] {
        let png = directory.path().join("preview.png");
        std::fs::write(&png, engine.preview(&timeline, frame, PictureFormat::Png).await?.file)?;
        let (drawn, shown) = (rgb(&png, 0)?, rgb(&files.video, frame)?);
        let difference: u64 = drawn.iter().zip(&shown).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        ensure!(difference / (drawn.len() as u64) < 6, "frame {frame}: {}", difference / drawn.len() as u64);
    }
    Ok(())
}
