//! What a finished video is made of.

use std::fmt::Write;
use std::time::Duration;

use anyhow::Context;
use rushes_engine::{Loudness, MovieFacts, PictureFacts, SoundFacts, measure_loudness, read_movie};
use serde_json::{Value, json};

use super::clock;
use crate::arguments::InspectOptions;

/// What is in the file, for a person or as JSON.
pub async fn tell(options: &InspectOptions) -> anyhow::Result<String> {
    let path = &options.file;
    let movie = read_movie(path).with_context(|| format!("{} cannot be inspected", path.display()))?;
    let loudness = match &movie.sound {
        Some(_) => measure_loudness(options.tools.ffmpeg.clone(), path).await?,
        None => None,
    };
    Ok(if options.json { format!("{:#}\n", as_json(&movie, loudness)) } else { as_text(&movie, loudness)? })
}

fn as_text(movie: &MovieFacts, loudness: Option<Loudness>) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    if let Some(pictures) = &movie.pictures {
        let distinct = distinct_frames(pictures).map_or("not known".to_owned(), |count| count.to_string());
        writeln!(
            text,
            "pictures  {}x{}, {:.3} s, {} frames ({distinct} distinct), {:.2} frames/s, {} kbit/s",
            pictures.width,
            pictures.height,
            pictures.duration.as_secs_f64(),
            pictures.frames,
            frames_per_second(pictures),
            kbit_per_second(pictures.size_bytes, pictures.duration),
        )?;
    }
    if let Some(sound) = &movie.sound {
        let rate = kbit_per_second(sound.size_bytes, sound.duration);
        write!(text, "sound     {} Hz, {} channel(s), {rate} kbit/s", sound.rate_hz, sound.channels)?;
        if let Some(Loudness { integrated_lufs, true_peak_dbtp }) = loudness {
            write!(text, ", {integrated_lufs:.1} LUFS, true peak {true_peak_dbtp:.1} dBTP")?;
        }
        writeln!(text)?;
    }
    writeln!(text, "file      {} bytes", movie.size_bytes)?;
    if let Some(pictures) = &movie.pictures {
        write!(text, "\n{:>7}  {:>9}  {:>6}  {:>8}  {:>9}\n", "segment", "start", "frames", "distinct", "bytes")?;
        for (index, segment) in pictures.segments.iter().enumerate() {
            let start = clock(seconds_at(pictures, segment.first_frame));
            let distinct = segment.distinct_frames.map_or("-".to_owned(), |count| count.to_string());
            let (frames, bytes) = (segment.frames, segment.size_bytes);
            writeln!(text, "{index:>7}  {start:>9}  {frames:>6}  {distinct:>8}  {bytes:>9}")?;
        }
    }
    Ok(text)
}

fn as_json(movie: &MovieFacts, loudness: Option<Loudness>) -> Value {
    json!({
        "bytes": movie.size_bytes,
        "pictures": movie.pictures.as_ref().map(pictures_as_json),
        "sound": movie.sound.as_ref().map(|sound| sound_as_json(sound, loudness)),
    })
}

fn pictures_as_json(pictures: &PictureFacts) -> Value {
    let segments = pictures.segments.iter().map(|segment| {
        json!({
            "start_s": seconds_at(pictures, segment.first_frame),
            "first_frame": segment.first_frame,
            "frames": segment.frames,
            "distinct_frames": segment.distinct_frames,
            "bytes": segment.size_bytes,
        })
    });
    json!({
        "width": pictures.width,
        "height": pictures.height,
        "duration_s": pictures.duration.as_secs_f64(),
        "frames": pictures.frames,
        "distinct_frames": distinct_frames(pictures),
        "fps": frames_per_second(pictures),
        "kbit_s": kbit_per_second(pictures.size_bytes, pictures.duration),
        "bytes": pictures.size_bytes,
        "segments": segments.collect::<Vec<_>>(),
    })
}

fn sound_as_json(sound: &SoundFacts, loudness: Option<Loudness>) -> Value {
    json!({
        "rate_hz": sound.rate_hz,
        "channels": sound.channels,
        "duration_s": sound.duration.as_secs_f64(),
        "kbit_s": kbit_per_second(sound.size_bytes, sound.duration),
        "bytes": sound.size_bytes,
        "integrated_lufs": loudness.map(|loudness| loudness.integrated_lufs),
        "true_peak_dbtp": loudness.map(|loudness| loudness.true_peak_dbtp),
    })
}

/// `None` where it is not known of a segment.
fn distinct_frames(pictures: &PictureFacts) -> Option<u64> {
    pictures.segments.iter().map(|segment| segment.distinct_frames).sum()
}

#[expect(clippy::cast_precision_loss, reason = "rates for people")]
fn frames_per_second(pictures: &PictureFacts) -> f64 {
    pictures.frames as f64 / pictures.duration.as_secs_f64().max(1e-9)
}

#[expect(clippy::cast_precision_loss, reason = "a time for people")]
fn seconds_at(pictures: &PictureFacts, frame: u64) -> f64 {
    pictures.duration.as_secs_f64() * frame as f64 / pictures.frames.max(1) as f64
}

fn kbit_per_second(size_bytes: u64, duration: Duration) -> u128 {
    // Bits a millisecond are thousands of bits a second.
    u128::from(size_bytes) * 8 / duration.as_millis().max(1)
}
