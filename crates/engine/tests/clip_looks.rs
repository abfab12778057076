//! Clips fit the frame and keep their colours, whatever they were filmed in.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::path::Path;

use anyhow::{Result, ensure};
use common::clips::{X264, measured, output, read, whole};
use common::made;
use rushes_core::spec::{Fit, Output};
use rushes_core::timeline::Clip;

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
    let clip = whole(&made(directory.path(), "bands.mp4", banded, &[X264, &["-crf", "5"]].concat())?);
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
            let path = made(
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
            let path = made(directory.path(), "hdr.mp4", &source, &[&x265[..], &tags].concat())?;
            let found = color_of(&path).await?;
            ensure!((least..=most).contains(&found[0]), "{transfer}: {color} is {found:?}");
            let is_grey = found[1].abs_diff(128) <= hue && found[2].abs_diff(128) <= hue;
            ensure!(is_grey || hue > 100, "{transfer}: {color} is {found:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_transparent_in_a_clip_is_black_as_in_a_still() -> Result<()> {
    let directory = tempfile::tempdir()?;
    // Red on the left; on the right white that nothing shall show.
    let source = |format: &str| {
        format!(
            "color=red:size=128x64:rate=25:duration=0.2,format=rgba,\
             geq=r=255:g='if(gt(X,63),255,0)':b='if(gt(X,63),255,0)':a='if(gt(X,63),0,255)',\
             scale=out_color_matrix=bt601:out_range=tv,format={format}"
        )
    };
    let coders: [(&str, &str, &[&str]); 5] = [
        ("vp9.webm", "yuva420p", &["-c:v", "libvpx-vp9", "-deadline", "realtime", "-b:v", "0", "-crf", "10"]),
        ("vp8.webm", "yuva420p", &["-c:v", "libvpx", "-auto-alt-ref", "0", "-b:v", "1M"]),
        ("prores.mov", "yuva444p10", &["-c:v", "prores_ks", "-profile:v", "4444"]),
        ("animation.mov", "argb", &["-c:v", "qtrle"]),
        ("png.mov", "rgba", &["-c:v", "png"]),
    ];
    for (name, format, coder) in coders {
        let path = made(directory.path(), name, &source(format), coder)?;
        let facts = measured(&path).await?;
        let pictures = read(&whole(&path), &facts, &output(128, 64, 25), 0..5)?;
        for picture in &pictures {
            let color = |x: usize| {
                let chroma = 128 * 64 + 16 * 64 + x / 2;
                [picture[32 * 128 + x], picture[chroma], picture[chroma + 64 * 32]]
            };
            ensure!(is_near(color(30), [63, 102, 240], 4), "{name}: red is {:?}", color(30));
            ensure!(is_near(color(100), [16, 128, 128], 2), "{name}: nothing is {:?}", color(100));
        }
        ensure!(read(&whole(&path), &facts, &output(128, 64, 25), 3..5)? == pictures[3..], "{name} begins elsewhere");
    }
    Ok(())
}

#[tokio::test]
async fn a_clip_of_any_shape_fits_any_frame() -> Result<()> {
    let directory = tempfile::tempdir()?;
    for (width, height) in [(2_048, 16), (16, 2_048)] {
        // White in the middle, where a frame that is covered looks.
        let (x, y) = (width / 2 - 40, height / 2 - 40);
        let source = format!("color=black:size={width}x{height}:rate=25:duration=0.1,drawbox={x}:{y}:80:80:white:fill");
        let path = made(directory.path(), &format!("{width}.mp4"), &source, &[X264, &["-crf", "5"]].concat())?;
        let facts = measured(&path).await?;
        for size in [(640, 360), (360, 640), (64, 64)] {
            let output = output(size.0, size.1, 25);
            for (fit, is_full) in [(Fit::Cover, true), (Fit::Contain, false), (Fit::Fill, false)] {
                let clip = Clip { fit, ..whole(&path) };
                let picture = &read(&clip, &facts, &output, 0..1)?[0];
                let luma = &picture[..(size.0 * size.1) as usize];
                let middle = |row: u32| (-2..2).map(move |column| (row, column));
                let around = (size.1 / 2 - 2..size.1 / 2 + 2).flat_map(middle);
                let at = |(row, column): (u32, i32)| {
                    luma[(row * size.0 + (size.0 / 2).saturating_add_signed(column)) as usize]
                };
                let middle = around.map(at).max().unwrap();
                ensure!(middle > 150, "{width}x{height} {fit:?} in {size:?}: {middle}");
                ensure!(!is_full || luma.iter().all(|sample| *sample > 200), "{width}x{height} in {size:?}");
            }
        }
    }
    Ok(())
}
