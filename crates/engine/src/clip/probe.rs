//! Measuring a clip.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::RenderError;

use super::facts::{ClipFacts, Colors, PictureTable, Transfer};
use super::stored::Stored;
use super::{MAX_SIDE, complaint, input, of_clip};
use crate::ffmpeg::{Ffmpeg, NO_PICTURES, in_plain_words};

/// The longest clip.
const MAX_DURATION: Duration = Duration::from_hours(6);
/// The largest file.
const MAX_BYTES: u64 = 2 << 30;
/// For reading through the largest file, and for decoding a picture.
const DEADLINE: Duration = Duration::from_secs(120);
/// A packet that an edit list hides (libavcodec's `AV_PKT_FLAG_DISCARD`).
const DISCARDED: u32 = 4;
/// A packet that can be decoded alone (`AV_PKT_FLAG_KEY`).
const KEY: u32 = 1;

/// Measures the clip at `path`: reads through the file without decoding it, then decodes one picture.
///
/// # Errors
/// [`RenderError::Medium`] when it is no clip that can be shown, or too large.
pub async fn probe(ffmpeg: &Ffmpeg, path: &Path) -> Result<ClipFacts, RenderError> {
    let metadata = tokio::fs::metadata(path).await;
    let metadata = metadata.map_err(|source| RenderError::Io { doing: "reading a clip", source })?;
    if metadata.len() > MAX_BYTES {
        return Err(RenderError::medium(
            path,
            format!("it has {} bytes, and {MAX_BYTES} are taken at most", metadata.len()),
        ));
    }
    let packets = read_packets(ffmpeg, path).await?;
    let (looking, file) = (ffmpeg.clone(), path.to_owned());
    let looks = tokio::task::spawn_blocking(move || look(&looking, &file)).await.map_err(|error| {
        RenderError::Broken { reason: "looking at a clip panicked".to_owned(), source: Some(error.into()) }
    })??;
    let (width, height) = looks.displayed_size().map_err(|reason| RenderError::medium(path, reason))?;
    let duration = packets.table.duration();
    if duration > MAX_DURATION || duration.is_zero() {
        let limit = MAX_DURATION.as_secs();
        return Err(RenderError::medium(
            path,
            format!("it lasts {:.3} s; up to {limit} s are taken", duration.as_secs_f64()),
        ));
    }
    Ok(ClipFacts {
        width,
        height,
        duration,
        has_sound: packets.has_sound,
        colors: looks.colors,
        stored: looks.stored,
        table: Arc::new(packets.table),
    })
}

/// How long the pictures of the clip at `path` last, from its start on, told without decoding any.
///
/// # Errors
/// [`RenderError::Medium`] when it holds none.
pub async fn shown_duration(ffmpeg: &Ffmpeg, path: &Path) -> Result<Duration, RenderError> {
    Ok(read_packets(ffmpeg, path).await?.table.duration())
}

/// What reading through a clip tells.
#[derive(Debug)]
struct Packets {
    table: PictureTable,
    has_sound: bool,
}

async fn read_packets(ffmpeg: &Ffmpeg, path: &Path) -> Result<Packets, RenderError> {
    let mut arguments = input(path, &[]);
    let output = "-map 0:V:0 -map 0:a:0? -c copy -copyinkf -avoid_negative_ts disabled -f framecrc pipe:1";
    arguments.extend(output.split(' ').map(Into::into));
    let text = ffmpeg.start("measuring a clip", DEADLINE, arguments)?.output().await;
    let text = text.map_err(|error| match error {
        RenderError::Ffmpeg { stderr, .. } => RenderError::medium(path, in_plain_words(&stderr)),
        other => of_clip(path, other),
    })?;
    parse_packets(&String::from_utf8_lossy(&text)).ok_or_else(|| complaint(path, NO_PICTURES))
}

/// Reads what ffmpeg's `framecrc` writes: a line for each packet with stream, decoding time, time,
/// duration, size, checksum and flags where they are not those of a key frame.
fn parse_packets(text: &str) -> Option<Packets> {
    let mut time_base = None;
    let mut has_sound = false;
    let mut pictures = Vec::new();
    let mut end_ticks = i64::MIN;
    for line in text.lines() {
        if let Some(base) = line.strip_prefix("#tb 0: ") {
            let (numerator, denominator) = base.trim().split_once('/')?;
            time_base = Some((numerator.parse().ok()?, denominator.parse().ok().filter(|value| *value > 0)?));
        }
        has_sound |= line == "#media_type 1: audio";
        let mut fields = line.split(',').map(str::trim);
        if fields.next() != Some("0") {
            continue;
        }
        let mut number = || fields.next()?.parse::<i64>().ok();
        let (_, Some(ticks), Some(duration)) = (number(), number(), number()) else { continue };
        let flags = fields.find_map(|field| field.strip_prefix("F=0x"));
        let flags = flags.map_or(Some(KEY), |flags| u32::from_str_radix(flags, 16).ok())?;
        // Times outside this range stand for none.
        if flags & DISCARDED != 0 || ticks.unsigned_abs() > 1 << 48 {
            continue;
        }
        pictures.push((ticks, flags & KEY != 0));
        end_ticks = end_ticks.max(ticks + duration.clamp(0, 1 << 48));
    }
    Some(Packets { table: PictureTable::new(pictures, time_base?, end_ticks)?, has_sound })
}

