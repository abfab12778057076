//! `rushes render`: the engine alone, without AWS.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use rushes_core::produce::{Production, Studio};
use rushes_core::spec::{Output, VideoSpec};
use rushes_core::subtitles::{to_srt, to_vtt};
use rushes_core::task::{OutputReport, VideoReport};
use rushes_engine::Engine;
use serde_json::{Value, json};

use crate::arguments::RenderOptions;
use crate::input::read_spec;
use crate::outcome::unless_interrupted;
use crate::progress::Bar;
use crate::studio::{check_media, engine, studio};
use crate::targets::{Inputs, SealedFormat, SubtitleHash, Targets, put, scratch_beside, seal, video_of, write};

/// Renders the spec into the output file.
pub async fn run(options: RenderOptions) -> anyhow::Result<()> {
    let spec = read_spec(&options.spec, &options.channel)?;
    let further = spec.outputs.iter().skip(1).map(Output::shape);
    let targets = Targets::of_render(&options.output, further)?;
    let inputs = Inputs::of(&options.spec, options.channel.channel.as_deref(), &spec);
    targets.check(&inputs, options.force)?;
    let mut engine = engine(&options.tools)?;
    if let Some(workers) = options.workers {
        engine = engine.with_workers(workers);
    }
    let studio = studio(engine.clone(), &options.tools)?;
    let bar = Bar::on_terminal();
    let making = async {
        let scratch = scratch_beside(&options.output)?;
        let production = make(&studio, &engine, &spec, scratch.path(), &bar).await?;
        // A file may have come there meanwhile.
        targets.check(&inputs, options.force)?;
        keep(&production, &options.output, scratch.path())?;
        Ok(production)
    };
    let production = unless_interrupted(making).await;
    bar.clear();
    tell(&production?, &options)
}

/// Makes the video in `directory`, and looks at the ffmpeg meanwhile.
async fn make(
    studio: &Studio,
    engine: &Engine,
    spec: &VideoSpec,
    directory: &Path,
    bar: &Bar,
) -> anyhow::Result<Production> {
    let fit = async { anyhow::Ok(engine.check_ffmpeg().await?) };
    let production = async {
        check_media(studio, spec).await?;
        anyhow::Ok(studio.produce(spec, directory, bar).await?)
    };
    let (production, ()) = tokio::try_join!(production, fit)?;
    Ok(production)
}

/// Puts the finished files where they were asked for. The first video comes last: where it is, all is.
fn keep(production: &Production, output: &Path, scratch: &Path) -> anyhow::Result<()> {
    let subrip = to_srt(&production.cues).into_bytes();
    let hash = SubtitleHash::of(&subrip);
    let webvtt = seal(SealedFormat::WebVtt, to_vtt(&production.cues).as_bytes(), &hash);
    write(scratch, &subrip, &output.with_extension("srt"))?;
    write(scratch, &webvtt, &output.with_extension("vtt"))?;
    for produced in production.outputs.iter().rev() {
        let video = video_of(produced.further_shape, output);
        let poster = std::fs::read(&produced.poster).context("the poster cannot be read")?;
        write(scratch, &seal(SealedFormat::Jpeg, &poster, &hash), &video.with_extension("jpg"))?;
        put(&produced.video, &video).with_context(|| format!("{} cannot be written", video.display()))?;
    }
    Ok(())
}

fn tell(production: &Production, options: &RenderOptions) -> anyhow::Result<()> {
    let files: Vec<PathBuf> =
        production.outputs.iter().map(|output| video_of(output.further_shape, &options.output)).collect();
    if options.json {
        writeln!(std::io::stdout(), "{}", report_json(&production.report, &files))?;
        return Ok(());
    }
    let report = &production.report;
    let seconds = |milliseconds| Duration::from_millis(milliseconds).as_secs_f64();
    for (file, output) in files.iter().zip(&report.outputs) {
        let every_frame = if output.distinct_frames == output.frames { " (every frame was encoded)" } else { "" };
        eprintln!(
            "{}: {:.1} s of {}x{} at {} fps; {} distinct of {} frames{every_frame}, {} of {} segments reused, {} KB",
            file.display(),
            seconds(report.duration_ms),
            output.width,
            output.height,
            report.fps,
            output.distinct_frames,
            output.frames,
            output.segments.reused,
            output.segments.total,
            output.size_bytes / 1000,
        );
    }
    for warning in &report.warnings {
        eprintln!("warning: {warning}");
    }
    if let Some(script) = &report.script {
        eprintln!("\n{}\n\n{}\n\nTags: {}\n", script.title, script.description, script.tags.join(", "));
    }
    eprintln!("Made in {:.1} s.", seconds(report.wall_ms));
    Ok(())
}

/// Facts about the first file, and about each.
fn report_json(report: &VideoReport, files: &[PathBuf]) -> Value {
    let output = |(file, output): (&PathBuf, &OutputReport)| {
        json!({
            "output": file,
            "frames": output.frames,
            "distinct_frames": output.distinct_frames,
            "segments": output.segments,
            "width": output.width,
            "height": output.height,
            "bytes": output.size_bytes,
            "sha256": output.sha256,
        })
    };
    json!({
        "output": files.first(),
        "frames": report.frames,
        "distinct_frames": report.distinct_frames,
        "segments": report.segments,
        "duration_s": Duration::from_millis(report.duration_ms).as_secs_f64(),
        "width": report.width,
        "height": report.height,
        "fps": report.fps,
        "wall_ms": report.wall_ms,
        "bytes": report.size_bytes,
        "sha256": report.sha256,
        "outputs": files.iter().zip(&report.outputs).map(output).collect::<Vec<_>>(),
        "script": report.script,
        "credits": report.credits,
        "warnings": report.warnings,
    })
}
