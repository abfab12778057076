//! What is heard in finished videos: voice, music, effects and the sound of clips.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use common::sounds::{
    FPS, RATE_HZ, click, effect, hear, heard, level_db, loudest, murmur, music, seconds, silent, silent_scenes, tone_db,
};
use common::{MapMemo, ffmpeg, made, program, render};
use ebur128::{EbuR128, Mode};
use rushes_core::ports::{MemoKind, RenderError};
use rushes_core::spec::Trim;
use rushes_core::timeline::{MusicTrack, SoundFile};
use rushes_engine::Engine;

#[tokio::test]
async fn the_voice_has_the_wished_loudness_in_a_mix_whose_peaks_stay_low_after_coding() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let engine = Engine::new(program());
    // Dense music with hard peaks, another on each side; a shrill effect.
    let dense = "aevalsrc='0.9*sin(440*2*PI*t)*sin(3*t)+0.8*(random(0)-0.5)|0.9*sgn(sin(220*2*PI*t))*0.7:s=44100:d=7'";
    let track = made(directory.path(), "music.wav", dense, &[])?;
    let ping = made(directory.path(), "ping.wav", "aevalsrc='0.95*sin(12000*2*PI*t)*exp(-9*t)':s=48000:d=0.7", &[])?;
    for volume in [0.1, 2.0] {
        let mut story = silent(16);
        story.1.pieces = vec![murmur(1.0, 4.0), murmur(8.0, 5.0)];
        story.1.music = Some(MusicTrack { volume, ..music(track.clone()) });
        story.1.effects = [6_000, 6_500, 6_600].map(|at| effect(ping.clone(), Duration::from_millis(at))).into();
        let files = render(&engine, &story, directory.path()).await?;
        let again = render(&engine, &story, directory.path()).await?;
        ensure!(files.sha256 == again.sha256, "the same sounds gave other bytes");
        let sound = heard(&files.video)?;
        let mut meter = EbuR128::new(2, 48_000, Mode::I | Mode::TRUE_PEAK)?;
        meter.add_frames_f32(sound.as_flattened())?;
        let peak_db = 20.0 * meter.true_peak(0)?.max(meter.true_peak(1)?).log10();
        ensure!(peak_db <= -1.0, "volume {volume}: {peak_db} dBTP");
        let mut meter = EbuR128::new(2, 48_000, Mode::I)?;
        meter.add_frames_f32(seconds(&sound, 8.2, 12.8).as_flattened())?;
        let loudness = meter.loudness_global()?;
        ensure!(volume > 1.0 || (loudness + 14.0).abs() < 0.7, "volume {volume}: the voice has {loudness} LUFS");
        ensure!(sound.len().abs_diff(16 * RATE_HZ) < RATE_HZ / 30, "{} samples", sound.len());
        ensure!(sound.iter().any(|[left, right]| (left - right).abs() > 0.05), "both sides are the same");
    }
    Ok(())
}

