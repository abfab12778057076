//! Clips of every kind: which picture is shown when, in which shape and colours.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use common::clips::{X264, measured, output, read, whole};
use common::{ffmpeg, made};
use rushes_core::spec::Trim;
use rushes_core::timeline::Clip;
use rushes_core::units::FrameRate;
use rushes_engine::clip::ClipFacts;

/// Pictures whose brightness tells their number, modulo 40.
const COUNTER: &str = "color=size=160x120:rate=25:duration=4,format=yuv420p,geq=lum='20+5*mod(N\\,40)':cb=128:cr=128";
/// Pictures in which everything moves.
const MOTION: &str = "testsrc2=size=160x120:rate=25:duration=4";

/// The same, filmed in fields: every other row of a picture is a fiftieth of a second younger.
const FIELDS: &str = "testsrc2=size=160x120:rate=50:duration=4,interlace=scan=tff:lowpass=off";
/// A bar that runs past, in fields.
const RUNNING_BAR: &str = "color=black:size=160x120:rate=50:duration=1,format=yuv420p,\
    geq=lum='if(between(mod(X-6*N\\,160)\\,20\\,70)\\,235\\,16)':cb=128:cr=128,interlace=scan=tff:lowpass=off";

/// The same clip in another container or with other tags, its pictures untouched.
fn remux(from: &Path, name: &str, before: &[&str], after: &[&str]) -> Result<PathBuf> {
    let path = from.with_file_name(name);
    let mut arguments = vec!["-loglevel", "error", "-y"];
    arguments.extend(before);
    arguments.extend(["-i", from.to_str().context("path")?, "-c", "copy"]);
    arguments.extend(after);
    arguments.push(path.to_str().context("path")?);
    ffmpeg(&arguments, &[])?;
    Ok(path)
}

/// The numbers of [`COUNTER`]'s pictures that are shown.
fn numbers(clip: &Clip, facts: &ClipFacts, rate: u32, frames: std::ops::Range<u64>) -> Result<Vec<u8>> {
    let pictures = read(clip, facts, &output(160, 120, rate), frames)?;
    Ok(pictures.iter().map(|picture| (picture[60 * 160 + 80] - 20 + 2) / 5).collect())
}

