//! `rushes inspect` on videos that the real program and ffmpeg made.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Result, ensure};
use serde_json::Value;

/// The helper that speaks lies beside the program; `cargo test` alone does not build it.
fn speak() -> PathBuf {
    std::env::var_os("RUSHES_BIN_DIR").map_or_else(
        || Path::new(env!("CARGO_BIN_EXE_rushes")).with_file_name("rushes-speak"),
        |bin| PathBuf::from(bin).join("rushes-speak"),
    )
}

fn run(directory: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rushes"));
    Ok(command.args(arguments).env("RUSHES_SPEAK", speak()).current_dir(directory).output()?)
}

const SPEC: &str = r##"{
    "scenes": [{"text": "One sentence. And another one."}, {"text": "A second scene.", "duration_s": 13}],
    "output": {"resolution": "720p", "fps": 25}
}"##;

#[test]
fn a_video_is_told_as_its_render_was_reported() -> Result<()> {
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("spec.json"), SPEC)?;
    let rendered = run(directory.path(), &["render", "spec.json", "-o", "out.mp4", "--json", "--no-cache"])?;
    let report: Value = serde_json::from_slice(&rendered.stdout)?;
    let inspected = run(directory.path(), &["inspect", "out.mp4", "--json"])?;
    ensure!(inspected.status.success(), "{}", String::from_utf8_lossy(&inspected.stderr));
    let told: Value = serde_json::from_slice(&inspected.stdout)?;
    let pictures = &told["pictures"];
    ensure!(told["bytes"] == report["bytes"] && pictures["frames"] == report["frames"], "{told}\n{report}");
    ensure!(pictures["distinct_frames"] == report["distinct_frames"], "{told}\n{report}");
    ensure!(pictures["segments"].as_array().map(Vec::len) == report["segments"]["total"].as_u64().map(|n| n as usize));
    ensure!(pictures["width"] == 1280 && pictures["height"] == 720 && pictures["fps"] == 25.0, "{told}");
    let loudness = told["sound"]["integrated_lufs"].as_f64();
    ensure!(loudness.is_some_and(|lufs| (lufs + 14.0).abs() < 0.5), "{told}");
    ensure!(told["sound"]["true_peak_dbtp"].as_f64().is_some_and(|peak| peak <= -1.0), "{told}");
    let text = String::from_utf8(run(directory.path(), &["inspect", "out.mp4"])?.stdout)?;
    ensure!(text.contains("1280x720") && text.contains("LUFS") && text.contains("segment"), "{text}");
    Ok(())
}

#[test]
fn a_foreign_video_is_told_too() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let ffmpeg = std::env::var_os("RUSHES_FFMPEG").unwrap_or_else(|| "ffmpeg".into());
    let arguments = "-v error -f lavfi -i testsrc=s=320x240:r=25:d=2 -c:v libx264 -pix_fmt yuv420p -g 25 foreign.mp4";
    let made = Command::new(ffmpeg).args(arguments.split(' ')).current_dir(directory.path()).status()?;
    ensure!(made.success());
    let inspected = run(directory.path(), &["inspect", "foreign.mp4", "--json"])?;
    let told: Value = serde_json::from_slice(&inspected.stdout)?;
    ensure!(told["pictures"]["frames"] == 50 && told["sound"].is_null(), "{told}");
    let segments = told["pictures"]["segments"].as_array().map(Vec::len);
    ensure!(segments == Some(2) && told["pictures"]["distinct_frames"] == 50, "{told}");
    Ok(())
}

#[test]
fn what_is_no_whole_video_is_an_error_with_its_name() -> Result<()> {
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("short.mp4"), b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2\0\0\0\xffmoov")?;
    std::fs::write(directory.path().join("text.txt"), b"not a video")?;
    for (file, what) in [("short.mp4", "short.mp4"), ("text.txt", "the spec"), ("missing.mp4", "missing.mp4")] {
        let output = run(directory.path(), &["inspect", file])?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code() == Some(1) && said.contains(what) && !said.contains("panicked"), "{said}");
    }
    Ok(())
}

#[test]
fn a_spec_is_told_as_it_would_be_rendered_and_what_is_remembered() -> Result<()> {
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("spec.json"), SPEC)?;
    let inspect = || -> Result<Value> {
        let inspected = run(directory.path(), &["inspect", "spec.json", "--json", "--cache-dir", "cache"])?;
        ensure!(inspected.status.success(), "{}", String::from_utf8_lossy(&inspected.stderr));
        Ok(serde_json::from_slice(&inspected.stdout)?)
    };
    let remembered = |told: &Value| {
        let segments = told["segments"].as_array().map_or(&[][..], Vec::as_slice);
        (segments.len(), segments.iter().filter(|segment| segment["remembered"] == true).count())
    };
    let before = inspect()?;
    let rendered = run(directory.path(), &["render", "spec.json", "-o", "out.mp4", "--json", "--cache-dir", "cache"])?;
    let report: Value = serde_json::from_slice(&rendered.stdout)?;
    let after = inspect()?;
    ensure!(before["frames"] == report["frames"] && before["distinct_frames"] == report["distinct_frames"], "{before}");
    let (total, found) = remembered(&before);
    ensure!(found == 0 && report["segments"]["total"] == total, "{before}");
    ensure!(remembered(&after) == (total, total), "{after}");
    Ok(())
}

#[test]
fn a_preview_is_the_frame_alone_and_a_moment_behind_the_end_is_refused() -> Result<()> {
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("spec.json"), SPEC)?;
    let made = run(directory.path(), &["preview", "spec.json", "--at", "1.5s", "-o", "frame.png", "--no-cache"])?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let picture = std::fs::read(directory.path().join("frame.png"))?;
    // The signature, and the width and height in the first chunk (PNG, clauses 5.2 and 11.2.1).
    ensure!(picture.starts_with(b"\x89PNG\r\n\x1a\n") && picture[16..24] == [0, 0, 5, 0, 0, 0, 2, 208]);
    let late = run(directory.path(), &["preview", "spec.json", "--at", "10m", "-o", "late.png", "--no-cache"])?;
    let said = String::from_utf8_lossy(&late.stderr);
    ensure!(late.status.code() == Some(1) && said.contains("the video lasts"), "{said}");
    ensure!(!directory.path().join("late.png").exists());
    Ok(())
}
