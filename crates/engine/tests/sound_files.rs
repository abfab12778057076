//! Sound files as they are sent: written as a stream, cut off, behind other bytes.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use common::sounds::{effect, heard, level_db, music, seconds, silent};
use common::{MapMemo, made, program};
use rushes_core::ports::{RenderJob, RenderWarning, Rendered, Renderer, SilentProgress};
use rushes_core::spec::Trim;
use rushes_core::timeline::{MusicTrack, SoundFile, Soundtrack, Timeline};
use rushes_engine::Engine;

async fn render(engine: &Engine, story: &(Timeline, Soundtrack), directory: &Path) -> Result<Rendered> {
    let timelines = std::slice::from_ref(&story.0);
    let job = RenderJob { timelines, soundtrack: Arc::new(story.1.clone()), directory };
    Ok(engine.render(job, &SilentProgress).await?)
}

/// Three seconds of a tone as 16-bit samples at 24 kHz.
fn samples() -> Vec<u8> {
    (0..72_000).flat_map(|n| ((12_000.0 * (n as f64 * 0.1).sin()) as i16).to_le_bytes()).collect()
}

fn wave(tag: &[u8; 4], before: &[u8], format: &[u8], size: u32) -> Vec<u8> {
    let chunk = [&(format.len() as u32).to_le_bytes(), format].concat();
    [&tag[..], &size.wrapping_add(36).to_le_bytes(), b"WAVE", before, b"fmt ", &chunk, b"data", &size.to_le_bytes()]
        .concat()
}

/// `fmt `: kind, channels, samples and bytes a second, bytes of a frame, bits.
fn format(kind: u16) -> Vec<u8> {
    let parts: [&[u8]; 6] = [
        &kind.to_le_bytes(),
        &1u16.to_le_bytes(),
        &24_000u32.to_le_bytes(),
        &48_000u32.to_le_bytes(),
        &2u16.to_le_bytes(),
        &16u16.to_le_bytes(),
    ];
    parts.concat()
}

