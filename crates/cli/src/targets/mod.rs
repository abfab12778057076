//! Files that a command writes: nothing of the person's own is written over.

mod earlier;
mod error;
mod inputs;
mod seal;
mod write;

pub use error::TargetError;
pub use inputs::Inputs;
pub use seal::{SealedFormat, SubtitleHash, seal};
pub use write::{is_no_file, put, scratch_beside, video_of, write};

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rushes_core::spec::Shape;
use rustix::fs::Access;

use write::{folder_of, place};

/// Extensions of videos: all that is written is MP4.
const VIDEO_EXTENSIONS: [&str; 2] = ["mp4", "m4v"];

/// What a file to be written is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An MP4 file.
    Video,
    /// A file that says of itself who made it, and what of it was made.
    Sealed(SealedFormat),
    /// Subtitles that a sealed file beside them knows.
    SubRip,
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As the person named it.
    path: PathBuf,
    kind: Kind,
}

/// All files that a command writes.
#[derive(Clone, Debug)]
pub struct Targets {
    targets: Vec<Target>,
}

impl Targets {
    /// Those of a render: the video at `output`, subtitles and poster beside it, and video and poster of every
    /// further shape.
    ///
    /// # Errors
    /// [`TargetError`] when `output` is no name for a video.
    pub fn of_render(output: &Path, further: impl IntoIterator<Item = Shape>) -> Result<Self, TargetError> {
        check_video_name(output)?;
        let target = |path: PathBuf, kind| Target { path, kind };
        let mut targets = vec![
            target(output.to_owned(), Kind::Video),
            target(output.with_extension("srt"), Kind::SubRip),
            target(output.with_extension("vtt"), Kind::Sealed(SealedFormat::WebVtt)),
            target(output.with_extension("jpg"), Kind::Sealed(SealedFormat::Jpeg)),
        ];
        for shape in further {
            let video = video_of(Some(shape), output);
            targets.push(target(video.with_extension("jpg"), Kind::Sealed(SealedFormat::Jpeg)));
            targets.push(target(video, Kind::Video));
        }
        Ok(Self { targets })
    }

    /// That of a preview.
    pub fn of_preview(output: &Path, format: SealedFormat) -> Self {
        Self { targets: vec![Target { path: output.to_owned(), kind: Kind::Sealed(format) }] }
    }

    /// Fails where writing one of them would lose something. With `force`, files that are not known as earlier
    /// outputs may be lost; what the command reads, and what is no file, never.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn check(&self, inputs: &Inputs, force: bool) -> Result<(), TargetError> {
        self.targets.iter().try_for_each(|target| target.check(inputs, force))
    }
}

impl Target {
    fn check(&self, inputs: &Inputs, force: bool) -> Result<(), TargetError> {
        let path = || self.path.clone();
        if inputs.have(&self.path) {
            return Err(TargetError::IsRead { path: path() });
        }
        if self.path.as_os_str().as_bytes().ends_with(b"/") {
            return Err(TargetError::NoFile { path: path(), what: "a folder" });
        }
        match std::fs::metadata(&self.path) {
            Ok(metadata) if !metadata.is_file() => {
                return Err(TargetError::NoFile { path: path(), what: what_is(metadata.file_type()) });
            }
            Ok(metadata) => {
                if !force && (metadata.permissions().readonly() || !self.is_earlier_output()) {
                    return Err(TargetError::Foreign { path: path() });
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if self.path.is_symlink() {
                    return Err(TargetError::NoFile { path: path(), what: "a link to nothing" });
                }
            }
            Err(source) => return Err(TargetError::Unreachable { path: path(), source }),
        }
        check_folder(folder_of(&place(&self.path)))
    }
}

fn check_folder(folder: &Path) -> Result<(), TargetError> {
    if !folder.is_dir() {
        return Err(TargetError::NoFolder { folder: folder.to_owned() });
    }
    rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| TargetError::Unwritable { folder: folder.to_owned(), source: error.into() })
}

/// Fails for a name that a video should not have: that of one of its own side files, of another format, or none.
fn check_video_name(output: &Path) -> Result<(), TargetError> {
    let extension = output.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    let path = || output.to_owned();
    match extension.as_str() {
        "srt" | "vtt" | "jpg" => Err(TargetError::SideFile { path: path(), instead: output.with_extension("mp4") }),
        _ if VIDEO_EXTENSIONS.contains(&extension.as_str()) => Ok(()),
        // What is there and no file is told so below, whatever its name.
        _ if is_no_file(output) => Ok(()),
        _ => Err(TargetError::NoVideoName { path: path() }),
    }
}

fn what_is(kind: std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}
