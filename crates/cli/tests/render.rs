//! `rushes render` as a person uses it: the real program, ffmpeg and voice.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

/// The helper that speaks lies beside the program; `cargo test` alone does not build it.
fn speak() -> PathBuf {
    std::env::var_os("RUSHES_BIN_DIR").map_or_else(
        || Path::new(env!("CARGO_BIN_EXE_rushes")).with_file_name("rushes-speak"),
        |bin| PathBuf::from(bin).join("rushes-speak"),
    )
}

fn rushes(spec: &str, directory: &Path, more: &[&str]) -> Result<Output> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rushes"))
        .args(["render", "-", "-o", "out.mp4", "--no-cache"])
        .args(more)
        .env("RUSHES_SPEAK", speak())
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("stdin")?.write_all(spec.as_bytes())?;
    Ok(child.wait_with_output()?)
}

fn names_in(directory: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

const SPEC: &str = r##"{
    "title": "A test",
    "scenes": [
        {"text": "Dr. Smith has 3 apples. That is all!", "background": {"type": "gradient", "from": "#102030", "to": "#405060"}},
        {"text": "Und jetzt etwas anderes.", "title": "Second", "duration_s": 4}
    ],
    "output": {"resolution": "720p", "aspect": "9:16", "fps": 25}
}"##;

#[test]
fn a_spec_becomes_a_video_with_subtitles_a_poster_and_a_report() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let output = rushes(SPEC, directory.path(), &["--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    for field in ["frames", "distinct_frames", "segments", "duration_s", "wall_ms", "bytes", "sha256"] {
        ensure!(!report[field].is_null(), "the report has no {field}: {report}");
    }
    ensure!(report["width"] == 720 && report["height"] == 1280 && report["fps"] == 25);
    ensure!(report["distinct_frames"].as_u64() < report["frames"].as_u64());
    ensure!(names_in(directory.path())? == ["out.jpg", "out.mp4", "out.srt", "out.vtt"]);
    let size = std::fs::metadata(directory.path().join("out.mp4"))?.len();
    ensure!(report["bytes"] == size);
    let subtitles = std::fs::read_to_string(directory.path().join("out.srt"))?;
    ensure!(
        subtitles.starts_with("1\n00:00:00,000 --> ") && subtitles.contains("Dr. Smith has 3 apples."),
        "{subtitles}"
    );
    Ok(())
}

#[test]
fn a_channel_in_a_file_fills_what_the_spec_does_not_say() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let channel = json!({"output": {"resolution": "480p", "aspect": "1:1", "fps": 25}, "captions": {"style": "none"}});
    std::fs::create_dir(directory.path().join("channels"))?;
    std::fs::write(directory.path().join("channels/science.json"), channel.to_string())?;
    let spec = r#"{"channel": "science", "script": "Hi.", "output": {"fps": 24}}"#;
    let output = rushes(spec, directory.path(), &["--json", "--channel", "channels/science.json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(report["width"] == 480 && report["height"] == 480 && report["fps"] == 24, "{report}");
    let output = rushes(spec, directory.path(), &[])?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success() && said.contains("named with --channel"), "{said}");
    Ok(())
}

#[test]
fn the_same_spec_gives_the_same_bytes() -> Result<()> {
    let mut hashes = Vec::new();
    for workers in ["1", "3"] {
        let directory = tempfile::tempdir()?;
        let output = rushes(SPEC, directory.path(), &["--json", "--workers", workers])?;
        let report: Value = serde_json::from_slice(&output.stdout)?;
        hashes.push(report["sha256"].clone());
    }
    ensure!(hashes[0] == hashes[1], "{hashes:?}");
    Ok(())
}

#[test]
fn a_second_render_reuses_every_segment_of_the_first() -> Result<()> {
    let (directory, cache) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let spec = directory.path().join("spec.json");
    std::fs::write(&spec, SPEC)?;
    let mut reports = Vec::new();
    for _ in 0..2 {
        let output = Command::new(env!("CARGO_BIN_EXE_rushes"))
            .args(["render", "spec.json", "-o", "out.mp4", "--json", "--cache-dir"])
            .arg(cache.path())
            .env("RUSHES_SPEAK", speak())
            .current_dir(directory.path())
            .output()?;
        reports.push(serde_json::from_slice::<Value>(&output.stdout)?);
    }
    ensure!(reports[0]["segments"]["reused"] == 0, "{}", reports[0]);
    ensure!(reports[1]["segments"]["reused"] == reports[1]["segments"]["total"], "{}", reports[1]);
    ensure!(reports[0]["sha256"] == reports[1]["sha256"]);
    Ok(())
}

