//! Whole videos: what is in the file, and what happens when something breaks.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use common::{MapMemo, ffmpeg, program, render};
use rushes_core::narration::{Speech, words_from_marks};
use rushes_core::ports::{MemoKey, MemoKind, RenderError};
use rushes_core::spec::{CaptionMode, CaptionStyle, Fit, Gradient, Output};
use rushes_core::timeline::{Backdrop, Soundtrack, SpokenScene, SpokenVideo, Still, Timeline};
use rushes_core::units::{Color, FrameRate};
use rushes_engine::Engine;

const RATE_HZ: u32 = 22_050;

fn captions(mode: CaptionMode) -> CaptionStyle {
    CaptionStyle { mode, ..CaptionStyle::default() }
}

/// A video in that style, laid.
fn laid(mode: CaptionMode, title: Option<&str>, scenes: Vec<SpokenScene>) -> (Timeline, Soundtrack) {
    let scenes = scenes.into_iter().map(|scene| SpokenScene { captions: captions(mode), ..scene }).collect();
    Timeline::lay(output(), SpokenVideo { title: title.map(str::to_owned), ..SpokenVideo::plain(scenes) })
}

/// A sentence of one word a third of a second, hummed.
fn hummed(sentence: &str) -> Speech {
    let count = sentence.split(' ').count();
    let samples = count * RATE_HZ as usize / 3;
    let tone = |n: usize| ((n as f32 * 0.05).sin() * 9_000.0 * (n as f32 * 0.0007).sin().abs()) as i16;
    let samples: Vec<i16> = (0..samples).map(tone).collect();
    let mut speech = Speech { samples: samples.into(), sample_rate_hz: RATE_HZ, words: Vec::new() };
    let offsets = sentence.split(' ').map(|word| word.as_ptr() as usize - sentence.as_ptr() as usize);
    let marks: Vec<_> = offsets.zip(0u32..).map(|(offset, n)| (offset, Duration::from_secs(1) * n / 3)).collect();
    speech.words = words_from_marks(sentence, &marks, speech.duration());
    speech
}

fn scene(background: Backdrop, sentences: &[&str], minimum_ms: u64) -> SpokenScene {
    SpokenScene {
        minimum_duration: Duration::from_millis(minimum_ms),
        sentences: sentences.iter().map(|sentence| hummed(sentence).into()).collect(),
        ..SpokenScene::plain(background)
    }
}

fn output() -> Output {
    Output { width: 640, height: 360, frame_rate: FrameRate::new(30).unwrap() }
}

fn gradient() -> Backdrop {
    Backdrop::Gradient(Gradient { from: Color::rgb(10, 20, 60), to: Color::rgb(60, 120, 160), angle_deg: 140.0 })
}

/// Three scenes, one of them silent, one longer than a segment may be.
fn story(mode: CaptionMode) -> (Timeline, Soundtrack) {
    let dark = Backdrop::Color(Color::rgb(16, 24, 43));
    let scenes = vec![
        scene(gradient(), &["The quick brown fox jumps over the lazy dog today.", "It sleeps now."], 0),
        scene(dark.clone(), &[], 1_500),
        scene(dark, &["One two three four five six seven eight nine ten and so on for ever and ever, amen."], 13_000),
    ];
    laid(mode, Some("A story"), scenes)
}

/// `(pts, hash)` of every decoded frame, and whether each is shown when it is decoded.
fn frames(video: &Path) -> Result<Vec<(u64, String)>> {
    let path = video.to_str().context("path")?;
    let text = ffmpeg(&["-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-copyts", "-f", "framemd5", "-"], &[])?;
    let text = String::from_utf8(text)?;
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            Ok((fields[2].parse()?, fields[5].to_owned()))
        })
        .collect()
}

