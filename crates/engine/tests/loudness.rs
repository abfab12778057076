//! How loud music, effects and the sound of clips are, with a voice and without.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use common::sounds::{RATE_HZ, effect, hear, level_db, murmur, music, seconds, silent};
use common::{ffmpeg, made};
use ebur128::{EbuR128, Mode};
use rushes_core::narration::Samples;
use rushes_core::timeline::{MusicTrack, SoundFile, Soundtrack, Timeline};

type Story = (Timeline, Soundtrack);

/// What sounds, the file, and the video in which it does at a volume.
type Kind<'a> = (&'a str, &'a PathBuf, &'a dyn Fn(PathBuf, f64) -> Story);

fn loudness(sound: &[[f32; 2]]) -> Result<f64> {
    let mut meter = EbuR128::new(2, RATE_HZ as u32, Mode::I)?;
    meter.add_frames_f32(sound.as_flattened())?;
    Ok(meter.loudness_global()?)
}

/// The murmur of the voice in a file, far quieter.
fn murmur_file(directory: &Path, seconds: f64) -> Result<PathBuf> {
    let piece = murmur(0.0, seconds);
    let Samples::Held(samples) = &piece.samples else { anyhow::bail!("the murmur lies elsewhere") };
    let pcm: Vec<u8> = samples.iter().flat_map(|sample| (sample / 20).to_le_bytes()).collect();
    let path = directory.join("murmur.wav");
    let target = path.to_str().context("path")?;
    ffmpeg(&["-f", "s16le", "-ar", "22050", "-ch_layout", "mono", "-i", "-", "-y", target], &pcm)?;
    Ok(path)
}

#[tokio::test]
async fn a_volume_of_a_twentieth_is_26_db_less_where_nobody_speaks() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let tone = made(directory.path(), "tone.wav", "aevalsrc='0.05*sin(500*2*PI*t)':s=24000:d=1.7", &[])?;
    // So peaky that it is limited at full volume.
    let plucks =
        made(directory.path(), "plucks.wav", "aevalsrc='0.1*sin(500*2*PI*t)*exp(-20*mod(t,0.5))':s=48000:d=6", &[])?;
    // Too short for a measure of its own.
    let ping = made(directory.path(), "ping.wav", "aevalsrc='0.3*sin(2000*2*PI*t)':s=48000:d=0.2", &[])?;
    let with_music = |path: PathBuf, volume| -> Story {
        let mut story = silent(6);
        story.1.music = Some(MusicTrack { volume, ..music(path) });
        story
    };
    let with_effects = |path: PathBuf, volume| -> Story {
        let mut story = silent(6);
        let at = |ms| SoundFile { volume, ..effect(path.clone(), Duration::from_millis(ms)) };
        story.1.effects = vec![at(0), at(3_000)];
        story
    };
    let kinds: [Kind<'_>; 5] = [
        ("music", &tone, &with_music),
        ("peaky music", &plucks, &with_music),
        ("short music", &ping, &with_music),
        ("effects", &tone, &with_effects),
        ("short effects", &ping, &with_effects),
    ];
    for (name, path, story) in kinds {
        let full = loudness(&hear(&story(path.clone(), 1.0)).await?)?;
        let twentieth = loudness(&hear(&story(path.clone(), 0.05)).await?)?;
        ensure!((full + 14.0).abs() < 0.5, "{name}: {full} LUFS at full volume");
        ensure!((full - twentieth - 26.0).abs() < 0.5, "{name}: {full} and {twentieth} LUFS");
    }
    Ok(())
}

#[tokio::test]
async fn volumes_of_effects_stay_apart_beside_each_other() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let tone = made(directory.path(), "tone.wav", "aevalsrc='0.05*sin(500*2*PI*t)':s=24000:d=2", &[])?;
    let mut story = silent(8);
    let at = |ms, volume| SoundFile { volume, ..effect(tone.clone(), Duration::from_millis(ms)) };
    story.1.effects = vec![at(0, 0.1), at(4_000, 1.0)];
    let sound = hear(&story).await?;
    let difference = level_db(seconds(&sound, 4.2, 5.8)) - level_db(seconds(&sound, 0.2, 1.8));
    ensure!((difference - 20.0).abs() < 0.5, "{difference} dB");
    Ok(())
}

#[tokio::test]
async fn music_lies_below_the_voice_by_its_volume_however_little_is_said() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = murmur_file(directory.path(), 3.0)?;
    for length in [12, 38, 98] {
        let mut story = silent(length);
        story.1.pieces = vec![murmur(1.0, 8.0)];
        // Under the voice it would be heard with it.
        story.1.music = Some(MusicTrack { volume: 0.3, ducking_db: 40.0, ..music(path.clone()) });
        let sound = hear(&story).await?;
        let voice = loudness(seconds(&sound, 1.3, 8.7))?;
        let alone = loudness(seconds(&sound, 10.0, length as f64 - 0.2))?;
        ensure!((voice + 14.0).abs() < 0.7, "{length} s: the voice has {voice} LUFS");
        ensure!((voice - alone - 10.46).abs() < 0.7, "{length} s: voice {voice} LUFS, music {alone} LUFS");
    }
    Ok(())
}

#[tokio::test]
async fn an_effect_stays_as_it_is_beside_a_voice_and_a_silent_voice_is_none() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let tone = made(directory.path(), "tone.wav", "aevalsrc='0.1*sin(500*2*PI*t)':s=48000:d=2", &[])?;
    let mut story = silent(20);
    story.1.pieces = vec![murmur(1.0, 2.0)];
    story.1.effects = vec![effect(tone, Duration::from_secs(15))];
    let sound = hear(&story).await?;
    let level = level_db(seconds(&sound, 15.2, 16.8));
    ensure!((level - 20.0 * (0.1f64 / 2f64.sqrt()).log10()).abs() < 0.3, "the effect is at {level} dB");
    let nothing = Samples::from(vec![0i16; 22_050]);
    story.1.pieces[0].samples = nothing;
    let loudness = loudness(&hear(&story).await?)?;
    ensure!((loudness + 14.0).abs() < 0.5, "{loudness} LUFS beside a silent voice");
    Ok(())
}
