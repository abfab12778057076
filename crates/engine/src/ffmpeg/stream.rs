//! An ffmpeg that decodes while a thread waits for its pictures.

use std::io::{PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rushes_core::ports::RenderError;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{COMMON, Ffmpeg, PIPE_BYTES};

/// What of ffmpeg's words is kept.
const WORDS_BYTES: usize = 256 << 10;

/// Raw pictures and the time of each, as ffmpeg decodes them. Dropping it kills ffmpeg.
///
/// A raw stream has no times, so they come through a second pipe: the child's standard
/// input, turned round. ffmpeg writes a line there before it writes the picture.
pub struct FrameStream {
    child: Child,
    doing: &'static str,
    patience: Duration,
    pictures: ChildStdout,
    times: PipeReader,
    /// Read of `times` and not yet handed out.
    pending: Vec<u8>,
    stderr: Option<ChildStderr>,
    words: Vec<u8>,
}

impl Ffmpeg {
    /// Starts a decoder whose only output is raw video to standard output. Every wait for
    /// the next picture may last `patience`.
    ///
    /// # Errors
    /// [`RenderError::FfmpegMissing`] when there is no such program.
    pub fn start_frames<I>(
        &self,
        doing: &'static str,
        patience: Duration,
        arguments: I,
    ) -> Result<FrameStream, RenderError>
    where
        I: IntoIterator,
        I::Item: AsRef<std::ffi::OsStr>,
    {
        let (times, back) = std::io::pipe().map_err(|source| RenderError::Io { doing, source })?;
        // The command owns the writing end and is dropped with this statement: the pipe ends with the child.
        let mut child = Command::new(&self.program)
            .args(COMMON)
            .arg("-nostdin")
            .args(arguments)
            .args([
                "-stats_enc_pre:v:0",
                "pipe:0",
                "-stats_enc_pre_fmt:v:0",
                "{ptsi} {tbi}",
                "-f",
                "rawvideo",
                "pipe:1",
            ])
            .env_clear()
            .stdin(back)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| self.not_started(source))?;
        let no_output = || RenderError::Broken { reason: "ffmpeg has no output".to_owned(), source: None };
        let pictures = child.stdout.take().ok_or_else(no_output)?;
        let stderr = child.stderr.take();
        // A refused size only makes the pipe slower.
        let _ = rustix::pipe::fcntl_setpipe_size(&pictures, PIPE_BYTES);
        Ok(FrameStream { child, doing, patience, pictures, times, pending: Vec::new(), stderr, words: Vec::new() })
    }
}

/// The time of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameTime {
    /// In units of `time_base`.
    pub ticks: i64,
    /// Seconds in a tick, as numerator and denominator.
    pub time_base: (u32, u32),
}

impl FrameStream {
    /// The time of the next picture, which must be [read](Self::read) afterwards; `None` at the end.
    ///
    /// # Errors
    /// [`RenderError::Deadline`], or [`RenderError::Io`] when the pipe breaks.
    pub fn next_time(&mut self) -> Result<Option<FrameTime>, RenderError> {
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                let time = std::str::from_utf8(&line).ok().and_then(parse_time);
                let reason = || format!("{:?} is no time of a picture", String::from_utf8_lossy(&line));
                return time.map(Some).ok_or_else(|| RenderError::Stream { reason: reason() });
            }
            wait(self.times.as_fd(), &mut self.stderr, &mut self.words, deadline, self.doing, self.patience)?;
            let mut piece = [0; 256];
            match self.times.read(&mut piece) {
                Ok(0) => return Ok(None),
                Ok(count) => self.pending.extend_from_slice(&piece[..count]),
                Err(source) => return Err(RenderError::Io { doing: self.doing, source }),
            }
        }
    }

    /// Fills `bytes` with the next picture; `false` when it does not come whole.
    ///
    /// # Errors
    /// [`RenderError::Deadline`], or [`RenderError::Io`] when the pipe breaks.
    pub fn read(&mut self, bytes: &mut [u8]) -> Result<bool, RenderError> {
        let deadline = Instant::now() + self.patience;
        let mut filled = 0;
        while filled < bytes.len() {
            wait(self.pictures.as_fd(), &mut self.stderr, &mut self.words, deadline, self.doing, self.patience)?;
            match self.pictures.read(&mut bytes[filled..]) {
                Ok(0) => return Ok(false),
                Ok(count) => filled += count,
                Err(source) => return Err(RenderError::Io { doing: self.doing, source }),
            }
        }
        Ok(true)
    }

    /// Everything that ffmpeg said, to its end.
    ///
    /// # Errors
    /// [`RenderError::Deadline`].
    pub fn words(&mut self) -> Result<String, RenderError> {
        let deadline = Instant::now() + self.patience;
        while let Some(stderr) = &self.stderr {
            let mut polled = [PollFd::new(stderr, PollFlags::IN)];
            poll_until(&mut polled, deadline, self.doing, self.patience)?;
            listen(&mut self.stderr, &mut self.words);
        }
        Ok(String::from_utf8_lossy(&self.words).trim().to_owned())
    }
}