/// `(dts, pts)` of every packet of a track, in units of its own clock.
fn packets(video: &Path, track: &str) -> Result<Vec<(i64, i64)>> {
    let path = video.to_str().context("path")?;
    let text = ffmpeg(&["-i", path, "-map", track, "-c", "copy", "-copyts", "-f", "framecrc", "-"], &[])?;
    let text = String::from_utf8(text)?;
    let numbers = |line: &str| -> Result<(i64, i64)> {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        Ok((fields[1].parse()?, fields[2].parse()?))
    };
    text.lines().filter(|line| !line.starts_with('#')).map(numbers).collect()
}

#[tokio::test]
async fn every_frame_stands_at_its_exact_time_and_only_distinct_pictures_were_encoded() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let story = story(CaptionMode::Highlight);
    let files = render(&Engine::new(program()), &story, directory.path()).await?;
    let frames = frames(&files.video)?;
    ensure!(frames.len() as u64 == story.0.frames() && files.frames == story.0.frames());
    // The decoder counts in frames: the n-th has the time n.
    ensure!(frames.iter().zip(0..).all(|((pts, _), n)| *pts == n), "a frame has another time");
    let packets = packets(&files.video, "0:v")?;
    ensure!(packets.iter().zip(0..).all(|((dts, pts), n)| dts == pts && *pts == n * 512), "a packet has another time");
    let changes = 1 + frames.windows(2).filter(|pair| pair[0].1 != pair[1].1).count() as u64;
    ensure!(changes <= files.distinct_frames, "{changes} changes, {} pictures", files.distinct_frames);
    ensure!(files.distinct_frames < 40, "{} of {} frames were encoded", files.distinct_frames, files.frames);
    ensure!(files.segments.total == 4, "{:?}", files.segments);
    Ok(())
}

#[tokio::test]
async fn the_bytes_do_not_depend_on_how_many_workers_there_are() -> Result<()> {
    let story = story(CaptionMode::Highlight);
    let mut hashes = Vec::new();
    for workers in [1, 2, 5] {
        let directory = tempfile::tempdir()?;
        hashes.push(render(&Engine::new(program()).with_workers(workers), &story, directory.path()).await?.sha256);
    }
    ensure!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
    Ok(())
}

#[tokio::test]
async fn an_edit_of_one_scene_renders_that_scene_and_nothing_else() -> Result<()> {
    let twelve = |changed: &str| {
        let texts = (0..12).map(|n| if n == 5 { changed.to_owned() } else { format!("This is scene number {n}.") });
        let scenes = texts.map(|text| scene(gradient(), &[&text], 0)).collect();
        laid(CaptionMode::Highlight, None, scenes)
    };
    let engine = Engine::new(program()).with_memo(Arc::new(MapMemo::default()));
    let mut reused = Vec::new();
    for text in
        ["The first version of it.", "The second and rather longer version of the same.", "The first version of it."]
    {
        let directory = tempfile::tempdir()?;
        let files = render(&engine, &twelve(text), directory.path()).await?;
        ensure!(files.segments.total == 12);
        ensure!(frames(&files.video)?.len() as u64 == files.frames);
        reused.push((files.segments.reused, files.sha256));
    }
    ensure!(reused.iter().map(|(count, _)| *count).eq([0, 11, 12]), "{reused:?}");
    ensure!(reused[0].1 == reused[2].1, "remembered segments gave other bytes");
    Ok(())
}

#[tokio::test]
async fn a_damaged_remembered_segment_is_noticed_and_made_again() -> Result<()> {
    let memo = Arc::new(MapMemo::default());
    let engine = Engine::new(program()).with_memo(memo.clone());
    let story = story(CaptionMode::Highlight);
    let directory = tempfile::tempdir()?;
    let whole = render(&engine, &story, directory.path()).await?;
    memo.0.lock().unwrap().retain(|key, _| key.kind != MemoKind::Video);
    let is_segment = |entry: &(&MemoKey, &mut Bytes)| entry.0.kind == MemoKind::Segment;
    for (_, value) in memo.0.lock().unwrap().iter_mut().filter(is_segment).take(1) {
        let mut damaged = value.to_vec();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x10;
        *value = damaged.into();
    }
    let again = render(&engine, &story, directory.path()).await?;
    ensure!(again.segments.reused == whole.segments.total - 1 && again.sha256 == whole.sha256);
    Ok(())
}

