//! A voice alone: coded phrase by phrase, heard as one.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use common::{MapMemo, ffmpeg, program};
use rushes_core::ports::{MemoKind, RenderedFiles};
use rushes_core::spec::Output;
use rushes_core::timeline::{Backdrop, SoundPiece, Soundtrack, SpokenScene, SpokenVideo, Timeline};
use rushes_core::units::{Color, FrameRate};
use rushes_engine::Engine;

const VOICE_HZ: u32 = 22_050;
const TONE_HZ: f64 = 1_000.0;
/// Of a block of the coder, in which a phrase may be heard early or late.
const HALF_BLOCK_S: f64 = 512.0 / 48_000.0;

/// A tone that swells and dies away, and a pause after it as voices leave one.
fn tone(start_s: f64, sounding_s: f64, pause_s: f64) -> SoundPiece {
    let rate = f64::from(VOICE_HZ);
    let sounding = (sounding_s * rate) as usize;
    let sample = |n: usize| {
        let swell = (std::f64::consts::PI * n as f64 / sounding as f64).sin().powi(2);
        (8_100.0 * swell * (std::f64::consts::TAU * TONE_HZ * n as f64 / rate).sin()) as i16
    };
    let samples: Vec<i16> =
        (0..sounding).map(sample).chain(std::iter::repeat_n(0, (pause_s * rate) as usize)).collect();
    SoundPiece { start: Duration::from_secs_f64(start_s), sample_rate_hz: VOICE_HZ, samples: samples.into() }
}

fn story(pieces: Vec<SoundPiece>) -> (Timeline, Soundtrack) {
    let output = Output { width: 64, height: 36, frame_rate: FrameRate::new(30).unwrap() };
    let scene = SpokenScene {
        minimum_duration: Duration::from_secs(12),
        ..SpokenScene::plain(Backdrop::Color(Color::rgb(0, 0, 0)))
    };
    let (timeline, soundtrack) = Timeline::lay(output, SpokenVideo::plain(vec![scene]));
    (timeline, Soundtrack { pieces, ..soundtrack })
}

async fn render(engine: &Engine, pieces: &[SoundPiece], directory: &Path) -> Result<RenderedFiles> {
    Ok(common::render(engine, &story(pieces.to_vec()), directory).await?)
}

#[tokio::test]
async fn an_edit_codes_the_phrase_that_is_new_and_gives_the_same_bytes() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let memo = Arc::new(MapMemo::default());
    let engine = Engine::new(program()).with_memo(memo.clone());
    let sounds = || memo.0.lock().unwrap().keys().filter(|key| key.kind == MemoKind::Sound).count();
    // The first decides how loud the whole is, so that the edit leaves the gain as it was.
    let before = [tone(0.2, 6.0, 0.3), tone(7.0, 0.8, 0.3), tone(8.5, 0.7, 0.3)];
    render(&engine, &before, directory.path()).await?;
    // The phrases; the whole in one part and how many these are.
    ensure!(sounds() == 5, "{} sounds", sounds());
    let edited = [before[0].clone(), tone(7.0, 0.85, 0.3), tone(8.6123, 0.7, 0.3)];
    let files = render(&engine, &edited, directory.path()).await?;
    ensure!(sounds() == 8, "{} sounds after the edit", sounds());
    let fresh = render(&Engine::new(program()).with_workers(1), &edited, directory.path()).await?;
    ensure!(files.sha256 == fresh.sha256, "what was remembered gave other bytes");
    Ok(())
}

#[tokio::test]
async fn phrases_are_heard_at_their_times_without_a_click() -> Result<()> {
    let directory = tempfile::tempdir()?;
    // The second and the third follow without a gap, as sentences of a scene do.
    let pieces = [tone(0.7771, 1.0, 0.2), tone(3.0, 1.0, 0.2), tone(4.2, 1.0, 0.2), tone(7.9, 2.0, 0.0)];
    let files = render(&Engine::new(program()), &pieces, directory.path()).await?;
    let path = files.video.to_str().context("path")?;
    let pcm = ffmpeg(&["-i", path, "-map", "0:a", "-f", "f32le", "-ac", "1", "-ar", "48000", "-"], &[])?;
    let sound: Vec<f64> = pcm.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect();
    let highest = sound.iter().fold(0f64, |highest, sample| highest.max(sample.abs()));
    for piece in &pieces {
        let seconds = if piece.start.as_secs() == 7 { 2.0 } else { 1.0 };
        let from = ((piece.start.as_secs_f64() - 0.05) * 48_000.0) as usize;
        let window = &sound[from..from + ((seconds + 0.1) * 48_000.0) as usize];
        // The middle of its energy is the middle of the tone.
        let energy: f64 = window.iter().map(|sample| sample * sample).sum();
        let moment: f64 = window.iter().zip(0u32..).map(|(sample, n)| sample * sample * f64::from(n)).sum();
        let middle = moment / energy / 48_000.0 - 0.05 - seconds / 2.0;
        ensure!(middle.abs() <= HALF_BLOCK_S + 0.001, "a phrase is {middle} s late");
    }
    for (from, until) in [(0.0, 0.7), (1.9, 2.9), (5.3, 7.8), (10.0, 11.9)] {
        let pause = &sound[(from * 48_000.0) as usize..(until * 48_000.0) as usize];
        ensure!(pause.iter().all(|sample| sample.abs() < 1e-4), "no silence from {from} to {until} s");
    }
    // A tone's second difference is known; a click's is far above it.
    let bend = (std::f64::consts::TAU * TONE_HZ / 48_000.0).powi(2) * highest;
    let sharpest = sound.windows(3).map(|near| (near[0] - 2.0 * near[1] + near[2]).abs()).fold(0f64, f64::max);
    ensure!(sharpest < bend * 1.5, "a click: {sharpest} where {bend} is smooth");
    Ok(())
}
