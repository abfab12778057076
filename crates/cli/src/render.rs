//! `rushes render`: the engine alone, without AWS.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use rushes_core::produce::{ProducedOutput, Production, Studio};
use rushes_core::scratch::Scratch;
use rushes_core::spec::VideoSpec;
use rushes_core::subtitles::{to_srt, to_vtt};
use rushes_core::task::{OutputReport, VideoReport};
use serde_json::{Value, json};

use crate::arguments::RenderOptions;
use crate::input::read_spec;
use crate::outcome::unless_interrupted;
use crate::progress::Bar;
use crate::studio::{check_media, engine, studio};

/// Renders the spec into the output file.
pub async fn run(options: RenderOptions) -> anyhow::Result<()> {
    let spec = read_spec(&options.spec, &options.channel)?;
    let mut engine = engine(&options.tools)?;
    if let Some(workers) = options.workers {
        engine = engine.with_workers(workers);
    }
    let studio = studio(engine, &options.tools)?;
    let bar = Bar::on_terminal();
    let production = unless_interrupted(make(&studio, &spec, &options.output, &bar)).await;
    bar.clear();
    tell(&production?, &options)
}

/// Makes the video in a directory of its own and keeps what was asked for.
async fn make(studio: &Studio, spec: &VideoSpec, output: &Path, bar: &Bar) -> anyhow::Result<Production> {
    let scratch = scratch_beside(output)?;
    check_media(studio, spec).await?;
    let production = studio.produce(spec, scratch.path(), bar).await?;
    keep(&production, output)?;
    Ok(production)
}

/// A directory for unfinished files on the output's own disk, gone at the end whatever happens.
fn scratch_beside(output: &Path) -> anyhow::Result<Scratch> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if output.is_dir() || output.file_name().is_none() {
        bail!("{} is a folder; name the video file to write", output.display());
    }
    Scratch::create_in(folder, ".rushes-").with_context(|| format!("nothing can be written in {}", folder.display()))
}

/// Puts the finished files where they were asked for. The first video comes last: where it is, all is.
fn keep(production: &Production, output: &Path) -> anyhow::Result<()> {
    let write = |path: PathBuf, text: String| {
        std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    };
    write(output.with_extension("srt"), to_srt(&production.cues))?;
    write(output.with_extension("vtt"), to_vtt(&production.cues))?;
    for produced in production.outputs.iter().rev() {
        let video = path_of(produced, output);
        for (from, to) in [(&produced.poster, video.with_extension("jpg")), (&produced.video, video)] {
            std::fs::rename(from, &to).with_context(|| format!("{} cannot be written", to.display()))?;
        }
    }
    Ok(())
}

/// Where a video is kept: further ones say their shape, as in `out-9x16-1080p.mp4`.
fn path_of(produced: &ProducedOutput, output: &Path) -> PathBuf {
    let Some(shape) = produced.further_shape else { return output.to_owned() };
    let mut name = output.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{}", shape.file_suffix()));
    if let Some(extension) = output.extension() {
        name.push(".");
        name.push(extension);
    }
    output.with_file_name(name)
}

fn tell(production: &Production, options: &RenderOptions) -> anyhow::Result<()> {
    let files: Vec<PathBuf> = production.outputs.iter().map(|output| path_of(output, &options.output)).collect();
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
