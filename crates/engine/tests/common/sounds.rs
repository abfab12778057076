//! Videos of which only the sound counts, and what is heard in them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rushes_core::spec::{Output, Trim};
use rushes_core::timeline::{
    Backdrop, MusicTrack, SoundFile, SoundPiece, Soundtrack, SpokenScene, SpokenVideo, Timeline,
};
use rushes_core::units::{Color, FrameRate};
use rushes_engine::Engine;

use super::{ffmpeg, program, render};

pub const VOICE_HZ: u32 = 22_050;
pub const RATE_HZ: usize = 48_000;
pub const FPS: u32 = 30;

/// A small video in one colour that lasts so long, still without sound.
pub fn silent(seconds: u64) -> (Timeline, Soundtrack) {
    silent_scenes(&[seconds])
}

/// One scene a length, alternately black and white.
pub fn silent_scenes(seconds: &[u64]) -> (Timeline, Soundtrack) {
    let output = Output { width: 64, height: 36, frame_rate: FrameRate::new(FPS).unwrap() };
    let colors = [Color::rgb(0, 0, 0), Color::rgb(255, 255, 255)];
    let scenes = seconds.iter().zip(colors.into_iter().cycle()).map(|(seconds, color)| SpokenScene {
        minimum_duration: Duration::from_secs(*seconds),
        ..SpokenScene::plain(Backdrop::Color(color))
    });
    Timeline::lay(output, SpokenVideo::plain(scenes.collect()))
}

/// Noise like a murmur, the same every time: a voice that fills its time.
pub fn murmur(start_s: f64, seconds: f64) -> SoundPiece {
    let mut state = 1u32;
    let mut smooth = 0f32;
    let samples: Vec<i16> = (0..(seconds * f64::from(VOICE_HZ)) as usize)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            smooth += ((state >> 16) as f32 / 65_536.0 - 0.5 - smooth) * 0.1;
            (smooth * 30_000.0) as i16
        })
        .collect();
    SoundPiece { start: Duration::from_secs_f64(start_s), sample_rate_hz: VOICE_HZ, samples: samples.into() }
}

pub fn click(start: Duration) -> SoundPiece {
    let samples: Vec<i16> = vec![20_000; 40];
    SoundPiece { start, sample_rate_hz: VOICE_HZ, samples: samples.into() }
}

pub fn music(path: PathBuf) -> MusicTrack {
    MusicTrack {
        path,
        trim: Trim::default(),
        is_looped: true,
        volume: 1.0,
        fade_in: Duration::ZERO,
        fade_out: Duration::ZERO,
        ducking_db: 12.0,
    }
}

pub fn effect(path: PathBuf, start: Duration) -> SoundFile {
    SoundFile { path, start, end: Duration::MAX, trim: Trim::default(), is_looped: false, volume: 1.0 }
}

/// What a player plays.
pub fn heard(video: &Path) -> Result<Vec<[f32; 2]>> {
    let path = video.to_str().context("path")?;
    let pcm = ffmpeg(&["-i", path, "-map", "0:a", "-f", "f32le", "-ac", "2", "-ar", "48000", "-"], &[])?;
    let frames = pcm.as_chunks::<4>().0.as_chunks::<2>().0;
    Ok(frames.iter().map(|frame| frame.map(f32::from_le_bytes)).collect())
}

pub async fn hear(story: &(Timeline, Soundtrack)) -> Result<Vec<[f32; 2]>> {
    let directory = tempfile::tempdir()?;
    heard(&render(&Engine::new(program()), story, directory.path()).await?.video)
}

pub fn seconds(sound: &[[f32; 2]], from: f64, to: f64) -> &[[f32; 2]] {
    &sound[(from * RATE_HZ as f64) as usize..(to * RATE_HZ as f64) as usize]
}

pub fn level_db(sound: &[[f32; 2]]) -> f64 {
    let energy: f64 = sound.as_flattened().iter().map(|sample| f64::from(*sample).powi(2)).sum();
    10.0 * (energy / sound.len() as f64 / 2.0 + 1e-12).log10()
}

/// The level of one frequency on the left (Goertzel).
pub fn tone_db(sound: &[[f32; 2]], frequency_hz: f64) -> f64 {
    let step = std::f64::consts::TAU * frequency_hz / RATE_HZ as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (n, [left, _]) in sound.iter().enumerate() {
        re += f64::from(*left) * (step * n as f64).cos();
        im += f64::from(*left) * (step * n as f64).sin();
    }
    20.0 * (re.hypot(im) * 2.0 / sound.len() as f64 + 1e-9).log10()
}

pub fn loudest(sound: &[[f32; 2]]) -> usize {
    sound.iter().enumerate().max_by(|a, b| a.1[0].abs().total_cmp(&b.1[0].abs())).map_or(0, |(at, _)| at)
}
