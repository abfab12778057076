//! ffmpeg as the layer carries it: compressed, since unpacked it has two thirds of what Lambda allows a
//! function and its layers together.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rushes_runtime::config::{optional, parsed};

/// The ffmpeg to use: that of `RUSHES_FFMPEG_ARCHIVE`, unpacked once a machine, else that of `RUSHES_FFMPEG`.
pub fn program() -> anyhow::Result<PathBuf> {
    match optional("RUSHES_FFMPEG_ARCHIVE") {
        Some(archive) => {
            let archive = Path::new(&archive);
            unpacked(archive, &std::env::temp_dir()).with_context(|| format!("{} was not unpacked", archive.display()))
        }
        None => Ok(parsed("RUSHES_FFMPEG", PathBuf::from("ffmpeg"))?),
    }
}

/// What the archive holds, as a program in `directory`. One that an earlier process of this machine has
/// left there whole is taken as it is.
fn unpacked(archive: &Path, directory: &Path) -> io::Result<PathBuf> {
    let size_bytes = fs::metadata(archive)?.len();
    let program = directory.join(format!("rushes-ffmpeg-{size_bytes}"));
    if program.is_file() {
        return Ok(program);
    }
    let mut unpacked = tempfile::NamedTempFile::new_in(directory)?;
    zstd::stream::copy_decode(BufReader::new(File::open(archive)?), &mut unpacked)?;
    unpacked.flush()?;
    unpacked.as_file().set_permissions(fs::Permissions::from_mode(0o755))?;
    // Whole or not at all. A program that is open for writing cannot be run.
    unpacked.into_temp_path().persist(&program)?;
    Ok(program)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_program_is_unpacked_once_and_runs() {
        let directory = tempfile::tempdir().unwrap();
        let archive = directory.path().join("ffmpeg.zst");
        fs::write(&archive, zstd::encode_all(&b"#!/bin/sh\necho unpacked\n"[..], 3).unwrap()).unwrap();
        let program = unpacked(&archive, directory.path()).unwrap();
        assert_eq!(Command::new(&program).output().unwrap().stdout, b"unpacked\n");
        fs::write(&program, "#!/bin/sh\necho as it was left\n").unwrap();
        let again = unpacked(&archive, directory.path()).unwrap();
        assert_eq!(Command::new(again).output().unwrap().stdout, b"as it was left\n");
    }

    #[test]
    fn of_a_damaged_archive_nothing_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let archive = directory.path().join("ffmpeg.zst");
        let whole = zstd::encode_all(&[7; 100_000][..], 3).unwrap();
        fs::write(&archive, &whole[..whole.len() - 5]).unwrap();
        assert!(unpacked(&archive, directory.path()).is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
