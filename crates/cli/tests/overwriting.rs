//! Nothing of the person's own is written over by `rushes render` and `rushes preview`.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Result, ensure};
use serde_json::json;

/// Told before anything is spoken or rendered: there is no ffmpeg and no voice.
fn refused(directory: &Path, arguments: &[&str], input: Option<&str>) -> Result<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rushes"));
    command.args(arguments).args(["--no-cache", "--ffmpeg", "/nowhere", "--speak", "/nowhere"]).current_dir(directory);
    let stdin = input.map(|name| std::fs::File::open(directory.join(name))).transpose()?;
    let output = command.stdin(stdin.map_or_else(Stdio::null, Stdio::from)).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.code() == Some(1) && said.lines().count() == 1, "{arguments:?}: {said}");
    Ok(said)
}

/// A folder with files of the person's own, and specs that read some of them.
fn folder() -> Result<tempfile::TempDir> {
    let directory = tempfile::tempdir()?;
    let path = |name: &str| directory.path().join(name);
    for name in ["holiday.jpg", "clip.mp4", "own.srt", "own.mp4", "own.png", "song.mp4"] {
        std::fs::write(path(name), format!("my {name}"))?;
    }
    let spec =
        json!({"script": "Hi.", "background": {"type": "image", "path": "holiday.jpg"}, "music": {"path": "song.mp4"}});
    std::fs::write(path("spec.json"), spec.to_string())?;
    let with_clip = json!({"script": "Hi.", "background": {"type": "video", "path": "clip.mp4"}});
    std::fs::write(path("clip.json"), with_clip.to_string())?;
    std::fs::write(path("shapes.json"), json!({"script": "Hi.", "outputs": ["16:9 480p", "9:16 480p"]}).to_string())?;
    std::fs::write(path("channel.mp4"), json!({"captions": {"style": "none"}}).to_string())?;
    std::fs::copy(path("spec.json"), path("spec.mp4"))?;
    std::fs::hard_link(path("clip.mp4"), path("hard.mp4"))?;
    symlink("clip.mp4", path("soft.mp4"))?;
    symlink("nowhere", path("dangling.mp4"))?;
    std::fs::create_dir(path("sub"))?;
    std::fs::create_dir(path("sub/folder.mp4"))?;
    rustix::fs::mknodat(rustix::fs::CWD, path("pipe.mp4"), rustix::fs::FileType::Fifo, 0o600.into(), 0)?;
    std::fs::write(path("own-9x16-480p.jpg"), "mine")?;
    std::fs::remove_file(path("own.mp4"))?;
    Ok(directory)
}

/// Name, kind and content of all that is in the folder.
fn contents(directory: &Path) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let content = if kind.is_file() { std::fs::read_to_string(entry.path())? } else { String::new() };
        all.push(format!("{:?} {kind:?} {content}", entry.file_name()));
    }
    all.sort();
    Ok(all)
}

#[test]
fn a_name_under_which_something_would_be_lost_is_refused_before_any_work_and_says_which() -> Result<()> {
    let directory = folder()?;
    let before = contents(directory.path())?;
    let absolute = directory.path().join("clip.mp4").display().to_string();
    let is_read = "is read for this";
    let cases: [(&[&str], &str, &str); 24] = [
        (&["render", "spec.json", "-o", "holiday.mp4"], "holiday.jpg", is_read),
        (&["render", "clip.json", "-o", "clip.mp4"], "clip.mp4", is_read),
        (&["render", "clip.json", "-o", "./sub/../clip.mp4"], "clip.mp4", is_read),
        (&["render", "clip.json", "-o", &absolute], "clip.mp4", is_read),
        (&["render", "clip.json", "-o", "hard.mp4"], "hard.mp4", is_read),
        (&["render", "clip.json", "-o", "soft.mp4"], "soft.mp4", is_read),
        (&["render", "clip.json", "-o", "soft.mp4", "--force"], "soft.mp4", is_read),
        (&["render", "spec.json", "-o", "song.mp4", "--force"], "song.mp4", is_read),
        (&["render", "spec.mp4", "-o", "spec.mp4"], "spec.mp4", is_read),
        (&["render", "spec.json", "--channel", "channel.mp4", "-o", "channel.mp4"], "channel.mp4", is_read),
        (&["render", "spec.json", "-o", "own.mp4"], "own.srt", "--force"),
        (&["render", "shapes.json", "-o", "own.mp4"], "own.srt", "--force"),
        (&["render", "spec.json", "-o", "pipe.mp4", "--force"], "pipe.mp4", "is a pipe"),
        (&["render", "spec.json", "-o", "dangling.mp4", "--force"], "dangling.mp4", "is a link to nothing"),
        (&["render", "spec.json", "-o", "sub/folder.mp4", "--force"], "sub/folder.mp4", "is a folder"),
        (&["render", "spec.json", "-o", "sub"], "sub", "is a folder"),
        (&["render", "spec.json", "-o", "/dev/null", "--force"], "/dev/null", "is a device"),
        (&["render", "spec.json", "-o", "nowhere/out.mp4"], "nowhere", "is not there"),
        (&["render", "spec.json", "-o", "x.srt"], "x.srt", "try -o x.mp4"),
        (&["render", "spec.json", "-o", "spec.json"], "spec.json", ".mp4"),
        (&["render", "spec.json", "-o", "out"], "out", ".mp4"),
        (&["preview", "spec.json", "-o", "holiday.jpg", "--force"], "holiday.jpg", is_read),
        (&["preview", "spec.json", "-o", "own.png"], "own.png", "--force"),
        (&["preview", "spec.json", "-o", "frame.webp"], "frame.webp", ".jpg"),
    ];
    for (arguments, name, reason) in cases {
        let said = refused(directory.path(), arguments, None)?;
        ensure!(said.contains(name) && said.contains(reason), "{arguments:?}: {said}");
        ensure!(contents(directory.path())? == before, "{arguments:?} changed something");
    }
    let said = refused(directory.path(), &["render", "-", "-o", "spec.mp4"], Some("spec.mp4"))?;
    ensure!(said.contains(is_read), "a spec read from standard input: {said}");
    std::fs::remove_file(directory.path().join("own.srt"))?;
    let said = refused(directory.path(), &["render", "shapes.json", "-o", "own.mp4"], None)?;
    ensure!(said.contains("own-9x16-480p.jpg") && said.contains("--force"), "a further shape's poster: {said}");
    Ok(())
}

