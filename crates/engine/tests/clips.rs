//! Clips of every kind: which picture is shown when, in which shape and colours.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use common::{ffmpeg, program};
use rushes_core::ports::RenderError;
use rushes_core::spec::{Fit, Output, Trim};
use rushes_core::timeline::Clip;
use rushes_core::units::FrameRate;
use rushes_engine::Ffmpeg;
use rushes_engine::clip::{ClipFacts, ClipReader, probe};

/// Pictures whose brightness tells their number, modulo 40.
const COUNTER: &str = "color=size=160x120:rate=25:duration=4,format=yuv420p,geq=lum='20+5*mod(N\\,40)':cb=128:cr=128";
/// Pictures in which everything moves.
const MOTION: &str = "testsrc2=size=160x120:rate=25:duration=4";

const X264: &[&str] = &["-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p"];

/// A clip from a source of ffmpeg's, in `directory`.
fn make(directory: &Path, name: &str, source: &str, encoding: &[&str]) -> Result<PathBuf> {
    let path = directory.join(name);
    let file = path.to_str().context("path")?;
    let mut arguments = vec!["-loglevel", "error", "-y", "-f", "lavfi", "-i", source];
    arguments.extend(encoding);
    arguments.push(file);
    ffmpeg(&arguments, &[])?;
    Ok(path)
}

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

fn output(width: u32, height: u32, rate: u32) -> Output {
    Output { width, height, frame_rate: FrameRate::new(rate).unwrap() }
}

fn whole(path: &Path) -> Clip {
    Clip { path: path.to_owned(), fit: Fit::Fill, trim: Trim::default(), is_looped: false }
}

fn tool() -> Ffmpeg {
    Ffmpeg::new(program())
}

async fn measured(path: &Path) -> Result<ClipFacts, RenderError> {
    probe(&tool(), path).await
}