impl Drop for FrameStream {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `wanted` can be read or has ended, and hears ffmpeg out meanwhile, so that it never waits for us.
fn wait(
    wanted: BorrowedFd<'_>,
    stderr: &mut Option<ChildStderr>,
    words: &mut Vec<u8>,
    deadline: Instant,
    doing: &'static str,
    patience: Duration,
) -> Result<(), RenderError> {
    loop {
        let (is_wanted_ready, is_heard) = match &stderr {
            Some(open) => {
                let mut polled = [PollFd::from_borrowed_fd(wanted, PollFlags::IN), PollFd::new(open, PollFlags::IN)];
                poll_until(&mut polled, deadline, doing, patience)?;
                (!polled[0].revents().is_empty(), !polled[1].revents().is_empty())
            }
            None => {
                let mut polled = [PollFd::from_borrowed_fd(wanted, PollFlags::IN)];
                poll_until(&mut polled, deadline, doing, patience)?;
                (true, false)
            }
        };
        if is_heard {
            listen(stderr, words);
        }
        if is_wanted_ready {
            return Ok(());
        }
    }
}

fn poll_until(
    polled: &mut [PollFd<'_>],
    deadline: Instant,
    doing: &'static str,
    patience: Duration,
) -> Result<(), RenderError> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).ok();
        match poll(polled, left.as_ref()) {
            Ok(0) => return Err(RenderError::Deadline { doing, seconds: patience.as_secs() }),
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(RenderError::Io { doing, source: error.into() }),
        }
    }
}

/// One piece of what ffmpeg says, which is there to be read. The first words name the cause; only they are kept.
fn listen(stderr: &mut Option<ChildStderr>, words: &mut Vec<u8>) {
    let mut piece = [0; 4096];
    match stderr.as_mut().map_or(Ok(0), |stderr| stderr.read(&mut piece)) {
        Ok(0) | Err(_) => *stderr = None,
        Ok(count) => words.extend_from_slice(&piece[..count.min(WORDS_BYTES.saturating_sub(words.len()))]),
    }
}

/// Reads `512 1/12800`.
fn parse_time(line: &str) -> Option<FrameTime> {
    let (ticks, time_base) = line.trim().split_once(' ')?;
    let (numerator, denominator) = time_base.split_once('/')?;
    Some(FrameTime { ticks: ticks.parse().ok()?, time_base: (numerator.parse().ok()?, denominator.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A program in place of ffmpeg that never ends, and says much.
    fn endless(directory: &std::path::Path, does: &str) -> Ffmpeg {
        let program = directory.join("ffmpeg");
        std::fs::write(&program, format!("#!/bin/sh\n{does}\nexec sleep 600\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Ffmpeg::new(program)
    }

    #[test]
    fn a_decoder_that_keeps_us_waiting_is_given_up_and_killed() {
        let directory = tempfile::tempdir().unwrap();
        let complaints =
            "for n in 1 2 3 4 5 6 7 8 9; do head -c 100000 /dev/zero >&2; done; echo '7 1/25' >&0; printf abc";
        let ffmpeg = endless(directory.path(), &format!("PATH=/usr/bin:/bin; {complaints}"));
        let mut stream = ffmpeg.start_frames("testing", Duration::from_millis(1_500), [""; 0]).unwrap();
        let process = stream.child.id();
        assert_eq!(stream.next_time().unwrap(), Some(FrameTime { ticks: 7, time_base: (1, 25) }));
        assert!(matches!(stream.read(&mut [0; 8]), Err(RenderError::Deadline { .. })));
        assert!(matches!(stream.next_time(), Err(RenderError::Deadline { .. })));
        assert!(matches!(stream.words(), Err(RenderError::Deadline { .. })));
        drop(stream);
        assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());
    }

    #[test]
    fn a_time_is_read_as_ffmpeg_writes_it() {
        assert_eq!(parse_time("-512 1/12800\n"), Some(FrameTime { ticks: -512, time_base: (1, 12_800) }));
        for other in ["", "512", "512 1", "nan 1/2", "9223372036854775808 1/1"] {
            assert_eq!(parse_time(other), None, "{other}");
        }
    }
}
