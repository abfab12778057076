//! Repeated and rewritten pictures against ffmpeg's own decoder.

mod common;

use anyhow::{Result, ensure};
use common::ffmpeg;
use proptest::prelude::*;
use rushes_engine::h264::{ParameterSets, repeat_pictures, share_sets};

/// Pictures with noise and moving bars, so that a wrong reference shows.
fn pictures(width: usize, height: usize, count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let mut bytes = Vec::new();
    for picture in 0..count {
        let (left, level) = (next() % width, next() % 200);
        for row in 0..height {
            bytes.extend((0..width).map(|column| {
                let bar = column.abs_diff(left) < 9 && row > picture;
                (if bar { 235 } else { 16 + (level + row + column) % 64 }) as u8
            }));
        }
        bytes.extend(std::iter::repeat_n((100 + next() % 56) as u8, width * height / 4));
        bytes.extend(std::iter::repeat_n((100 + next() % 56) as u8, width * height / 4));
    }
    bytes
}

fn encode(raw: &[u8], size: &str, x264: &str) -> Result<Vec<u8>> {
    let input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-r", "30", "-i", "-"];
    let output = ["-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-x264-params", x264, "-f", "h264", "-"];
    ffmpeg(&[&input[..], &output[..]].concat(), raw)
}

fn decode(stream: &[u8]) -> Result<Vec<u8>> {
    ffmpeg(&["-f", "h264", "-i", "-", "-fps_mode", "passthrough", "-f", "rawvideo", "-"], stream)
}

fn assert_repeats(width: usize, height: usize, durations: &[u64], x264: &str, seed: u64) -> Result<()> {
    let raw = pictures(width, height, durations.len(), seed);
    let stream = encode(&raw, &format!("{width}x{height}"), x264)?;
    let picture_bytes = width * height * 3 / 2;
    let distinct = decode(&stream)?;
    let repeated = decode(&repeat_pictures(&stream, durations)?)?;
    let wanted: Vec<&[u8]> = distinct
        .chunks(picture_bytes)
        .zip(durations)
        .flat_map(|(picture, duration)| std::iter::repeat_n(picture, *duration as usize))
        .collect();
    let found: Vec<&[u8]> = repeated.chunks(picture_bytes).collect();
    ensure!(found.len() == wanted.len(), "{} frames instead of {}", found.len(), wanted.len());
    ensure!(found == wanted, "a frame differs");
    Ok(())
}

/// No picture out of order; the rest as it may come.
const STILL: &str = "b-bias=-100:b-adapt=1:scenecut=0:b-pyramid=none";

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn every_frame_decodes_to_the_picture_it_repeats(
        columns in 1usize..12, rows in 1usize..12,
        durations in proptest::collection::vec(1u64..40, 1..9),
        arithmetic: bool, references in 1..=4, bframes in prop_oneof![Just(0), Just(3)], weightp in 0..2, transform in 0..2,
        seed: u64,
    ) {
        let x264 = format!(
            "{STILL}:ref={references}:cabac={}:bframes={bframes}:weightp={weightp}:8x8dct={transform}",
            u8::from(arithmetic),
        );
        let outcome = assert_repeats(columns * 16, rows * 16, &durations, &x264, seed);
        // Without the bias x264 may still choose a B slice for tiny pictures: refused, never wrong.
        if let Err(error) = &outcome {
            prop_assert!(bframes > 0 && error.to_string().contains("not supported"), "{error:#}");
        }
    }
}

#[test]
fn a_picture_can_stand_longer_than_frame_numbers_last() -> Result<()> {
    for cabac in [0, 1] {
        assert_repeats(1920, 1088, &[700, 1, 300], &format!("{STILL}:ref=2:cabac={cabac}:bframes=3"), 7)?;
    }
    Ok(())
}

