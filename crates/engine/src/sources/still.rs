//! Still pictures of users, decoded by ffmpeg to the size they are needed in.

use rushes_core::ports::RenderError;
use rushes_core::spec::{Camera, Fit, Output};
use rushes_core::timeline::Still;

use super::damage::Damage;
use super::decoder::Decoder;
use crate::camera::{Nearest, nearest};
use crate::picture::Picture;

const SCALER: &str = "flags=lanczos+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv";

/// Decodes a still: to the frame's size where it stands still, and as large as its
/// camera comes near where it is moved over.
///
/// # Errors
/// [`RenderError::Medium`] when the file is not a picture that ffmpeg can read.
pub async fn decode_still(
    decoder: &Decoder,
    still: &Still,
    output: &Output,
) -> Result<(Picture, Option<Damage>), RenderError> {
    let scale = match &still.camera {
        None => fitted(still.fit, output),
        Some(camera) => enlarged(camera, output),
    };
    let filter = format!("format=rgb24,{scale},setsar=1,format=yuv420p");
    let decoded = decoder.decode(&still.path, &filter, &["-f", "yuv4mpegpipe"]).await?;
    let picture = read_picture(&decoded.bytes);
    let picture = picture.ok_or_else(|| RenderError::medium(&still.path, "the decoded picture is not whole"))?;
    Ok((picture, decoded.damage))
}

fn fitted(fit: Fit, output: &Output) -> String {
    let (width, height) = (output.width, output.height);
    let scale = format!("scale={width}:{height}:{SCALER}");
    match fit {
        Fit::Cover => {
            // What would be cut off is not scaled; at most a row or column of it on either side.
            let kept = |side: &str, needed: &str| format!("'{side}-2*floor(max(0,{side}-{needed})/2)'");
            let (across, down) =
                (kept("iw", &format!("ih*{width}/{height}")), kept("ih", &format!("iw*{height}/{width}")));
            format!("crop={across}:{down},{scale}:force_original_aspect_ratio=increase,crop={width}:{height}")
        }
        Fit::Contain => format!(
            "scale=w='clip(2*round({height}*iw/ih/2),2,{width})':h='clip(2*round({width}*ih/iw/2),2,{height})':{SCALER},\
             pad={width}:{height}:-1:-1:color=black"
        ),
        // Sharp filters reach over no more than some forty pixels for one: the rest is averaged before.
        Fit::Fill => format!("scale=w='min(iw,8*{width})':h='min(ih,8*{height})':flags=area,{scale}"),
    }
}

/// As large as needed where the camera is nearest, and never larger than the picture itself.
fn enlarged(camera: &Camera, output: &Output) -> String {
    let (width, height) = (f64::from(output.width), f64::from(output.height));
    let scale = match nearest(camera) {
        Nearest::Covering(factor) => format!("{factor}*max({width}/iw,{height}/ih)"),
        Nearest::Views(from, to) => {
            // A view grows to the frame's shape: its larger side decides.
            let of = |view: rushes_core::spec::View| {
                format!("{width}/max({}*iw,{}*ih*{width}/{height})", view.width.get(), view.height.get())
            };
            format!("max({},{})", of(from), of(to))
        }
    };
    let side = |side: &str| format!("'max(2,2*round({side}*min(1,{scale})/2))'");
    format!("scale=w={}:h={}:{SCALER}", side("iw"), side("ih"))
}

/// Reads a YUV4MPEG2 stream of one picture: a line that tells the size, a line
/// before the picture, the planes.
fn read_picture(stream: &[u8]) -> Option<Picture> {
    let (header, rest) = split_line(stream)?;
    let header = std::str::from_utf8(header).ok()?.strip_prefix("YUV4MPEG2 ")?;
    let number = |tag: char| header.split(' ').find_map(|field| field.strip_prefix(tag)?.parse::<usize>().ok());
    let (width, height) = (number('W')?, number('H')?);
    let (frame, planes) = split_line(rest)?;
    if !frame.starts_with(b"FRAME") || !width.is_multiple_of(2) || !height.is_multiple_of(2) {
        return None;
    }
    Picture::from_bytes(width, height, planes.to_vec())
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().take(256).position(|byte| *byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}
