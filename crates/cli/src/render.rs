//! `rushes render`: the engine alone, without AWS.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use rushes_content::media::{AllowedHosts, Library};
use rushes_content::speak::SpeakVoice;
use rushes_core::produce::{Production, Studio};
use rushes_core::spec::{SpecError, VideoSpec};
use rushes_core::subtitles::{to_srt, to_vtt};
use rushes_engine::Engine;
use serde_json::json;

use crate::arguments::RenderOptions;
use crate::cache::DirectoryMemo;
use crate::input::read_spec;
use crate::outcome::unless_interrupted;
use crate::progress::Bar;

/// Renders the spec into the output file.
pub async fn run(options: RenderOptions) -> anyhow::Result<()> {
    let spec = read_spec(&options.spec)?;
    let studio = studio(&options)?;
    let bar = Bar::on_terminal();
    let production = unless_interrupted(make(&studio, &spec, &options.output, &bar)).await;
    bar.clear();
    tell(&production?, &options)
}

/// Makes the video in a directory of its own and keeps what was asked for.
async fn make(studio: &Studio, spec: &VideoSpec, output: &Path, bar: &Bar) -> anyhow::Result<Production> {
    let scratch = scratch_beside(output)?;
    let violations = studio.check_media(spec).await;
    if !violations.is_empty() {
        bail!(SpecError::Invalid(violations));
    }
    let production = studio.produce(spec, scratch.path(), bar).await?;
    keep(&production, output)?;
    Ok(production)
}

fn studio(options: &RenderOptions) -> anyhow::Result<Studio> {
    let mut engine = Engine::new(options.ffmpeg.clone());
    if let Some(workers) = options.workers {
        engine = engine.with_workers(workers);
    }
    if let Some(folder) = cache_folder(options) {
        let memo = DirectoryMemo::open(folder)?;
        memo.prune().context("old remembered segments cannot be removed (try --no-cache)")?;
        engine = engine.with_memo(Arc::new(memo));
    }
    let voice = options.speak.clone().map_or_else(SpeakVoice::beside_this_program, SpeakVoice::new);
    Ok(Studio {
        voice: Arc::new(voice),
        media: Arc::new(Library::for_command_line(AllowedHosts::default())?),
        renderer: Arc::new(engine),
    })
}

/// As asked for, or where the XDG base directory specification has caches; `None` for no cache.
fn cache_folder(options: &RenderOptions) -> Option<PathBuf> {
    if options.no_cache {
        return None;
    }
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = || absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    options.cache_dir.clone().or_else(|| Some(caches()?.join("rushes")))
}

/// A directory for unfinished files on the output's own disk, gone at the end whatever happens.
fn scratch_beside(output: &Path) -> anyhow::Result<tempfile::TempDir> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if output.is_dir() || output.file_name().is_none() {
        bail!("{} is a folder; name the video file to write", output.display());
    }
    tempfile::Builder::new()
        .prefix(".rushes-")
        .tempdir_in(folder)
        .with_context(|| format!("nothing can be written in {}", folder.display()))
}

/// Puts the finished files where they were asked for. The video comes last: where it is, all is.
fn keep(production: &Production, output: &Path) -> anyhow::Result<()> {
    let beside = |extension: &str| output.with_extension(extension);
    let write = |path: PathBuf, text: String| {
        std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    };
    write(beside("srt"), to_srt(&production.cues))?;
    write(beside("vtt"), to_vtt(&production.cues))?;
    for (from, to) in [(&production.poster, beside("jpg")), (&production.video, output.to_owned())] {
        std::fs::rename(from, &to).with_context(|| format!("{} cannot be written", to.display()))?;
    }
    Ok(())
}

fn tell(production: &Production, options: &RenderOptions) -> anyhow::Result<()> {
    let report = &production.report;
    let seconds = std::time::Duration::from_millis(report.duration_ms).as_secs_f64();
    if options.json {
        let report = json!({
            "output": options.output,
            "frames": report.frames,
            "distinct_frames": report.distinct_frames,
            "segments": report.segments,
            "duration_s": seconds,
            "width": report.width,
            "height": report.height,
            "fps": report.fps,
            "wall_ms": report.wall_ms,
            "bytes": report.size_bytes,
            "sha256": report.sha256,
        });
        writeln!(std::io::stdout(), "{report}")?;
        return Ok(());
    }
    let every_frame = if report.distinct_frames == report.frames { " (every frame was encoded)" } else { "" };
    eprintln!(
        "{}: {seconds:.1} s of {}x{} at {} fps in {:.1} s; {} distinct of {} frames{every_frame}, \
         {} of {} segments reused, {} KB",
        options.output.display(),
        report.width,
        report.height,
        report.fps,
        std::time::Duration::from_millis(report.wall_ms).as_secs_f64(),
        report.distinct_frames,
        report.frames,
        report.segments.reused,
        report.segments.total,
        report.size_bytes / 1000,
    );
    Ok(())
}