#[test]
fn a_picture_stands_as_long_as_its_order_can_tell_and_no_longer() -> Result<()> {
    let x264 = format!("{STILL}:ref=2:bframes=0");
    assert_repeats(64, 64, &[2047, 2, 2047, 1], &x264, 7)?;
    let stream = encode(&pictures(64, 64, 2, 7), "64x64", &x264)?;
    ensure!(repeat_pictures(&stream, &[2048, 1]).is_err(), "it was repeated too often");
    Ok(())
}

/// Pictures out of order, weights, more than one slice: what moving segments may hold.
const MOVING: &str = "b-pyramid=none:scenecut=0";

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn a_rewritten_stream_decodes_to_the_same_frames(
        columns in 2usize..12, rows in 2usize..12, count in 1usize..24, arithmetic: bool,
        bframes in 0..6, b_adapt in 0..3, is_temporal: bool, references in 1..4, weightp in 0..2, slices in 1..3, keyint in 2..40, seed: u64,
    ) {
        let raw = pictures(columns * 16, rows * 16, count, seed);
        let direct = if is_temporal { "temporal" } else { "spatial" };
        let x264 = format!(
            "{MOVING}:cabac={}:bframes={bframes}:b-adapt={b_adapt}:direct={direct}:ref={references}:weightp={weightp}:slices={slices}:keyint={keyint}",
            u8::from(arithmetic),
        );
        let stream = encode(&raw, &format!("{}x{}", columns * 16, rows * 16), &x264).unwrap();
        let rewritten = share_sets(&stream, count).unwrap();
        prop_assert!(decode(&rewritten).unwrap() == decode(&stream).unwrap(), "a frame differs");
    }
}

#[test]
fn still_and_moving_segments_share_their_sets_and_follow_each_other() -> Result<()> {
    for (width, height, rate) in
        [(128, 64, "30"), (854, 480, "24"), (1280, 720, "60"), (1920, 1080, "30"), (1080, 1920, "60")]
    {
        let size = format!("{width}x{height}");
        let raw = pictures(width, height, 9, 5);
        let encode = |x264: &str| {
            let input =
                ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size, "-r", rate, "-i", "-", "-c:v", "libx264"];
            let output = ["-preset", "veryfast", "-threads", "1", "-x264-params", x264, "-f", "h264", "-"];
            ffmpeg(&[&input[..], &output[..]].concat(), &raw)
        };
        let still = encode("ref=1:bframes=0:weightp=0:scenecut=0:keyint=infinite:rc-lookahead=0:mbtree=0:subme=0")?;
        let moving = encode("bframes=5:b-adapt=0:direct=temporal:b-pyramid=none:keyint=infinite:scenecut=0")?;
        let parts = [repeat_pictures(&still, &[2; 9])?, share_sets(&moving, 9)?, repeat_pictures(&still, &[1; 9])?];
        let sets = parts.iter().map(|part| Ok(ParameterSets::find(part)?)).collect::<Result<Vec<_>>>()?;
        ensure!(sets.iter().all(|set| *set == sets[0]), "{size}: {sets:?}");
        let apart: Vec<u8> = parts.iter().map(|part| decode(part)).collect::<Result<Vec<_>>>()?.concat();
        ensure!(decode(&parts.concat())? == apart, "{size}: a frame differs");
    }
    Ok(())
}

#[test]
fn a_stream_with_pictures_out_of_order_is_refused() -> Result<()> {
    let raw = pictures(64, 64, 12, 3);
    let stream = encode(&raw, "64x64", "ref=1:bframes=3:b-adapt=0")?;
    let refused = repeat_pictures(&stream, &[2; 12]);
    ensure!(refused.is_err(), "B slices cannot be repeated");
    Ok(())
}

#[test]
fn a_truncated_or_foreign_stream_is_an_error() -> Result<()> {
    let stream = encode(&pictures(64, 64, 2, 3), "64x64", STILL)?;
    for length in [0, 3, 5, 9, 20, 40] {
        ensure!(repeat_pictures(&stream[..length.min(stream.len())], &[1, 1]).is_err());
    }
    ensure!(repeat_pictures(&stream, &[1]).is_err());
    ensure!(repeat_pictures(b"not a stream at all", &[1]).is_err());
    Ok(())
}
