//! Pictures over the background, decoded to their size and put in their place.

use rushes_core::ports::RenderError;
use rushes_core::spec::{Alignment, Output};
use rushes_core::timeline::PlacedPicture;

use super::damage::Damage;
use super::decoder::Decoder;
use crate::picture::Bitmap;

/// Decodes a picture with its transparency.
///
/// # Errors
/// [`RenderError::Medium`] when the file is not a picture that ffmpeg can read.
pub async fn decode_overlay(
    decoder: &Decoder,
    overlay: &PlacedPicture,
    output: &Output,
) -> Result<(Bitmap, Option<Damage>), RenderError> {
    let room = Room::of(overlay, output);
    // The other scaler treats colours and alpha differently, and what should be one edge becomes two.
    let scale = format!("format=gbrap,{},format=rgba", room.scale());
    let format = ["-f", "image2pipe", "-c:v", "pam"];
    let decoded = decoder.decode(&overlay.path, &scale, &format).await?;
    let broken = || RenderError::medium(&overlay.path, "the decoded picture is not whole");
    let (width, height, rgba) = read_pam(&decoded.bytes).ok_or_else(broken)?;
    let left = start(overlay.position.horizontal, output.width, width, room.margin);
    let top = start(overlay.position.vertical, output.height, height, room.margin);
    let opacity = u8::try_from(whole(overlay.opacity.get() * 255.0)).unwrap_or(u8::MAX);
    let bitmap = Bitmap::from_rgba((left, top), (width, height), rgba, true, opacity).ok_or_else(broken)?;
    Ok((bitmap, decoded.damage))
}

/// The most room that a picture may take, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Room {
    width: u32,
    height: u32,
    margin: u32,
}

impl Room {
    /// As wide as asked for, and within the margins on all sides.
    fn of(overlay: &PlacedPicture, output: &Output) -> Self {
        let margin = whole(overlay.margin.get() * f64::from(output.width.min(output.height)));
        let within = |side: u32| side.saturating_sub(2 * margin).max(1);
        let width = whole(overlay.width.get() * f64::from(output.width)).clamp(1, within(output.width));
        Self { width, height: within(output.height), margin }
    }

    /// The filter that makes a picture as wide as there is room; a tall one is made smaller rather than cut.
    fn scale(self) -> String {
        let Self { width, height, .. } = self;
        format!("zscale=w='clip(round({height}*iw/ih),1,{width})':h='clip(round({width}*ih/iw),1,{height})':f=lanczos")
    }
}

/// First column or row of a picture that long on a frame's side that long.
fn start(alignment: Alignment, side: u32, length: usize, margin: u32) -> i32 {
    let room = i64::from(side) - i64::try_from(length).unwrap_or(0);
    let start = match alignment {
        Alignment::Start => i64::from(margin),
        Alignment::Center => room / 2,
        Alignment::End => room - i64::from(margin),
    };
    i32::try_from(start).unwrap_or(0)
}

fn whole(value: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares of a frame's sides")]
    let whole = value.round() as u32;
    whole
}

/// Reads a Portable Arbitrary Map (Netpbm) of four channels: lines of names and
/// values up to `ENDHDR`, then the pixels.
fn read_pam(bytes: &[u8]) -> Option<(usize, usize, &[u8])> {
    const END: &[u8] = b"ENDHDR\n";
    let end = bytes.windows(END.len()).take(256).position(|window| window == END)?;
    let header = std::str::from_utf8(&bytes[..end]).ok()?;
    let value = |name: &str| header.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<usize>().ok());
    let pixels = &bytes[end + END.len()..];
    let (width, height) = (value("WIDTH")?, value("HEIGHT")?);
    (value("DEPTH")? == 4 && pixels.len() == width * height * 4).then_some((width, height, pixels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_read_and_a_cut_one_refused() {
        let map = b"P7\nWIDTH 1\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n12345678";
        assert_eq!(read_pam(map), Some((1, 2, &b"12345678"[..])));
        assert_eq!(read_pam(&map[..map.len() - 1]), None);
        assert_eq!(read_pam(b"P7\nWIDTH 1"), None);
    }

    #[test]
    fn a_picture_keeps_to_its_edge() {
        assert_eq!(start(Alignment::Start, 1000, 200, 40), 40);
        assert_eq!(start(Alignment::Center, 1000, 200, 40), 400);
        assert_eq!(start(Alignment::End, 1000, 200, 40), 760);
    }
}