#[tokio::test]
async fn music_is_as_loud_as_its_volume_says_and_steps_back_while_someone_speaks() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let tone = "aevalsrc='0.05*sin(5000*2*PI*t)|0.05*sin(5000*2*PI*t)':s=48000:d=3";
    let mut story = silent(14);
    // A pause of 0.4 s is none, one of 4 s is.
    story.1.pieces = vec![murmur(3.0, 2.0), murmur(5.4, 1.6), murmur(11.0, 2.0)];
    story.1.music = Some(music(made(directory.path(), "music.wav", tone, &[])?));
    let sound = hear(&story).await?;
    let open = tone_db(seconds(&sound, 1.0, 2.5), 5000.0);
    for (from, to, wanted) in
        [(3.2, 4.8, 12.0), (5.05, 5.35, 12.0), (5.6, 6.8, 12.0), (7.6, 10.7, 0.0), (11.1, 12.9, 12.0)]
    {
        let lower = open - tone_db(seconds(&sound, from, to), 5000.0);
        ensure!((lower - wanted).abs() < 1.0, "{from}–{to} s: {lower} dB lower");
    }
    // The voice lies in the middle.
    let sides = seconds(&sound, 3.2, 4.8).iter().map(|[left, right]| [left - right; 2]).collect::<Vec<_>>();
    ensure!(level_db(&sides) < level_db(seconds(&sound, 3.2, 4.8)) - 30.0, "the voice is not in the middle");

    // The same murmur as music, at another level: beside the voice it is as loud as its volume says.
    let quiet = murmur(0.0, 3.0);
    let rushes_core::narration::Samples::Held(samples) = &quiet.samples else { anyhow::bail!("held") };
    let pcm: Vec<u8> = samples.iter().flat_map(|sample| (sample / 20).to_le_bytes()).collect();
    let path = directory.path().join("murmur.wav");
    let target = path.to_str().context("path")?;
    ffmpeg(&["-f", "s16le", "-ar", "22050", "-ch_layout", "mono", "-i", "-", "-y", target], &pcm)?;
    story.1.music = Some(MusicTrack { volume: 0.3, ducking_db: 40.0, ..music(path) });
    let sound = hear(&story).await?;
    let difference = level_db(seconds(&sound, 3.3, 4.8)) - level_db(seconds(&sound, 0.5, 2.7));
    ensure!((difference - 10.46).abs() < 1.0, "{difference} dB between voice and music");
    Ok(())
}

#[tokio::test]
async fn music_fades_from_and_to_silence_and_its_loops_do_not_click() -> Result<()> {
    let directory = tempfile::tempdir()?;
    // A tone that ends in the middle of a swing.
    let tone = made(directory.path(), "music.wav", "aevalsrc='0.5*sin(330*2*PI*t)':s=48000:d=1.2341", &[])?;
    let mut story = silent(6);
    let fade = Duration::from_secs(1);
    story.1.music = Some(MusicTrack { fade_in: fade, fade_out: fade, ..music(tone) });
    let sound = hear(&story).await?;
    let middle = level_db(seconds(&sound, 1.3, 2.2));
    for (from, to) in [(0.0, 0.03), (5.96, 5.99)] {
        let level = level_db(seconds(&sound, from, to));
        ensure!(level < middle - 45.0, "{from} s: {level} dB beside {middle} dB");
    }
    let half = level_db(seconds(&sound, 0.48, 0.52)) - middle;
    ensure!((half + 6.0).abs() < 1.0, "half way up it is at {half} dB");
    // What is far above the tone's frequency would be clicks.
    let highest = |sound: &[[f32; 2]]| {
        let second = |triple: &[[f32; 2]]| (triple[0][0] - 2.0 * triple[1][0] + triple[2][0]).abs();
        sound.windows(3).map(second).fold(0f32, f32::max)
    };
    let (plain, all) = (highest(seconds(&sound, 1.3, 2.2)), highest(&sound));
    ensure!(all < plain * 4.0, "{all} beside {plain}");
    Ok(())
}

#[tokio::test]
async fn a_clip_without_sound_is_silence() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let clip = made(directory.path(), "clip.mp4", "testsrc=s=64x36:d=2", &["-c:v", "libx264"])?;
    let engine = Engine::new(program());
    let mut story = silent(4);
    story.1.effects = vec![effect(clip.clone(), Duration::from_secs(1))];
    let files = render(&engine, &story, directory.path()).await?;
    let video = files.video.to_str().context("path")?;
    ensure!(ffmpeg(&["-i", video, "-map", "0:a", "-f", "null", "-"], &[]).is_err(), "there is a sound track");
    story.1.pieces = vec![murmur(0.5, 2.0)];
    let with = render(&engine, &story, directory.path()).await?;
    story.1.effects.clear();
    let without = render(&engine, &story, directory.path()).await?;
    ensure!(with.sha256 == without.sha256, "silence changed the voice");
    Ok(())
}

