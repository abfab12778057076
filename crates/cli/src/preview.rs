//! `rushes preview`: one frame of a video, without rendering the rest.

use std::ffi::OsStr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::bail;
use jiff::SignedDuration;
use rushes_core::produce::Laid;
use rushes_core::spec::VideoSpec;
use rushes_engine::{Engine, PictureFormat};

use crate::arguments::PreviewOptions;
use crate::input::read_spec;
use crate::outcome::unless_interrupted;
use crate::studio::{engine, lay};
use crate::targets::{
    Inputs, SealedFormat, SubtitleHash, TargetError, Targets, is_no_file, scratch_beside, seal, write,
};

/// Draws the frame into the output file.
pub async fn run(options: PreviewOptions) -> anyhow::Result<()> {
    let (format, sealed) = format_of(&options.output)?;
    let spec = read_spec(&options.spec, &options.channel)?;
    let targets = Targets::of_preview(&options.output, sealed);
    let inputs = Inputs::of(&options.spec, options.channel.channel.as_deref(), &spec);
    targets.check(&inputs, options.force)?;
    let engine = engine(&options.tools)?;
    unless_interrupted(async {
        let scratch = scratch_beside(&options.output)?;
        let fit = async { anyhow::Ok(engine.check_ffmpeg().await?) };
        let (picture, ()) = tokio::try_join!(draw(&engine, &spec, &options, scratch.path(), format), fit)?;
        targets.check(&inputs, options.force)?;
        write(scratch.path(), &seal(sealed, &picture, &SubtitleHash::of(&[])), &options.output)
    })
    .await
}

/// The frame that was asked for; the media lie in `directory`.
async fn draw(
    engine: &Engine,
    spec: &VideoSpec,
    options: &PreviewOptions,
    directory: &Path,
    format: PictureFormat,
) -> anyhow::Result<Vec<u8>> {
    let Laid { timeline, places, .. } = lay(engine, spec, &options.tools, directory).await?;
    let rate = timeline.output.frame_rate;
    let (frame, frames) = (rate.frame_at(options.at), timeline.frames());
    if frame >= frames {
        bail!("--at {:?} is behind the end: the video lasts {:?}", options.at, rate.time_of(frames));
    }
    let preview = engine.preview(&timeline, frame, format).await.map_err(|error| places.explain(error))?;
    for warning in preview.warnings {
        eprintln!("warning: {}", places.tell(warning));
    }
    Ok(preview.file)
}

/// What the name promises.
fn format_of(output: &Path) -> Result<(PictureFormat, SealedFormat), TargetError> {
    let extension = output.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "png" => Ok((PictureFormat::Png, SealedFormat::Png)),
        "jpg" | "jpeg" => Ok((PictureFormat::Jpeg, SealedFormat::Jpeg)),
        // What is there and no file is told so later, whatever its name.
        _ if is_no_file(output) => Ok((PictureFormat::Png, SealedFormat::Png)),
        _ => Err(TargetError::NoPictureName { path: output.to_owned() }),
    }
}

/// A moment as a person writes it: `12.5s`, `1m3s`, `750ms`, or seconds without a unit.
pub fn parse_moment(text: &str) -> Result<Duration, String> {
    if text.trim_start().starts_with('-') {
        return Err("moments are counted from the start: write one like 12.5s, 1m3s or 750ms".to_owned());
    }
    let wrong = || "write a moment like 12.5s, 1m3s or 750ms".to_owned();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| wrong());
    }
    let duration = SignedDuration::from_str(text).map_err(|_| wrong())?;
    Duration::try_from(duration).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        let cases = [("12.5s", 12_500), ("1m3s", 63_000), ("1m 3s", 63_000), ("750ms", 750), ("2", 2_000), ("0s", 0)];
        for (text, milliseconds) in cases {
            assert_eq!(parse_moment(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "-3s", "-1", "NaN", "inf", "soon", "3 parsecs"] {
            assert!(parse_moment(text).is_err(), "{text}");
        }
    }
}
