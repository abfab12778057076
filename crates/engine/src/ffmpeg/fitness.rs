//! Whether an ffmpeg can do what is asked of it: tried once, before the first work.

use std::path::Path;
use std::time::{Duration, SystemTime};

use rushes_core::ports::RenderError;

use super::Ffmpeg;

const DEADLINE: Duration = Duration::from_secs(20);
/// One picture, coded as all are, whose time is told as those of clips are (ffmpeg 6.0 and newer do so).
const TRIAL: &str = "-f lavfi -i color=size=64x64:rate=25 -frames:v 1 -fps_mode passthrough \
                     -c:v libx264 -preset ultrafast -threads 1 -stats_enc_pre:v:0 pipe:1 -f null -";
/// What of a version is shown.
const VERSION_CHARACTERS: usize = 40;

/// A program file as it was when it was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    size_bytes: u64,
    modified: Option<SystemTime>,
}

impl Identity {
    fn of(program: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(program).ok()?;
        Some(Self { size_bytes: metadata.len(), modified: metadata.modified().ok() })
    }
}

impl Ffmpeg {
    /// Fails where this ffmpeg cannot make videos. Success holds until the program is another one, for all clones.
    ///
    /// # Errors
    /// [`RenderError::FfmpegMissing`] or [`RenderError::FfmpegUnfit`].
    pub async fn check(&self) -> Result<(), RenderError> {
        let identity = Identity::of(&self.program);
        let mut fit = self.fit.lock().await;
        if identity.is_some() && *fit == identity {
            return Ok(());
        }
        self.try_out().await?;
        *fit = identity;
        Ok(())
    }

    async fn try_out(&self) -> Result<(), RenderError> {
        let trial = self.start("trying ffmpeg", DEADLINE, TRIAL.split_whitespace())?;
        let reason = match trial.output().await {
            Ok(told) if !told.is_empty() => return Ok(()),
            Ok(_) => "it does not tell the times of pictures".to_owned(),
            Err(RenderError::Ffmpeg { status, stderr, .. }) => {
                tracing::debug!(status, stderr, "ffmpeg failed its trial");
                lack(&stderr, &status)
            }
            Err(error) => error.to_string(),
        };
        Err(RenderError::FfmpegUnfit { path: self.program.clone(), version: self.version().await, reason })
    }

    /// As it calls itself: `5.1.9-0+deb12u1`.
    async fn version(&self) -> String {
        let asked = self.start("asking ffmpeg for its version", DEADLINE, ["-version"]);
        let told = match asked {
            Ok(running) => running.output().await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        version(&String::from_utf8_lossy(&told)).unwrap_or_else(|| "of an unknown version".to_owned())
    }
}

/// What is missing, from the words of an ffmpeg that failed.
fn lack(words: &str, status: &str) -> String {
    if words.contains("libx264") {
        "it was built without libx264".to_owned()
    } else if words.contains("stats_enc_pre") || words.contains("fps_mode") {
        "it is too old".to_owned()
    } else {
        format!("it could not encode one picture ({status})")
    }
}

fn version(told: &str) -> Option<String> {
    let name = told.lines().next()?.strip_prefix("ffmpeg version ")?.split_whitespace().next()?;
    Some(name.chars().filter(|character| !character.is_control()).take(VERSION_CHARACTERS).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A program in place of ffmpeg.
    fn stand_in(directory: &Path, does: &str) -> Ffmpeg {
        let program = directory.join("ffmpeg");
        let script = format!("#!/bin/sh\nPATH=/usr/bin:/bin\necho x >> '{}/calls'\n{does}\n", directory.display());
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Ffmpeg::new(program)
    }

    fn calls(directory: &Path) -> usize {
        std::fs::read_to_string(directory.join("calls")).unwrap_or_default().lines().count()
    }

    const VERSION: &str = "case \"$*\" in *-version) echo 'ffmpeg version 5.1.9-0+deb12u1 Copyright'; exit;; esac";

    #[tokio::test]
    async fn an_unfit_ffmpeg_is_told_with_its_version_and_what_it_lacks() {
        let cases = [
            ("echo \"Unrecognized option 'stats_enc_pre:v:0'.\" >&2; exit 1", "too old"),
            ("echo \"Unknown encoder 'libx264'\" >&2; exit 8", "without libx264"),
            ("echo 'secret words' >&2; kill -9 $$", "signal: 9"),
            ("exit 0", "times of pictures"),
        ];
        for (does, reason) in cases {
            let directory = tempfile::tempdir().unwrap();
            let ffmpeg = stand_in(directory.path(), &format!("{VERSION}\n{does}"));
            let error = ffmpeg.check().await.unwrap_err();
            assert!(matches!(error, RenderError::FfmpegUnfit { .. }), "{does}: {error:?}");
            let said = error.to_string();
            for part in [reason, "5.1.9-0+deb12u1", "6.0", "libx264", "RUSHES_FFMPEG"] {
                assert!(said.contains(part), "{part}: {said}");
            }
            assert!(!said.contains("secret words") && !said.contains('\n'), "{said}");
        }
    }

    #[tokio::test]
    async fn a_fit_ffmpeg_is_tried_once_and_again_when_it_is_another() {
        let directory = tempfile::tempdir().unwrap();
        let ffmpeg = stand_in(directory.path(), "echo '0 1/25'");
        for _ in 0..3 {
            ffmpeg.clone().check().await.unwrap();
        }
        assert_eq!(calls(directory.path()), 1);
        let _other = stand_in(directory.path(), &format!("{VERSION}\nexit 1"));
        assert!(ffmpeg.check().await.is_err());
    }

    #[tokio::test]
    async fn no_such_program_is_told_so() {
        let error = Ffmpeg::new("/nowhere/ffmpeg".into()).check().await.unwrap_err();
        assert!(matches!(error, RenderError::FfmpegMissing { .. }), "{error:?}");
        assert!(error.to_string().contains("/nowhere/ffmpeg") && error.to_string().contains("6.0"), "{error}");
    }

    #[test]
    fn versions_are_read_as_builds_name_themselves() {
        let read = |line: &str| version(line);
        assert_eq!(read("ffmpeg version n9.0.2-17-g2a57 Copyright (c)\nbuilt"), Some("n9.0.2-17-g2a57".to_owned()));
        assert_eq!(read("ffmpeg version 4.2.2-static https://x Copyright"), Some("4.2.2-static".to_owned()));
        assert_eq!(read("avconv"), None);
        assert_eq!(read(""), None);
    }
}
