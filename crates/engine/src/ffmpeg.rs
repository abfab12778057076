//! ffmpeg as a child process: no inherited environment, a deadline, and an end
//! with its parent.

mod stream;

pub use stream::{FrameStream, FrameTime};

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rushes_core::ports::RenderError;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// What of ffmpeg's complaints is kept.
const STDERR_BYTES: u64 = 4096;
/// Size asked for pipes, so that a picture takes few turns.
const PIPE_BYTES: usize = 1 << 20;

/// What every ffmpeg is told first.
const COMMON: [&str; 4] = ["-hide_banner", "-loglevel", "error", "-y"];

/// How to start ffmpeg.
#[derive(Clone, Debug)]
pub struct Ffmpeg {
    program: PathBuf,
}

/// A running ffmpeg. Dropping it kills it.
pub struct Running {
    child: Child,
    doing: &'static str,
    deadline: Duration,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
}

impl Ffmpeg {
    /// The ffmpeg at `program`, or of that name on the search path.
    #[must_use]
    pub const fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// Starts it with `arguments`. `doing` names the work in errors.
    ///
    /// # Errors
    /// [`RenderError::FfmpegMissing`] when there is no such program.
    pub fn start<I>(&self, doing: &'static str, deadline: Duration, arguments: I) -> Result<Running, RenderError>
    where
        I: IntoIterator,
        I::Item: AsRef<std::ffi::OsStr>,
    {
        let mut child = Command::new(&self.program)
            .args(COMMON)
            .args(arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| self.not_started(source))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        if let Some(stdin) = &stdin {
            // A refused size only makes the pipe slower.
            let _ = rustix::pipe::fcntl_setpipe_size(stdin, PIPE_BYTES);
        }
        Ok(Running { child, doing, deadline, stdin, stdout, stderr })
    }

    fn not_started(&self, source: std::io::Error) -> RenderError {
        match source.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied => {
                RenderError::FfmpegMissing { path: self.program.clone() }
            }
            _ => RenderError::Io { doing: "starting ffmpeg", source },
        }
    }
}

impl Running {
    /// Feeds it with `feed`, collects what it writes, and waits for its end.
    ///
    /// # Errors
    /// [`RenderError`] when it fails, is killed or takes too long. What `feed`
    /// returns counts only when ffmpeg itself ended well: a broken pipe is the
    /// symptom, its last words are the cause.
    async fn finish<F>(mut self, feed: F) -> Result<Vec<u8>, RenderError>
    where
        F: Future<Output = Result<(), RenderError>>,
    {
        let (doing, deadline) = (self.doing, self.deadline);
        let (stdout, stderr) = (self.stdout.take(), self.stderr.take());
        let work = async {
            let (fed, output, complaint) = tokio::join!(feed, read_all(stdout), read_end(stderr));
            let status = self.child.wait().await.map_err(|source| RenderError::Io { doing, source })?;
            if !status.success() {
                return Err(RenderError::Ffmpeg { doing, status: status.to_string(), stderr: complaint });
            }
            fed?;
            output.map_err(|source| RenderError::Io { doing, source })
        };
        tokio::time::timeout(deadline, work)
            .await
            .unwrap_or(Err(RenderError::Deadline { doing, seconds: deadline.as_secs() }))
    }

    /// [`Self::finish`] with input that `produce` writes straight into the pipe. It is
    /// work for a processor, and runs beside the runtime's threads.
    ///
    /// # Errors
    /// As [`Self::finish`], and [`RenderError::Broken`] when `produce` panics.
    pub async fn feed<F>(mut self, produce: F) -> Result<Vec<u8>, RenderError>
    where
        F: FnOnce(std::fs::File) -> Result<(), RenderError> + Send + 'static,
    {
        let doing = self.doing;
        let stdin = self.stdin.take().and_then(|stdin| stdin.into_owned_fd().ok());
        self.finish(async move {
            let no_input = || RenderError::Broken { reason: "ffmpeg has no input".to_owned(), source: None };
            let stdin = std::fs::File::from(stdin.ok_or_else(no_input)?);
            tokio::task::spawn_blocking(move || produce(stdin)).await.map_err(|error| RenderError::Broken {
                reason: format!("{doing} panicked"),
                source: Some(error.into()),
            })?
        })
        .await
    }

    /// [`Self::finish`] for an ffmpeg that reads nothing.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub async fn output(mut self) -> Result<Vec<u8>, RenderError> {
        drop(self.stdin.take());
        self.finish(async { Ok(()) }).await
    }
}

async fn read_all(stdout: Option<ChildStdout>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stdout) = stdout {
        stdout.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// The first complaints, which name the cause; the rest is read so that ffmpeg never waits.
async fn read_end(stderr: Option<ChildStderr>) -> String {
    let Some(stderr) = stderr else { return String::new() };
    let mut kept = Vec::new();
    let mut limited = stderr.take(STDERR_BYTES);
    let _ = limited.read_to_end(&mut kept).await;
    let _ = tokio::io::copy(&mut limited.into_inner(), &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&kept).trim().to_owned()
}
