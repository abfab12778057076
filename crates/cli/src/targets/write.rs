//! Writing files in one step.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rushes_core::scratch::Scratch;
use rushes_core::spec::Shape;

/// The video of a shape; further ones say it in their name, as in `out-9x16-1080p.mp4`.
pub fn video_of(further: Option<Shape>, output: &Path) -> PathBuf {
    let Some(shape) = further else { return output.to_owned() };
    let mut name = output.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{}", shape.file_suffix()));
    if let Some(extension) = output.extension() {
        name.push(".");
        name.push(extension);
    }
    output.with_file_name(name)
}

/// The folder that holds `path`.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts a finished file at its place in one step: there is the old one or the new one, whole. A link there stays,
/// and what it points to is replaced.
///
/// # Errors
/// When it cannot be written.
pub fn put(from: &Path, to: &Path) -> std::io::Result<()> {
    let to = place(to);
    match std::fs::rename(from, &to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            let beside = Scratch::create_in(folder_of(&to), ".rushes-")?;
            let copy = beside.path().join("copy");
            std::fs::copy(from, &copy)?;
            std::fs::rename(&copy, &to)
        }
        outcome => outcome,
    }
}

/// A directory for unfinished files on the output's own disk, gone at the end whatever happens.
pub fn scratch_beside(output: &Path) -> anyhow::Result<Scratch> {
    let folder = folder_of(&place(output)).to_owned();
    Scratch::create_in(&folder, ".rushes-").with_context(|| format!("nothing can be written in {}", folder.display()))
}

/// Writes a file in one step by way of the directory for unfinished ones.
pub fn write(scratch: &Path, bytes: &[u8], to: &Path) -> anyhow::Result<()> {
    let unfinished = scratch.join("unfinished");
    let written = std::fs::write(&unfinished, bytes).and_then(|()| put(&unfinished, to));
    written.with_context(|| format!("{} cannot be written", to.display()))
}

/// Whether something is there that is no file, such as a folder or a device.
pub fn is_no_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file())
}

/// Where a file lies when links were followed.
pub fn place(path: &Path) -> PathBuf {
    if path.is_symlink() { path.canonicalize().unwrap_or_else(|_| path.to_owned()) } else { path.to_owned() }
}