#[tokio::test]
async fn what_is_broken_or_no_sound_is_refused_with_a_reason() -> Result<()> {
    let directory = tempfile::tempdir()?;
    // Its index lies at the end.
    let whole = std::fs::read(made(directory.path(), "whole.mp4", "sine=440:d=5", &["-c:a", "aac"])?)?;
    let secret = made(directory.path(), "secret.wav", "sine=440:d=1", &[])?;
    let playlist = format!("#EXTM3U\n#EXTINF:1,\n{}\n", secret.display());
    let list = format!("ffconcat version 1.0\nfile {}\n", secret.display());
    let remote = "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.wav\n".to_owned();
    let broken: [(&str, &[u8]); 6] = [
        ("cut.mp4", &whole[..whole.len() / 2]),
        ("rubbish.mp3", b"this is no sound at all, and never was"),
        ("list.m3u8", playlist.as_bytes()),
        ("list.ffconcat", list.as_bytes()),
        ("remote.m3u8", remote.as_bytes()),
        ("empty.wav", b""),
    ];
    for (name, content) in broken {
        let path = directory.path().join(name);
        std::fs::write(&path, content)?;
        let mut story = silent(8);
        story.1.effects = vec![effect(path, Duration::ZERO)];
        let failure = render(&Engine::new(program()), &story, directory.path()).await;
        let Err(RenderError::Medium { reason, .. }) = failure else { anyhow::bail!("{name}: {failure:?}") };
        ensure!(!reason.contains("@ 0x") && !reason.is_empty(), "{name}: {reason}");
    }
    Ok(())
}

#[tokio::test]
async fn rubbish_around_an_mp3_is_skipped() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = made(directory.path(), "music.mp3", "sine=440:d=2", &["-c:a", "libmp3lame"])?;
    let mut bytes = std::fs::read(&path)?;
    bytes.extend((0..5000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
    std::fs::write(&path, bytes)?;
    let mut story = silent(3);
    story.1.effects = vec![effect(path, Duration::ZERO)];
    let sound = hear(&story).await?;
    ensure!(level_db(seconds(&sound, 0.5, 1.5)) > -30.0, "nothing is heard");
    Ok(())
}

#[tokio::test]
async fn an_effect_sounds_at_its_moment_from_its_part_and_no_longer_than_it_may() -> Result<()> {
    let directory = tempfile::tempdir()?;
    // A tone that is loud from 2 s to 2.01 s, soft else.
    let marked = "aevalsrc='if(between(t,2,2.01),0.9,0.02)*sin(1000*2*PI*t)':s=44100:d=4";
    for (name, coder) in [
        ("marked.wav", &[][..]),
        ("marked.m4a", &["-c:a", "aac"]),
        ("marked.flac", &["-c:a", "flac", "-sample_fmt", "s16"]),
    ] {
        let path = made(directory.path(), name, marked, coder)?;
        let mut story = silent(8);
        let trim = Trim { start: Duration::from_millis(1500), end: Some(Duration::from_millis(3500)) };
        let end = Duration::from_millis(5000);
        story.1.effects = vec![SoundFile { trim, end, ..effect(path, Duration::from_millis(3210)) }];
        let sound = hear(&story).await?;
        let at = loudest(&sound);
        let wanted = (3.210 + 0.505) * RATE_HZ as f64;
        ensure!(at.abs_diff(wanted as usize) < RATE_HZ / 60, "{name}: the mark is at sample {at}, not {wanted}");
        let level = |from, to| level_db(seconds(&sound, from, to));
        ensure!(level(0.1, 3.1) < level(4.0, 4.9) - 40.0, "{name}: it begins early");
        ensure!(level(5.1, 7.9) < level(4.0, 4.9) - 40.0, "{name}: it ends late");
    }
    Ok(())
}

#[tokio::test]
async fn sound_that_begins_after_its_pictures_stays_beside_them() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("late.mp4");
    let target = path.to_str().context("path")?;
    let late = ["-f", "lavfi", "-i", "testsrc=s=64x36:d=4", "-itsoffset", "1.5", "-f", "lavfi", "-i", "sine=1000:d=2"];
    ffmpeg(&[&late[..], &["-map", "0:v", "-map", "1:a", "-y", target]].concat(), &[])?;
    let mut story = silent(6);
    story.1.effects = vec![effect(path, Duration::from_secs(1))];
    let sound = hear(&story).await?;
    let start = sound.iter().position(|[left, _]| left.abs() > 0.05).context("nothing is heard")?;
    ensure!(start.abs_diff(RATE_HZ * 5 / 2) < RATE_HZ / 60, "it begins at sample {start}");
    Ok(())
}