#[tokio::test]
async fn a_remembered_video_needs_neither_segments_nor_sound() -> Result<()> {
    let memo = Arc::new(MapMemo::default());
    let engine = Engine::new(program()).with_memo(memo.clone());
    let story = story(CaptionMode::Highlight);
    let (first, second) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let made = render(&engine, &story, first.path()).await?;
    memo.0.lock().unwrap().retain(|key, _| key.kind == MemoKind::Video);
    let recalled = render(&engine, &story, second.path()).await?;
    ensure!(recalled.segments.reused == recalled.segments.total, "{:?}", recalled.segments);
    ensure!(std::fs::read(&made.video)? == std::fs::read(&recalled.video)?);
    ensure!(std::fs::read(&made.poster)? == std::fs::read(&recalled.poster)?);
    ensure!(
        (made.sha256, made.frames, made.distinct_frames)
            == (recalled.sha256, recalled.frames, recalled.distinct_frames)
    );
    Ok(())
}

#[tokio::test]
async fn a_remembered_video_that_is_damaged_or_not_whole_is_made_again() -> Result<()> {
    let story = story(CaptionMode::Highlight);
    for is_lost in [true, false] {
        let memo = Arc::new(MapMemo::default());
        let engine = Engine::new(program()).with_memo(memo.clone());
        let directory = tempfile::tempdir()?;
        let whole = render(&engine, &story, directory.path()).await?;
        let keys: Vec<MemoKey> =
            memo.0.lock().unwrap().keys().copied().filter(|key| key.kind == MemoKind::Video).collect();
        ensure!(keys.len() == 2, "a head and a part");
        for key in keys {
            let value = memo.0.lock().unwrap().remove(&key).context("value")?;
            if !is_lost {
                let mut damaged = value.to_vec();
                *damaged.last_mut().context("empty")? ^= 1;
                memo.0.lock().unwrap().insert(key, damaged.into());
            }
            let again = render(&engine, &story, directory.path()).await?;
            ensure!(again.sha256 == whole.sha256, "{again:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn sound_has_the_wished_loudness_and_ends_with_the_pictures() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let story = story(CaptionMode::Block);
    let files = render(&Engine::new(program()), &story, directory.path()).await?;
    let path = files.video.to_str().context("path")?;
    let pcm = ffmpeg(&["-i", path, "-map", "0:a", "-f", "f32le", "-ac", "2", "-ar", "48000", "-"], &[])?;
    let samples: Vec<f32> = pcm.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let mut meter = ebur128::EbuR128::new(2, 48_000, ebur128::Mode::I | ebur128::Mode::TRUE_PEAK)?;
    meter.add_frames_f32(&samples)?;
    let loudness = meter.loudness_global()?;
    ensure!((loudness + 14.0).abs() < 0.5, "{loudness} LUFS");
    let peak_db = 20.0 * meter.true_peak(0)?.log10();
    ensure!(peak_db <= -1.0, "{peak_db} dBTP");
    ensure!(samples.chunks_exact(2).all(|pair| pair[0] == pair[1]), "the sides differ");
    let (sound_s, picture_s) = (samples.len() as f64 / 96_000.0, files.frames as f64 / 30.0);
    ensure!((sound_s - picture_s).abs() < 1.0 / 30.0, "{sound_s} s of sound, {picture_s} s of pictures");
    Ok(())
}

#[tokio::test]
async fn sound_begins_with_the_sample_that_the_timeline_has_first() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut story = story(CaptionMode::None);
    // A click a second in, and nothing else.
    let piece = &mut story.1.pieces[0];
    let mut samples = vec![0; RATE_HZ as usize * 2];
    samples[RATE_HZ as usize..RATE_HZ as usize + 40].fill(20_000);
    piece.samples = samples.into();
    story.1.pieces.truncate(1);
    let files = render(&Engine::new(program()), &story, directory.path()).await?;
    let path = files.video.to_str().context("path")?;
    let pcm = ffmpeg(&["-i", path, "-map", "0:a", "-f", "f32le", "-ac", "1", "-ar", "48000", "-"], &[])?;
    let loudest = pcm.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).abs());
    let at = loudest.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).context("no sound")?.0;
    ensure!(at.abs_diff(48_000) < 48_000 / 60, "the click is at sample {at}");
    Ok(())
}