#[test]
fn what_cannot_be_made_is_told_with_its_place_and_leaves_nothing() -> Result<()> {
    let cases = [
        (r#"{"script": "Hi.", "colour": 1}"#, "/colour"),
        (r#"{"script": "Hi.", "voice": {"name": "klingon"}}"#, "/voice/name"),
        (r#"{"script": "Hi.", "background": {"type": "image", "path": "nowhere.png"}}"#, "/background/path"),
        (r#"{"script": "Hi.", "background": {"type": "image", "path": "/etc/passwd"}}"#, "/background/path"),
        (r#"{"script": "Hi.", "background": {"type": "image", "url": "https://127.0.0.1/a.png"}}"#, "/background/url"),
        ("not json", ""),
    ];
    for (spec, place) in cases {
        let directory = tempfile::tempdir()?;
        let output = rushes(spec, directory.path(), &[])?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.code() == Some(1) && said.contains(place) && !said.contains("panicked"),
            "{spec}: {said}"
        );
        ensure!(names_in(directory.path())?.is_empty(), "{spec} left files behind");
    }
    Ok(())
}

#[test]
fn a_spec_with_two_outputs_becomes_two_videos_with_the_same_sound() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let spec = r#"{"script": "One voice, two shapes.", "outputs": ["16:9 480p", "9:16 480p"]}"#;
    let output = rushes(spec, directory.path(), &["--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = ["out-9x16-480p.jpg", "out-9x16-480p.mp4", "out.jpg", "out.mp4", "out.srt", "out.vtt"];
    ensure!(names_in(directory.path())? == names);
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let [first, second] = report["outputs"].as_array().context("outputs")?.as_slice() else { bail!("{report}") };
    ensure!((&first["width"], &first["height"]) == (&json!(854), &json!(480)));
    ensure!((&second["width"], &second["height"]) == (&json!(480), &json!(854)));
    ensure!(first["frames"] == second["frames"] && first["sha256"] == report["sha256"]);
    ensure!((&first["output"], &second["output"]) == (&json!("out.mp4"), &json!("out-9x16-480p.mp4")));
    ensure!(sound_of(&directory.path().join("out.mp4"))? == sound_of(&directory.path().join("out-9x16-480p.mp4"))?);
    Ok(())
}

/// A hash of the encoded sound in a file.
fn sound_of(video: &Path) -> Result<Vec<u8>> {
    let ffmpeg = std::env::var_os("RUSHES_FFMPEG").unwrap_or_else(|| "ffmpeg".into());
    let mut command = Command::new(ffmpeg);
    command.args(["-v", "error", "-i"]).arg(video);
    let output = command.args(["-map", "0:a", "-c", "copy", "-f", "md5", "-"]).output()?;
    ensure!(output.status.success() && !output.stdout.is_empty());
    Ok(output.stdout)
}

#[test]
fn without_ffmpeg_the_message_says_what_to_do() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let output = rushes(SPEC, directory.path(), &["--ffmpeg", "/nonexistent/ffmpeg"])?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(1) && said.contains("RUSHES_FFMPEG"), "{said}");
    ensure!(names_in(directory.path())?.is_empty());
    Ok(())
}

#[test]
fn an_interrupt_ends_the_work_and_leaves_nothing() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let long =
        format!(r#"{{"script": "{}", "output": {{"resolution": "2160p"}}}}"#, "A rather long story. ".repeat(300));
    let mut child = Command::new(env!("CARGO_BIN_EXE_rushes"))
        .args(["render", "-", "-o", "out.mp4", "--no-cache"])
        .env("RUSHES_SPEAK", speak())
        .current_dir(directory.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("stdin")?.write_all(long.as_bytes())?;
    // The work has begun when its directory is there.
    while names_in(directory.path())?.is_empty() {
        ensure!(child.try_wait()?.is_none(), "it ended before it could be interrupted");
        std::thread::yield_now();
    }
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id())?).context("pid")?;
    rustix::process::kill_process(pid, rustix::process::Signal::INT)?;
    let output = child.wait_with_output()?;
    ensure!(output.status.code() == Some(130), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    ensure!(names_in(directory.path())?.is_empty(), "{:?}", names_in(directory.path())?);
    Ok(())
}
