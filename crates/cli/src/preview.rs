//! `rushes preview`: one frame of a video, without rendering the rest.

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};
use jiff::SignedDuration;
use rushes_core::produce::Laid;
use rushes_core::scratch::Scratch;
use rushes_engine::PictureFormat;

use crate::arguments::PreviewOptions;
use crate::input::read_spec;
use crate::outcome::unless_interrupted;
use crate::studio::{engine, lay};

/// Draws the frame into the output file.
pub async fn run(options: PreviewOptions) -> anyhow::Result<()> {
    let spec = read_spec(&options.spec, &options.channel)?;
    let engine = engine(&options.tools)?;
    let scratch = Scratch::create().context("no folder for unfinished files can be made")?;
    let picture = unless_interrupted(async {
        let Laid { timeline, places, .. } = lay(&engine, &spec, &options.tools, scratch.path()).await?;
        let rate = timeline.output.frame_rate;
        let (frame, frames) = (rate.frame_at(options.at), timeline.frames());
        if frame >= frames {
            bail!("--at {:?} is behind the end: the video lasts {:?}", options.at, rate.time_of(frames));
        }
        Ok(engine.preview(&timeline, frame, PictureFormat::Png).await.map_err(|error| places.explain(error))?)
    })
    .await?;
    std::fs::write(&options.output, picture).with_context(|| format!("{} cannot be written", options.output.display()))
}

/// A moment as a person writes it: `12.5s`, `1m3s`, `750ms`, or seconds without a unit.
pub fn parse_moment(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no moment: write it like 12.5s, 1m3s or 750ms");
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
