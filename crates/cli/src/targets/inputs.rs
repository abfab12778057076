//! Files that a command reads.

use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rushes_core::spec::{MediaSource, VideoSpec};

/// Files that a command reads, known by where they lie and by what they are: a hard link, a link or another
/// spelling is the same file.
#[derive(Debug, Default)]
pub struct Inputs {
    paths: HashSet<PathBuf>,
    identities: HashSet<(u64, u64)>,
}

impl Inputs {
    /// The spec (`-` for standard input), what fills it, and all media that it names.
    pub fn of(spec_path: &Path, channel: Option<&Path>, spec: &VideoSpec) -> Self {
        let mut inputs = Self::default();
        if spec_path == Path::new("-") {
            inputs.add_standard_input();
        } else {
            inputs.add(spec_path);
        }
        if let Some(channel) = channel {
            inputs.add(channel);
        }
        for media in spec.media() {
            if let MediaSource::Path(path) = &media.source {
                inputs.add(path);
            }
        }
        inputs
    }

    /// Whether writing to `path` would change one of them.
    pub fn have(&self, path: &Path) -> bool {
        path.metadata().is_ok_and(|metadata| self.identities.contains(&identity(&metadata)))
            || path.canonicalize().is_ok_and(|path| self.paths.contains(&path))
    }

    /// What cannot be looked at cannot be read either; that is told where it is read.
    fn add(&mut self, path: &Path) {
        self.identities.extend(path.metadata().map(|metadata| identity(&metadata)));
        self.paths.extend(path.canonicalize());
    }

    /// A file may have been redirected to it.
    fn add_standard_input(&mut self) {
        let opened = std::io::stdin().as_fd().try_clone_to_owned().map(File::from);
        let metadata = opened.and_then(|file| file.metadata());
        self.identities.extend(metadata.map(|metadata| identity(&metadata)));
    }
}

/// The file system and the number in it: what all names of a file share.
fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