/// Clips that are hard to enter in the middle.
fn awkward_clips(directory: &Path) -> Result<Vec<PathBuf>> {
    let with = |more: &[&'static str]| [X264, more].concat();
    let open_gop = with(&["-x264-params", "keyint=30:min-keyint=30:open-gop=1:bframes=3:b-pyramid=normal:scenecut=0"]);
    let variable = format!("{MOTION},setpts='(N+0.4*sin(N*7)+floor(N/9)*3)/25/TB'");
    let timescaled = with(&["-fps_mode", "vfr", "-video_track_timescale", "90000", "-g", "20"]);
    let open = made(directory, "open.mp4", MOTION, &open_gop)?;
    let hevc = "keyint=24:min-keyint=24:open-gop=1:bframes=4:pools=1:frame-threads=1:log-level=none";
    let vp9 =
        ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-auto-alt-ref", "1", "-lag-in-frames", "16"];
    Ok(vec![
        remux(&open, "open.mkv", &[], &[])?,
        remux(&open, "cut.mp4", &["-ss", "0.5"], &[])?,
        remux(&open, "late.mp4", &["-itsoffset", "3"], &[])?,
        remux(&open, "fragments.mp4", &[], &["-movflags", "frag_keyframe+empty_moov"])?,
        open,
        made(directory, "one-key.mp4", MOTION, &with(&["-g", "250", "-bf", "3"]))?,
        made(directory, "refresh.mp4", MOTION, &with(&["-x264-params", "intra-refresh=1:keyint=20"]))?,
        made(directory, "variable.mp4", &variable, &timescaled)?,
        made(directory, "hevc.mp4", MOTION, &["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", hevc])?,
        made(directory, "vp9.webm", MOTION, &[&vp9[..], &["-g", "40", "-b:v", "300k"]].concat())?,
        made(
            directory,
            "vp8.webm",
            MOTION,
            &["-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-g", "40"],
        )?,
        made(directory, "prores.mov", MOTION, &["-c:v", "prores_ks", "-profile:v", "0"])?,
        made(directory, "fields.mp4", FIELDS, &with(&["-flags", "+ildct+ilme", "-g", "30", "-bf", "3"]))?,
        made(
            directory,
            "fields.mkv",
            FIELDS,
            &["-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-g", "12", "-bf", "2", "-q:v", "2"],
        )?,
        made(directory, "fields.mov", FIELDS, &["-c:v", "prores_ks", "-profile:v", "0", "-flags", "+ildct+ilme"])?,
    ])
}

#[tokio::test]
async fn the_same_pictures_are_shown_wherever_reading_starts() -> Result<()> {
    let directory = tempfile::tempdir()?;
    for path in awkward_clips(directory.path())? {
        let (facts, output) = (measured(&path).await?, output(64, 48, 30));
        let clip = whole(&path);
        let all = read(&clip, &facts, &output, 0..125)?;
        let mut distinct = all.clone();
        distinct.dedup();
        ensure!(distinct.len() > 75, "{path:?} shows only {} pictures", distinct.len());
        for start in [1, 7, 28, 34, 35, 36, 37, 71, 100, 118, 124] {
            let some = read(&clip, &facts, &output, start..125)?;
            let wrong = some.iter().zip(&all[start as usize..]).position(|(some, all)| some != all);
            ensure!(wrong.is_none(), "{path:?} from frame {start}: another picture {wrong:?} frames later");
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_frame_shows_the_picture_of_its_time() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = made(directory.path(), "count.mp4", COUNTER, &[X264, &["-g", "30", "-crf", "5"]].concat())?;
    for path in [remux(&path, "count.mkv", &[], &[])?, path] {
        let facts = measured(&path).await?;
        assert_eq!(facts.duration, Duration::from_secs(4));
        // A picture that is two milliseconds late counts as on time.
        let expected = |frame: u64, rate: u64| ((frame * 1_000_000 / rate + 2_000) * 25 / 1_000_000 % 40) as u8;
        for (rate, frames) in [(25, 0..100), (30, 0..120), (30, 61..120), (50, 37..80), (60, 0..200), (24, 50..90)] {
            let shown = numbers(&whole(&path), &facts, rate, frames.clone())?;
            let wanted: Vec<u8> = frames.map(|frame| expected(frame, u64::from(rate))).collect();
            assert_eq!(shown, wanted, "{rate} frames a second");
        }
        let after_the_end = numbers(&whole(&path), &facts, 25, 98..103)?;
        assert_eq!(after_the_end, [18, 19, 19, 19, 19]);
        let trim = Trim { start: Duration::from_millis(400), end: Some(Duration::from_millis(600)) };
        let looped = Clip { trim, is_looped: true, ..whole(&path) };
        assert_eq!(numbers(&looped, &facts, 25, 0..12)?, [10, 11, 12, 13, 14, 10, 11, 12, 13, 14, 10, 11]);
        assert_eq!(numbers(&looped, &facts, 25, 8..12)?, [13, 14, 10, 11]);
        let held = Clip { is_looped: false, ..looped };
        assert_eq!(numbers(&held, &facts, 25, 3..8)?, [13, 14, 14, 14, 14]);
        assert_eq!(numbers(&held, &facts, 25, 1_000..1_002)?, [14, 14]);
    }
    Ok(())
}

#[tokio::test]
async fn of_a_fast_clip_the_same_pictures_are_shown_though_others_are_left_out_early() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let source = COUNTER.replace("rate=25", "rate=120");
    let path = made(directory.path(), "fast.mp4", &source, &[X264, &["-g", "50", "-crf", "5", "-bf", "2"]].concat())?;
    for path in [remux(&path, "fast.mkv", &[], &[])?, path] {
        let facts = measured(&path).await?;
        let trim = Trim { start: Duration::from_millis(250), end: Some(Duration::from_millis(1_000)) };
        let looped = Clip { trim, is_looped: true, ..whole(&path) };
        let held = Clip { is_looped: false, ..looped.clone() };
        for (clip, rate, frames) in [
            (whole(&path), 30, 0..125),
            (whole(&path), 24, 40..96),
            (whole(&path), 50, 3..60),
            (looped.clone(), 30, 0..70),
            (looped, 24, 13..60),
            (held, 30, 10..30),
        ] {
            let wanted =
                frames.clone().map(|frame| (facts.picture_at(&clip, FrameRate::new(rate).unwrap(), frame) % 40) as u8);
            let wanted: Vec<u8> = wanted.collect();
            assert_eq!(numbers(&clip, &facts, rate, frames)?, wanted, "{path:?} {clip:?} {rate}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_clip_is_measured_as_it_is_displayed() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let plain = made(directory.path(), "plain.mp4", MOTION, X264)?;
    let turned = remux(&plain, "turned.mp4", &["-display_rotation", "90"], &[])?;
    let odd = "testsrc2=size=160x120:rate=25:duration=1,format=yuv444p,scale=161:121,setsar=4/3";
    let odd = made(directory.path(), "odd.mp4", odd, &["-c:v", "libx264", "-pix_fmt", "yuv444p"])?;
    let sound = ["-f", "lavfi", "-i", "sine=duration=4", "-shortest", "-map", "0", "-map", "1"];
    let sounding = made(directory.path(), "sound.mp4", MOTION, &[&sound, X264].concat())?;
    for (path, width, height, has_sound) in
        [(plain, 160, 120, false), (turned, 120, 160, false), (odd, 215, 121, false), (sounding, 160, 120, true)]
    {
        let facts = measured(&path).await?;
        assert_eq!((facts.width, facts.height, facts.has_sound), (width, height, has_sound), "{path:?}");
    }
    Ok(())
}

/// How many pixels are darker or brighter than both those above and below, as between the rows of two fields.
fn combed(picture: &[u8]) -> usize {
    let luma = |x: usize, y: usize| i32::from(picture[y * 160 + x]);
    let is_tooth = |x: usize, y: usize| {
        let (above, below) = (luma(x, y) - luma(x, y - 1), luma(x, y) - luma(x, y + 1));
        above.abs() > 60 && below.abs() > 60 && (above > 0) == (below > 0)
    };
    (1..119).flat_map(|y| (0..160).map(move |x| (x, y))).filter(|(x, y)| is_tooth(*x, *y)).count()
}

#[tokio::test]
async fn pictures_filmed_in_fields_are_shown_whole() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let fields = [X264, &["-flags", "+ildct+ilme", "-crf", "5"]].concat();
    let whole_pictures = [X264, &["-crf", "5", "-bf", "0", "-f", "h264"]].concat();
    let in_fields = [&fields[..], &["-bf", "0", "-f", "h264"]].concat();
    let bar = made(directory.path(), "bar.mp4", RUNNING_BAR, &fields)?;
    let bottom = made(directory.path(), "bottom.mp4", &RUNNING_BAR.replace("tff", "bff"), &fields)?;
    // One that begins with whole pictures: each says itself what it is.
    let progressive = RUNNING_BAR.replace(",interlace=scan=tff:lowpass=off", "").replace("rate=50", "rate=25");
    let first = std::fs::read(made(directory.path(), "first.h264", &progressive, &whole_pictures)?)?;
    let second = std::fs::read(made(directory.path(), "second.h264", RUNNING_BAR, &in_fields)?)?;
    let both = directory.path().join("both.h264");
    std::fs::write(&both, [first, second].concat())?;
    let mixed = remux(&both, "mixed.mkv", &["-framerate", "25", "-fflags", "+genpts"], &[])?;
    for (path, frames) in [(bar, 2..23), (bottom, 2..23), (mixed, 27..48)] {
        let facts = measured(&path).await?;
        let pictures = read(&whole(&path), &facts, &output(160, 120, 25), frames)?;
        let worst = pictures.iter().map(|picture| combed(picture)).max();
        ensure!(worst < Some(60), "{path:?}: {worst:?} pixels are combed");
        ensure!(pictures.windows(2).all(|pair| pair[0] != pair[1]), "{path:?}: a picture is shown twice");
    }
    Ok(())
}