/// What one decoded picture tells.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Looks {
    stored: Stored,
    /// Width of a pixel over its height, as numerator and denominator.
    pixel_shape: (u32, u32),
    colors: Colors,
}

impl Looks {
    /// The size in square pixels: a flat pixel makes the picture wider, a tall one higher, none makes it smaller.
    fn displayed_size(&self) -> Result<(u32, u32), String> {
        let (width, height) = self.stored.size;
        if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
            return Err(format!("its pictures have {width}x{height} pixels; a side may have {MAX_SIDE} at most"));
        }
        let (across, down) = self.pixel_shape;
        // Wilder shapes are mistakes of the file.
        let is_plausible =
            across > 0 && down > 0 && across <= down.saturating_mul(8) && down <= across.saturating_mul(8);
        if !is_plausible || across == down {
            return Ok((width, height));
        }
        let grown = |side: u32, by: u32, over: u32| {
            let side = (u64::from(side) * u64::from(by) + u64::from(over) / 2) / u64::from(over);
            u32::try_from(side).unwrap_or(MAX_SIDE * 8)
        };
        Ok(if across > down { (grown(width, across, down), height) } else { (width, grown(height, down, across)) })
    }
}

/// Decodes a picture and has ffmpeg tell what it is like.
fn look(ffmpeg: &Ffmpeg, path: &Path) -> Result<Looks, RenderError> {
    let mut arguments = input(path, &["-loglevel", "info", "-nostats"]);
    let output = "-map 0:V:0 -frames:v 1 -vf showinfo,scale=16:16 -pix_fmt gray";
    arguments.extend(output.split(' ').map(Into::into));
    let words = ffmpeg.start_frames("looking at a clip", DEADLINE, arguments)?.words();
    let words = words.map_err(|error| of_clip(path, error))?;
    // Before a picture is there, ffmpeg tells much that is no complaint.
    let errors = || words.lines().filter(|line| line.contains("rror") || line.contains("nvalid"));
    parse_looks(&words).ok_or_else(|| complaint(path, &errors().collect::<Vec<_>>().join("\n")))
}

/// Reads what ffmpeg's `showinfo` says of the last picture it saw.
fn parse_looks(words: &str) -> Option<Looks> {
    let said = |mark: &str| words.lines().rev().find(|line| line.contains("showinfo") && line.contains(mark));
    let picture = said(" s:")?;
    let value = |line: &str, name: &str| {
        line.split_ascii_whitespace().find_map(|word| word.strip_prefix(name)).map(str::to_owned)
    };
    let pair = |text: String, between: char| {
        let (first, second) = text.split_once(between)?;
        Some((first.parse().ok()?, second.parse().ok()?))
    };
    let colors = said("color_range:").unwrap_or_default();
    let color = |name: &str| value(colors, name).unwrap_or_default();
    let is_known = |value: &str| !matches!(value, "" | "unknown" | "unspecified" | "reserved");
    let size = pair(value(picture, "s:")?, 'x')?;
    Some(Looks {
        stored: Stored::new(size, &value(picture, "fmt:").unwrap_or_default(), words),
        pixel_shape: value(picture, "sar:").and_then(|text| pair(text, '/')).unwrap_or((1, 1)),
        colors: Colors {
            has_matrix: is_known(&color("color_space:")),
            is_wide: color("color_primaries:") == "bt2020" || color("color_space:").starts_with("bt2020"),
            transfer: match color("color_trc:").as_str() {
                "smpte2084" => Transfer::PerceptualQuantizer,
                "arib-std-b67" => Transfer::HybridLogGamma,
                _ => Transfer::Standard,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_put_in_the_order_shown_and_hidden_ones_are_left_out() {
        let text = "#tb 0: 1/12800\n#media_type 0: video\n#media_type 1: audio\n\
            0, -1024, 0, 512, 4739, 0xb040af3d\n0, -512, 1024, 512, 21, 0xc0163ddb, F=0x0\n1, 0, 0, 1024, 2, 0x0\n\
            0, 0, 512, 512, 12, 0x85e0729a, F=0x0\n0, 512, -512, 512, 9, 0x1, F=0x4\n0, 1024, NOPTS, 512, 9, 0x1\n";
        let packets = parse_packets(text).unwrap();
        assert!(packets.has_sound);
        let table = PictureTable::new(vec![(0, true), (512, false), (1_024, false)], (1, 12_800), 1_536).unwrap();
        assert_eq!(packets.table, table);
        assert!(parse_packets("#tb 0: 1/25\n").is_none());
    }

    #[test]
    fn a_displayed_size_counts_square_pixels() {
        let colors = Colors { has_matrix: true, is_wide: false, transfer: Transfer::Standard };
        let size = |size, pixel_shape| {
            let stored = Stored::new(size, "yuv420p", "");
            Looks { stored, pixel_shape, colors }.displayed_size().ok()
        };
        assert_eq!(size((720, 576), (64, 45)), Some((1_024, 576)));
        assert_eq!(size((1_440, 1_080), (4, 3)), Some((1_920, 1_080)));
        assert_eq!(size((720, 480), (8, 9)), Some((720, 540)));
        assert_eq!(size((640, 360), (0, 1)), Some((640, 360)));
        assert_eq!(size((640, 360), (10_000, 1)), Some((640, 360)));
        assert_eq!(size((8_193, 16), (1, 1)), None);
    }
}
