//! What rendering a spec would do.

use std::fmt::Write;

use anyhow::Context;
use rushes_core::produce::Laid;
use rushes_core::scratch::Scratch;
use rushes_core::units::FrameRate;
use rushes_engine::PlannedSegment;
use serde_json::{Value, json};

use super::clock;
use crate::arguments::InspectOptions;
use crate::input::read_spec;
use crate::studio::{engine, lay};

/// The segments, for a person or as JSON.
pub async fn tell(options: &InspectOptions) -> anyhow::Result<String> {
    let spec = read_spec(&options.file, &options.channel)?;
    let engine = engine(&options.tools)?;
    let scratch = Scratch::create().context("no folder for unfinished files can be made")?;
    let Laid { timeline, places, .. } = lay(&engine, &spec, &options.tools, scratch.path()).await?;
    let segments = engine.inspect(&timeline).await.map_err(|error| places.explain(error))?;
    let rate = timeline.output.frame_rate;
    Ok(if options.json { format!("{:#}\n", as_json(&segments, rate)) } else { as_text(&segments, rate)? })
}

fn as_text(segments: &[PlannedSegment], rate: FrameRate) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let remembered = segments.iter().filter(|segment| segment.is_remembered).count();
    let (frames, distinct) = totals(segments);
    let seconds = rate.time_of(frames).as_secs_f64();
    writeln!(
        text,
        "{seconds:.3} s, {frames} frames ({distinct} distinct), {remembered} of {} segments remembered\n",
        segments.len()
    )?;
    writeln!(text, "{:>7}  {:>9}  {:>6}  {:>8}  {:<6}  memo", "segment", "start", "frames", "distinct", "kind")?;
    for (index, segment) in segments.iter().enumerate() {
        let start = clock(rate.time_of(segment.first_frame).as_secs_f64());
        let kind = if segment.is_moving { "moving" } else { "still" };
        let memo = if segment.is_remembered { "remembered" } else { "-" };
        let (frames, distinct) = (segment.frames, segment.distinct_frames);
        writeln!(text, "{index:>7}  {start:>9}  {frames:>6}  {distinct:>8}  {kind:<6}  {memo}")?;
    }
    Ok(text)
}

fn as_json(segments: &[PlannedSegment], rate: FrameRate) -> Value {
    let (frames, distinct_frames) = totals(segments);
    let segments = segments.iter().map(|segment| {
        json!({
            "start_s": rate.time_of(segment.first_frame).as_secs_f64(),
            "first_frame": segment.first_frame,
            "frames": segment.frames,
            "distinct_frames": segment.distinct_frames,
            "moving": segment.is_moving,
            "remembered": segment.is_remembered,
        })
    });
    json!({
        "duration_s": rate.time_of(frames).as_secs_f64(),
        "frames": frames,
        "distinct_frames": distinct_frames,
        "segments": segments.collect::<Vec<_>>(),
    })
}

fn totals(segments: &[PlannedSegment]) -> (u64, u64) {
    let sum = |of: fn(&PlannedSegment) -> u64| segments.iter().map(of).sum();
    (sum(|segment| segment.frames), sum(|segment| segment.distinct_frames))
}