#[tokio::test]
async fn picture_and_sound_are_together_after_thirty_minutes() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut story = silent_scenes(&[1_799, 3]);
    story.1.pieces = [600_000, 1_799_000].map(|at| click(Duration::from_millis(at))).into();
    let files = render(&Engine::new(program()), &story, directory.path()).await?;
    let video = files.video.to_str().context("path")?;
    let tail = ["-ss", "1795", "-i", video];
    let pcm = ffmpeg(&[&tail[..], &["-map", "0:a", "-f", "f32le", "-ac", "1", "-"]].concat(), &[])?;
    let samples: Vec<f32> = pcm.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes).abs()).collect();
    let click = samples.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).context("no sound")?.0;
    let gray = ffmpeg(&[&tail[..], &["-map", "0:v", "-f", "rawvideo", "-pix_fmt", "gray", "-"]].concat(), &[])?;
    let white = gray.chunks_exact(64 * 36).position(|frame| frame[0] > 200).context("no white frame")?;
    let difference_s = click as f64 / RATE_HZ as f64 - white as f64 / f64::from(FPS);
    ensure!(white == 4 * FPS as usize && difference_s.abs() < 1.0 / f64::from(FPS), "{white}, {difference_s} s");
    Ok(())
}

#[tokio::test]
async fn finished_sound_is_remembered_by_content_and_made_again_when_damaged() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let memo = Arc::new(MapMemo::default());
    let engine = Engine::new(program()).with_memo(memo.clone());
    // Each in two parts and their number.
    let remembered = || memo.0.lock().unwrap().keys().filter(|key| key.kind == MemoKind::Sound).count();
    let track = made(directory.path(), "music.wav", "sine=440:d=3", &[])?;
    // Long enough for two parts.
    let mut story = silent(100);
    story.1.pieces = vec![murmur(1.0, 1.0)];
    story.1.music = Some(MusicTrack { is_looped: false, ..music(track.clone()) });
    let first = render(&engine, &story, directory.path()).await?;
    ensure!(remembered() == 3, "{} results", remembered());
    // Another name, the same content.
    let renamed = directory.path().join("renamed.wav");
    std::fs::rename(&track, &renamed)?;
    story.1.music = Some(MusicTrack { is_looped: false, ..music(renamed.clone()) });
    ensure!(render(&engine, &story, directory.path()).await?.sha256 == first.sha256 && remembered() == 3);
    for (key, value) in memo.0.lock().unwrap().iter_mut().filter(|(key, _)| key.kind == MemoKind::Sound) {
        let mut damaged = value.to_vec();
        let place = usize::from(key.hash[0]) % damaged.len();
        damaged[place] ^= 4;
        *value = damaged.into();
    }
    ensure!(render(&engine, &story, directory.path()).await?.sha256 == first.sha256 && remembered() == 3);
    // The same name, another content; another volume.
    made(directory.path(), "renamed.wav", "sine=441:d=3", &[])?;
    render(&engine, &story, directory.path()).await?;
    ensure!(remembered() == 6, "{} results", remembered());
    story.1.music = Some(MusicTrack { is_looped: false, volume: 0.9, ..music(renamed) });
    render(&engine, &story, directory.path()).await?;
    ensure!(remembered() == 9, "{} results", remembered());
    Ok(())
}