fn rushes(directory: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rushes"));
    let speak = std::env::var_os("RUSHES_BIN_DIR").map(|bin| Path::new(&bin).join("rushes-speak"));
    command.args(arguments).envs(speak.map(|speak| ("RUSHES_SPEAK", speak))).current_dir(directory);
    Ok(command.stdin(Stdio::null()).output()?)
}

fn ensure_made(directory: &Path, arguments: &[&str]) -> Result<()> {
    let output = rushes(directory, arguments)?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[test]
fn earlier_outputs_are_written_over_until_a_person_changes_them() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("spec.json"), json!({"script": "Hi.", "output": {"resolution": "480p"}}).to_string())?;
    let cache = path("cache").display().to_string();
    let render = ["render", "spec.json", "-o", "out.mp4", "--cache-dir", &cache];
    ensure_made(directory.path(), &render)?;
    ensure_made(directory.path(), &render)?;
    for name in ["out.srt", "out.vtt", "out.jpg", "out.mp4"] {
        let made = std::fs::read(path(name))?;
        let mut changed = made.clone();
        // In a video the clock of the whole file, as a remuxer sets it.
        let at = made.windows(4).position(|kind| kind == b"mvhd").map_or(made.len() - 2, |found| found + 16);
        changed[at] ^= 1;
        std::fs::write(path(name), &changed)?;
        let output = rushes(directory.path(), &render)?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success() && said.contains(name) && said.contains("--force"), "{name}: {said}");
        ensure!(std::fs::read(path(name))? == changed, "{name} was written over");
        std::fs::write(path(name), made)?;
    }
    // What is known of the subtitles stands in the poster, too.
    std::fs::remove_file(path("out.vtt"))?;
    ensure_made(directory.path(), &render)?;
    std::fs::write(path("out.srt"), "mine")?;
    ensure_made(directory.path(), &[&render[..], &["--force"]].concat())?;
    ensure!(std::fs::read_to_string(path("out.srt"))?.starts_with("1\n"));
    // A link stays one, and its file is replaced.
    std::fs::create_dir(path("elsewhere"))?;
    std::fs::rename(path("out.mp4"), path("elsewhere/out.mp4"))?;
    symlink("elsewhere/out.mp4", path("out.mp4"))?;
    ensure_made(directory.path(), &render)?;
    ensure!(path("out.mp4").is_symlink() && path("elsewhere/out.mp4").is_file());
    Ok(())
}

#[test]
fn a_preview_is_of_the_kind_that_its_name_says_and_can_be_drawn_again() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("spec.json"), json!({"script": "Hi.", "output": {"resolution": "480p"}}).to_string())?;
    let kinds: [(&str, &[u8]); 3] =
        [("frame.png", b"\x89PNG"), ("frame.jpg", b"\xff\xd8\xff"), ("frame.JPEG", b"\xff\xd8\xff")];
    for (name, start) in kinds {
        for _ in 0..2 {
            ensure_made(directory.path(), &["preview", "spec.json", "-o", name, "--no-cache"])?;
        }
        ensure!(std::fs::read(path(name))?.starts_with(start), "{name}");
        let ffmpeg = std::env::var_os("RUSHES_FFMPEG").unwrap_or_else(|| "ffmpeg".into());
        let mut decode = Command::new(ffmpeg);
        decode.args(["-v", "warning", "-xerror", "-i"]).arg(path(name)).args(["-f", "null", "-"]);
        let output = decode.output()?;
        ensure!(output.status.success() && output.stderr.is_empty(), "{name}: {output:?}");
    }
    Ok(())
}

#[test]
fn arguments_without_sense_are_refused_in_words() -> Result<()> {
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("spec.json"), json!({"script": "Hi."}).to_string())?;
    std::fs::write(directory.path().join("story.txt"), "Once upon a time")?;
    let preview = |at: &'static str| ["preview", "spec.json", "--no-cache", "-o", "p.png", "--at", at];
    let cases: [(&[&str], &str); 7] = [
        (&preview("-1s"), "counted from the start"),
        (&preview("soon"), "12.5s"),
        (&preview("1h"), "is behind the end: the video lasts"),
        (&["render", "spec.json", "-o", "out.mp4", "--workers", "-1"], "a whole number from 1 on"),
        (&["dev", "--port", "0"], "from 1 to 65535"),
        (&["inspect", "story.txt"], "is neither an MP4 video nor the spec of one"),
        (&["inspect", "."], "is a folder"),
    ];
    for (arguments, reason) in cases {
        let output = rushes(directory.path(), arguments)?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success() && said.contains(reason), "{arguments:?}: {said}");
    }
    Ok(())
}
