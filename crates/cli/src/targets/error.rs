//! Why a file is not written.

use std::path::PathBuf;

/// Why a file is not written: one line that names it and says how to go on.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The command reads it.
    #[error("{} is read for this and would be written over: name another file with -o", .path.display())]
    IsRead {
        /// The file.
        path: PathBuf,
    },
    /// Something else bears that name.
    #[error("{} is {what}, and stays as it is: name a file with -o", .path.display())]
    NoFile {
        /// The name.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// It may be the person's own work.
    #[error(
        "{} is there already, and is not as Rushes once left it: move it, name another file with -o, or write over it \
         with --force", .path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The video would bear the name of a file beside it.
    #[error("{} is no name for a video, since subtitles and poster get such names: try -o {}", .path.display(), .instead.display())]
    SideFile {
        /// The name.
        path: PathBuf,
        /// A better one.
        instead: PathBuf,
    },
    /// The name promises another format, or none.
    #[error("{} is no name for a video: Rushes writes MP4, to names that end in .mp4 or .m4v", .path.display())]
    NoVideoName {
        /// The name.
        path: PathBuf,
    },
    /// The name promises a format that pictures are not written in.
    #[error("{} is no name for a picture: Rushes writes PNG and JPEG, to names that end in .png, .jpg or .jpeg", .path.display())]
    NoPictureName {
        /// The name.
        path: PathBuf,
    },
    /// There is no place for it.
    #[error("the folder {} is not there: make it, or name another with -o", .folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no place for it that may be used.
    #[error("nothing can be written in the folder {}: change that, or name another with -o", .folder.display())]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It cannot be looked at.
    #[error("{} cannot be written: name another file with -o", .path.display())]
    Unreachable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