/// What each file has to be heard like: for how many seconds, and whether something is to be said about it.
async fn check(directory: &Path, name: &str, content: &[u8], heard_s: f64, is_remarked: bool) -> Result<()> {
    let path = directory.join(name);
    std::fs::write(&path, content)?;
    let mut story = silent(7);
    story.1.effects = vec![effect(path.clone(), Duration::from_secs(1))];
    let rendered = render(&Engine::new(program()), &story, directory).await?;
    let sound = heard(&rendered.files[0].video)?;
    let loud = level_db(seconds(&sound, 1.2, heard_s + 0.8));
    ensure!(loud > -30.0, "{name}: {loud} dB");
    let after = level_db(seconds(&sound, heard_s + 1.3, 6.9));
    ensure!(after < loud - 40.0, "{name}: it goes on at {after} dB");
    let warnings: Vec<&RenderWarning> = rendered.warnings.iter().collect();
    ensure!(warnings.len() == usize::from(is_remarked), "{name}: {warnings:?}");
    for warning in warnings {
        ensure!(warning.path.as_ref() == Some(&path), "{name}: {warning:?}");
        ensure!(
            warning.words.contains("cut off or damaged") && warning.words.contains(&format!("{heard_s:.1} s")),
            "{warning:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_wav_plays_whatever_its_header_says_of_its_size() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (pcm, plain) = (samples(), format(1));
    let size = pcm.len() as u32;
    let sizes = |data: u64| [&b"ds64"[..], &28u32.to_le_bytes(), &[0; 8], &data.to_le_bytes(), &[0; 12]].concat();
    let extensible = [&format(0xfffe)[..], &22u16.to_le_bytes(), &16u16.to_le_bytes(), &4u32.to_le_bytes()].concat();
    let extensible = [&extensible[..], b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"].concat();
    for (name, header, is_remarked) in [
        ("whole", wave(b"RIFF", b"", &plain, size), false),
        ("all ones", wave(b"RIFF", b"", &plain, u32::MAX), false),
        ("largest signed", wave(b"RIFF", b"", &plain, 0x7fff_ffff), false),
        ("nothing", wave(b"RIFF", b"", &plain, 0), false),
        ("too large", wave(b"RIFF", b"", &plain, size + 30_001), true),
        ("64 bits", wave(b"RF64", &sizes(u64::from(size)), &plain, u32::MAX), false),
        ("64 bits, nothing", wave(b"BW64", &sizes(0), &plain, u32::MAX), false),
        ("64 bits, too large", wave(b"RF64", &sizes(1 << 20), &plain, u32::MAX), true),
        ("extensible", wave(b"RIFF", b"", &extensible, u32::MAX), false),
    ] {
        check(directory.path(), name, &[&header, &pcm[..]].concat(), 3.0, is_remarked).await?;
    }
    let streamed = [&wave(b"RIFF", b"", &plain, u32::MAX), &pcm[..pcm.len() - 1]].concat();
    check(directory.path(), "half a sample at the end", &streamed, 3.0, false).await?;
    let cut = [&wave(b"RIFF", b"", &plain, size), &pcm[..96_001]].concat();
    check(directory.path(), "cut in a sample", &cut, 2.0, true).await
}

#[tokio::test]
async fn what_is_cut_off_is_heard_as_far_as_it_goes_and_a_warning_says_so() -> Result<()> {
    let directory = tempfile::tempdir()?;
    for (name, coder) in [
        ("a.mp3", &["-c:a", "libmp3lame", "-b:a", "64k"][..]),
        ("a.aac", &["-c:a", "aac"]),
        ("a.flac", &["-c:a", "flac"]),
        ("a.ogg", &["-c:a", "libopus"]),
        ("a.m4a", &["-c:a", "aac", "-movflags", "+faststart"]),
        ("a.mka", &["-c:a", "libvorbis"]),
    ] {
        let whole = std::fs::read(made(
            directory.path(),
            name,
            "aevalsrc='0.3*sin(900*2*PI*t)+0.1*(random(0)-0.5)':d=4",
            coder,
        )?)?;
        check(directory.path(), &format!("whole-{name}"), &whole, 4.0, false).await?;
        // Where exactly it is cut off depends on the coder.
        let path = directory.path().join(format!("cut-{name}"));
        std::fs::write(&path, &whole[..whole.len() * 6 / 10 + 1])?;
        let mut story = silent(5);
        story.1.effects = vec![effect(path.clone(), Duration::ZERO)];
        let rendered = render(&Engine::new(program()), &story, directory.path()).await?;
        let sound = heard(&rendered.files[0].video)?;
        let (loud, after) = (level_db(seconds(&sound, 0.2, 1.2)), level_db(seconds(&sound, 3.2, 4.9)));
        ensure!(loud > -30.0 && after < loud - 40.0, "{name}: {loud} dB, then {after} dB");
        let [RenderWarning { path: Some(named), words }] = &rendered.warnings[..] else {
            anyhow::bail!("{name}: {:?}", rendered.warnings)
        };
        ensure!(*named == path && words.contains("cut off or damaged"), "{words}");
    }
    Ok(())
}

#[tokio::test]
async fn sound_behind_other_bytes_is_found() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let whole = |name: &str, coder: &[&str]| -> Result<Vec<u8>> {
        Ok(std::fs::read(made(directory.path(), name, "aevalsrc='0.3*sin(900*2*PI*t)':d=3", coder)?)?)
    };
    let mp3 = whole("a.mp3", &["-c:a", "libmp3lame"])?;
    let (aac, flac) = (whole("a.aac", &["-c:a", "aac"])?, whole("a.flac", &["-c:a", "flac"])?);
    let size = |bytes: usize| [21, 14, 7, 0].map(|shift| (bytes >> shift & 127) as u8);
    // A cover of two megabytes, which is none.
    let art = [&b"APIC"[..], &size(2 << 20), &[0; 2], b"\0image/jpeg\0\x03\0", &vec![0x11; (2 << 20) - 14]].concat();
    let tag = [&b"ID3\x04\0\0"[..], &size(art.len() + 100), &art, &[0; 100]].concat();
    let wrong_tag = [&b"ID3\x04\0\0"[..], &size(1_000), &art].concat();
    for (name, before, content) in [
        ("a tag", &tag[..], &mp3),
        ("two tags", &[&tag[..], &tag].concat(), &mp3),
        ("a tag whose size is wrong", &wrong_tag, &mp3),
        ("a tag before FLAC", &tag, &flac),
        ("a tag before ADTS", &tag, &aac),
        ("zeros", &[0; 5_000], &mp3),
        ("the head of an answer", b"HTTP/1.1 200 OK\r\n\r\n", &mp3),
    ] {
        check(directory.path(), name, &[before, content].concat(), 3.0, false).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_heard_is_told_even_when_all_is_remembered() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let engine = Engine::new(program()).with_memo(Arc::new(MapMemo::default()));
    let tone = made(directory.path(), "tone.wav", "sine=440:d=2", &[])?;
    let mute = made(directory.path(), "mute.mp4", "testsrc=s=64x36:d=2", &["-c:v", "libx264"])?;
    let late = Trim { start: Duration::from_millis(2_500), end: None };
    let mut story = silent(6);
    story.1.music = Some(MusicTrack { trim: late, ..music(tone.clone()) });
    let mute_twice = effect(mute.clone(), Duration::ZERO);
    story.1.effects = vec![
        mute_twice.clone(),
        mute_twice,
        SoundFile { trim: Trim::default(), ..effect(tone.clone(), Duration::ZERO) },
    ];
    let said = |path: &PathBuf, words: &str| RenderWarning { path: Some(path.clone()), words: words.to_owned() };
    let wanted = [
        said(&tone, "nothing of it is heard: its sound ends before 2.5 s"),
        said(&mute, "it has no sound, and its volume is without effect"),
    ];
    let first = render(&engine, &story, directory.path()).await?;
    ensure!(first.warnings == wanted, "{:?}", first.warnings);
    // The same files under other names.
    let renamed = directory.path().join("renamed.mp4");
    std::fs::rename(&mute, &renamed)?;
    story.1.effects[..2].iter_mut().for_each(|effect| effect.path.clone_from(&renamed));
    let again = render(&engine, &story, directory.path()).await?;
    ensure!(again.files[0].segments.reused > 0 && again.files[0].sha256 == first.files[0].sha256, "it was made again");
    ensure!(again.warnings == [wanted[0].clone(), said(&renamed, &wanted[1].words)], "{:?}", again.warnings);

    let mut story = silent(6);
    let fade_in = Duration::from_secs(3);
    story.1.music = Some(MusicTrack { is_looped: false, fade_in, ..music(tone.clone()) });
    let warnings = render(&engine, &story, directory.path()).await?.warnings;
    ensure!(warnings == [said(&tone, "`fade_in_s` is 3 s, and the music lasts 2.0 s")], "{warnings:?}");
    Ok(())
}