/// What the reader shows at `frames`.
fn read(clip: &Clip, facts: &ClipFacts, output: &Output, frames: std::ops::Range<u64>) -> Result<Vec<Vec<u8>>> {
    let mut reader = ClipReader::open(&tool(), clip, facts, output, frames.start)?;
    frames.map(|_| Ok(reader.next_picture()?.bytes().to_vec())).collect()
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
    let open = make(directory, "open.mp4", MOTION, &open_gop)?;
    let hevc = "keyint=24:min-keyint=24:open-gop=1:bframes=4:pools=1:frame-threads=1:log-level=none";
    let vp9 =
        ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-auto-alt-ref", "1", "-lag-in-frames", "16"];
    Ok(vec![
        remux(&open, "open.mkv", &[], &[])?,
        remux(&open, "cut.mp4", &["-ss", "0.5"], &[])?,
        remux(&open, "late.mp4", &["-itsoffset", "3"], &[])?,
        remux(&open, "fragments.mp4", &[], &["-movflags", "frag_keyframe+empty_moov"])?,
        open,
        make(directory, "one-key.mp4", MOTION, &with(&["-g", "250", "-bf", "3"]))?,
        make(directory, "refresh.mp4", MOTION, &with(&["-x264-params", "intra-refresh=1:keyint=20"]))?,
        make(directory, "variable.mp4", &variable, &timescaled)?,
        make(directory, "hevc.mp4", MOTION, &["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", hevc])?,
        make(directory, "vp9.webm", MOTION, &[&vp9[..], &["-g", "40", "-b:v", "300k"]].concat())?,
        make(
            directory,
            "vp8.webm",
            MOTION,
            &["-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-g", "40"],
        )?,
        make(directory, "prores.mov", MOTION, &["-c:v", "prores_ks", "-profile:v", "0"])?,
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
    let path = make(directory.path(), "count.mp4", COUNTER, &[X264, &["-g", "30", "-crf", "5"]].concat())?;
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
async fn a_clip_is_measured_as_it_is_displayed() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let plain = make(directory.path(), "plain.mp4", MOTION, X264)?;
    let turned = remux(&plain, "turned.mp4", &["-display_rotation", "90"], &[])?;
    let odd = "testsrc2=size=160x120:rate=25:duration=1,format=yuv444p,scale=161:121,setsar=4/3";
    let odd = make(directory.path(), "odd.mp4", odd, &["-c:v", "libx264", "-pix_fmt", "yuv444p"])?;
    let sound = ["-f", "lavfi", "-i", "sine=duration=4", "-shortest", "-map", "0", "-map", "1"];
    let sounding = make(directory.path(), "sound.mp4", MOTION, &[&sound, X264].concat())?;
    for (path, width, height, has_sound) in
        [(plain, 160, 120, false), (turned, 120, 160, false), (odd, 215, 121, false), (sounding, 160, 120, true)]
    {
        let facts = measured(&path).await?;
        assert_eq!((facts.width, facts.height, facts.has_sound), (width, height, has_sound), "{path:?}");
    }
    Ok(())
}

/// The luma of a column of samples, top to bottom, and of a row, left to right, through the middle.
fn cross(picture: &[u8], output: &Output) -> (Vec<bool>, Vec<bool>) {
    let (width, height) = (output.width as usize, output.height as usize);
    let bright = |row: usize, column: usize| picture[row * width + column] > 100;
    (
        (0..height).map(|row| bright(row, width / 2)).collect(),
        (0..width).map(|column| bright(height / 2, column)).collect(),
    )
}

#[tokio::test]
async fn a_fit_fills_the_frame_or_leaves_black_bars_in_the_middle() -> Result<()> {
    let directory = tempfile::tempdir()?;
    // White, with a black band at the left and right edge, a tenth of its width each.
    let banded =
        "color=white:size=200x100:rate=25:duration=1,drawbox=0:0:20:ih:black:fill,drawbox=180:0:20:ih:black:fill";
    let clip = whole(&make(directory.path(), "bands.mp4", banded, &[X264, &["-crf", "5"]].concat())?);
    let facts = measured(&clip.path).await?;
    let count = |line: &[bool]| {
        (line.iter().position(|bright| *bright).unwrap(), line.iter().filter(|bright| **bright).count())
    };
    for (fit, size, column, row) in [
        (Fit::Fill, (100, 100), (0, 100), (10, 80)),
        (Fit::Contain, (100, 100), (24, 50), (10, 80)),
        (Fit::Contain, (400, 100), (0, 100), (120, 160)),
        (Fit::Cover, (100, 100), (0, 100), (0, 100)),
        (Fit::Cover, (400, 100), (0, 100), (40, 320)),
    ] {
        let output = output(size.0, size.1, 25);
        let pictures = read(&Clip { fit, ..clip.clone() }, &facts, &output, 0..1)?;
        let (down, across) = cross(&pictures[0], &output);
        let near = |found: (usize, usize), wanted: (usize, usize)| {
            found.0.abs_diff(wanted.0) <= 1 && found.1.abs_diff(wanted.1) <= 2
        };
        ensure!(near(count(&down), column), "{fit:?} {size:?}: column {:?}", count(&down));
        ensure!(near(count(&across), row), "{fit:?} {size:?}: row {:?}", count(&across));
    }
    Ok(())
}

/// Luma, blue and red difference in the middle of a picture of 64 × 64.
fn middle(picture: &[u8]) -> [u8; 3] {
    [picture[32 * 64 + 32], picture[64 * 64 + 16 * 32 + 16], picture[64 * 64 * 5 / 4 + 16 * 32 + 16]]
}

async fn color_of(path: &Path) -> Result<[u8; 3]> {
    let facts = measured(path).await?;
    Ok(middle(&read(&whole(path), &facts, &output(64, 64, 25), 0..1)?[0]))
}

fn is_near(found: [u8; 3], wanted: [u8; 3], by: u8) -> bool {
    found.iter().zip(wanted).all(|(found, wanted)| found.abs_diff(wanted) <= by)
}

#[tokio::test]
async fn colours_are_those_of_bt_709_whatever_the_clip_speaks() -> Result<()> {
    let directory = tempfile::tempdir()?;
    // Red, green and blue in BT.709, limited range (see the unit test of `picture`).
    let colors =
        [("red", [63, 102, 240]), ("0x00ff00", [173, 42, 26]), ("blue", [32, 240, 118]), ("white", [235, 128, 128])];
    let kinds = [
        ("untagged", "scale=out_color_matrix=bt601:out_range=tv,format=yuv420p", "", "64x64"),
        ("untagged-high", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "", "1280x720"),
        (
            "bt601",
            "scale=out_color_matrix=bt601:out_range=tv,format=yuv420p",
            "-colorspace smpte170m -color_range tv",
            "1280x720",
        ),
        (
            "bt709",
            "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
            "-colorspace bt709 -color_range tv",
            "64x64",
        ),
        (
            "full",
            "scale=out_color_matrix=bt709:out_range=pc,format=yuv420p",
            "-colorspace bt709 -color_range pc",
            "64x64",
        ),
        (
            "ten-bit",
            "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p10",
            "-colorspace bt709 -color_range tv",
            "64x64",
        ),
        ("rgb", "format=rgb24", "-c:v libx264rgb", "64x64"),
    ];
    for (color, wanted) in colors {
        for (kind, filter, tags, size) in kinds {
            let source = format!("color={color}:size={size}:rate=25:duration=0.2,format=gbrp,{filter}");
            let tags: Vec<&str> = tags.split(' ').filter(|word| !word.is_empty()).collect();
            let path = make(
                directory.path(),
                &format!("{kind}.mp4"),
                &source,
                &[&["-c:v", "libx264", "-crf", "1"], &tags[..]].concat(),
            )?;
            let found = color_of(&path).await?;
            ensure!(is_near(found, wanted, 2), "{kind}: {color} is {found:?}, not {wanted:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn high_dynamic_range_becomes_standard_and_keeps_its_hues() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let x265 = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:pools=1:frame-threads=1"];
    let lights = [("0x808080", 100, 150, 3), ("white", 195, 235, 3), ("red", 40, 75, 130), ("blue", 20, 45, 130)];
    for transfer in ["smpte2084", "arib-std-b67"] {
        for (color, least, most, hue) in lights {
            let source = format!(
                "color={color}:size=64x64:rate=25:duration=0.2,format=gbrp,setparams=color_primaries=bt709:color_trc=bt709:\
                 colorspace=gbr:range=pc,zscale=t=linear:npl=203,format=gbrpf32,\
                 zscale=p=bt2020:t={transfer}:m=bt2020nc:r=limited:npl=203,format=yuv420p10"
            );
            let tags = ["-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc"];
            let path = make(directory.path(), "hdr.mp4", &source, &[&x265[..], &tags].concat())?;
            let found = color_of(&path).await?;
            ensure!((least..=most).contains(&found[0]), "{transfer}: {color} is {found:?}");
            let is_grey = found[1].abs_diff(128) <= hue && found[2].abs_diff(128) <= hue;
            ensure!(is_grey || hue > 100, "{transfer}: {color} is {found:?}");
        }
    }
    Ok(())
}