#[tokio::test]
async fn a_video_without_words_has_no_sound_and_plays() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let story = laid(CaptionMode::Highlight, None, vec![scene(gradient(), &[], 40)]);
    let files = render(&Engine::new(program()), &story, directory.path()).await?;
    ensure!(frames(&files.video)?.len() == 1 && files.poster.is_file());
    Ok(())
}

#[tokio::test]
async fn a_still_fills_the_frame() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let still = directory.path().join("still.png");
    let png = ["-f", "lavfi", "-i", "color=c=red:s=300x900", "-frames:v", "1", "-c:v", "png", "-f", "image2pipe", "-"];
    std::fs::write(&still, ffmpeg(&png, &[])?)?;
    let story = laid(
        CaptionMode::None,
        None,
        vec![scene(Backdrop::Still(Still { path: still, fit: Fit::Cover, camera: None }), &[], 500)],
    );
    let files = render(&Engine::new(program()), &story, directory.path()).await?;
    let video = files.video.to_str().context("path")?;
    let rgb = ffmpeg(&["-i", video, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], &[])?;
    ensure!(rgb.chunks_exact(3).all(|pixel| pixel[0] > 245 && pixel[1] < 12 && pixel[2] < 12), "not all is red");
    Ok(())
}

#[tokio::test]
async fn what_is_no_picture_is_refused_with_a_reason() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let still = directory.path().join("still");
    // A playlist that would have ffmpeg read another file.
    std::fs::write(&still, "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")?;
    let story = laid(
        CaptionMode::None,
        None,
        vec![scene(Backdrop::Still(Still { path: still, fit: Fit::Cover, camera: None }), &[], 500)],
    );
    let failure = render(&Engine::new(program()), &story, directory.path()).await;
    ensure!(matches!(failure, Err(RenderError::Medium { .. })), "{failure:?}");
    Ok(())
}

#[tokio::test]
async fn a_missing_ffmpeg_is_named() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let engine = Engine::new(PathBuf::from("/nonexistent/ffmpeg"));
    let failure = render(&engine, &story(CaptionMode::Highlight), directory.path()).await;
    ensure!(matches!(failure, Err(RenderError::FfmpegMissing { .. })), "{failure:?}");
    Ok(())
}

#[tokio::test]
async fn an_ffmpeg_that_dies_while_encoding_is_reported_with_its_last_words() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let script = directory.path().join("ffmpeg");
    // It stands its trial, and dies at work.
    let trial = format!("case \"$*\" in *64x64*) exec '{}' \"$@\";; esac", program().display());
    let dies = "/usr/bin/head -c 400000 >/dev/null\necho 'out of luck' >&2\nkill -9 $$";
    std::fs::write(&script, format!("#!/bin/sh\n{trial}\n{dies}\n"))?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
    let failure = render(&Engine::new(script), &story(CaptionMode::Highlight), directory.path()).await;
    match failure {
        Err(RenderError::Ffmpeg { status, stderr, .. }) => {
            ensure!(status.contains("signal: 9") && stderr == "out of luck", "{status}: {stderr}");
        }
        other => anyhow::bail!("{other:?}"),
    }
    Ok(())
}
