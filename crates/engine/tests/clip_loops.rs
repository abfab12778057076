//! Looped clips: what is heard stays with what is seen.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use common::clips::{X264, output};
use common::sounds::{RATE_HZ, heard};
use common::{ffmpeg, program, render};
use rushes_core::spec::{Fit, Trim};
use rushes_core::timeline::{Backdrop, Clip, SpokenScene, SpokenVideo, Timeline};
use rushes_engine::Engine;

const SECONDS: u64 = 24;
const FPS: u32 = 30;

/// Pictures whose first three are white from `flash_s` on, with a beep at that moment and a hum all the time.
fn flashing(directory: &Path, pictures: &str, flash_s: f64, sound_s: f64, coder: &str) -> Result<PathBuf> {
    let path = directory.join(format!("flash-{sound_s}.mov"));
    let target = path.to_str().context("path")?;
    let white = format!("drawbox=t=fill:c=white:enable='between(t,{flash_s}-0.001,{flash_s}+0.09)'");
    let pictures = format!("color=black:s=64x36:{pictures},{white}");
    let beep = format!("if(between(t,{flash_s},{flash_s}+0.05),0.8,0.01)*cos(1000*2*PI*(t-{flash_s}))");
    let sound = format!("aevalsrc='{beep}':s=44100:d={sound_s}");
    let inputs = ["-loglevel", "error", "-f", "lavfi", "-i", &pictures, "-f", "lavfi", "-i", &sound];
    ffmpeg(&[&inputs[..], X264, &["-c:a", coder, "-y", target]].concat(), &[])?;
    Ok(path)
}

/// The moments at which something begins to be loud, in seconds.
fn beeps(sound: &[[f32; 2]]) -> Vec<f64> {
    let mut quiet_for = RATE_HZ;
    let mut found = Vec::new();
    for (at, [left, _]) in sound.iter().enumerate() {
        if left.abs() < 0.15 {
            quiet_for += 1;
            continue;
        }
        if quiet_for > RATE_HZ / 10 {
            found.push(at as f64 / RATE_HZ as f64);
        }
        quiet_for = 0;
    }
    found
}

/// The moments of pictures that turn white, in seconds.
fn flashes(video: &Path) -> Result<Vec<f64>> {
    let path = video.to_str().context("path")?;
    let gray = ffmpeg(&["-i", path, "-map", "0:v", "-f", "rawvideo", "-pix_fmt", "gray", "-"], &[])?;
    let white: Vec<bool> = gray.chunks_exact(64 * 36).map(|frame| frame[0] > 128).collect();
    let begins = |frame: &usize| white[*frame] && (*frame == 0 || !white[*frame - 1]);
    Ok((0..white.len()).filter(begins).map(|frame| frame as f64 / f64::from(FPS)).collect())
}

#[tokio::test]
async fn every_flash_of_a_looped_clip_has_its_beep() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let part =
        |start_ms, end_ms| Trim { start: Duration::from_millis(start_ms), end: Some(Duration::from_millis(end_ms)) };
    let plain = "r=30:d=2";
    // Fifty pictures at 29.97 a second: no lap is a whole number of samples.
    let ntsc = "r=30000/1001,trim=end_frame=50";
    for (pictures, period_s, sound_s, flash_s, trim, coder) in [
        (plain, 2.0, 2.0, 0.0, Trim::default(), "aac"),
        (plain, 2.0, 2.3, 0.0, Trim::default(), "pcm_s16le"),
        (plain, 2.0, 1.5, 0.0, Trim::default(), "pcm_s16le"),
        (plain, 1.1, 2.01, 1.0, part(500, 1_600), "pcm_s16le"),
        (plain, 1.1, 1.301, 1.0, part(500, 1_600), "aac"),
        (ntsc, 50.05 / 30.0, 1.7, 0.0, Trim::default(), "pcm_s16le"),
    ] {
        let clip = Clip {
            path: flashing(directory.path(), pictures, flash_s, sound_s, coder)?,
            fit: Fit::Fill,
            trim,
            is_looped: true,
        };
        let scene = SpokenScene {
            clip_volume: 1.0,
            minimum_duration: Duration::from_secs(SECONDS),
            ..SpokenScene::plain(Backdrop::Clip(clip))
        };
        let story = Timeline::lay(output(64, 36, FPS), SpokenVideo::plain(vec![scene]));
        let video = render(&Engine::new(program()), &story, directory.path()).await?.video;
        let (seen, heard) = (flashes(&video)?, beeps(&heard(&video)?));
        let first_s = flash_s - trim.start.as_secs_f64();
        let laps = ((SECONDS as f64 - first_s) / period_s).ceil() as usize;
        ensure!(heard.len() == laps && seen.len() == laps, "{sound_s} s: {laps} laps, {heard:?}, {seen:?}");
        for (lap, (seen, heard)) in seen.iter().zip(&heard).enumerate() {
            let wanted = first_s + lap as f64 * period_s;
            ensure!((heard - wanted).abs() < 0.002, "{sound_s} s: lap {lap} is heard at {heard} s, not at {wanted} s");
            ensure!(
                (seen - heard).abs() <= 1.0 / f64::from(FPS) + 0.002,
                "{sound_s} s: seen at {seen} s, heard at {heard} s"
            );
        }
    }
    Ok(())
}
