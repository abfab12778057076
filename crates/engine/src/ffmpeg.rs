//! ffmpeg as a child process: no inherited environment, a deadline, and an end
//! with its parent.

mod complaint;
mod fitness;
mod stream;

pub use complaint::{NO_PICTURES, NO_STREAMS, in_plain_words};
pub use stream::{FrameStream, FrameTime};

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::RenderError;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

use fitness::Identity;

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
    /// The program that was found fit, by all clones together.
    fit: Arc<Mutex<Option<Identity>>>,
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
    pub fn new(program: PathBuf) -> Self {
        // Found here, since the child has no search path.
        let is_name = program.parent() == Some(Path::new(""));
        let found = if is_name { which::which_global(&program).ok() } else { None };
        Self { program: found.unwrap_or(program), fit: Arc::default() }
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
    /// Feeds it with `feed`, takes what it writes with `take`, and waits for its end.
    ///
    /// # Errors
    /// [`RenderError`] when it fails, is killed or takes too long. What `feed` and `take`
    /// return counts only when ffmpeg itself ended well: a broken pipe is the
    /// symptom, its last words are the cause. A file that cannot be written is a cause.
    /// What ffmpeg complained about all the same comes with what it wrote.
    async fn finish<K, T>(
        mut self,
        feed: impl Future<Output = Result<K, RenderError>>,
        take: impl Future<Output = Result<T, RenderError>>,
    ) -> Result<(T, String), RenderError> {
        let (doing, deadline) = (self.doing, self.deadline);
        let stderr = self.stderr.take();
        let work = async {
            let (fed, taken, complaint) = tokio::join!(feed, take, read_end(stderr));
            let status = self.child.wait().await.map_err(|source| RenderError::Io { doing, source })?;
            if !status.success() && !matches!(taken, Err(RenderError::Io { .. })) {
                tracing::debug!(doing, %status, ?complaint, "ffmpeg failed");
                return Err(RenderError::Ffmpeg { doing, status: status.to_string(), stderr: complaint });
            }
            let taken = taken?;
            fed.map(|_kept| (taken, complaint))
        };
        tokio::time::timeout(deadline, work)
            .await
            .unwrap_or(Err(RenderError::Deadline { doing, seconds: deadline.as_secs() }))
    }

    /// Feeds it with input that `produce` writes straight into the pipe, and collects
    /// what it writes. `produce` is work for a processor, and runs beside the runtime's threads.
    /// What it returns is kept until ffmpeg has ended.
    ///
    /// # Errors
    /// [`RenderError`] when it fails, is killed or takes too long;
    /// [`RenderError::Broken`] when `produce` panics.
    pub async fn feed<F, K>(mut self, produce: F) -> Result<Vec<u8>, RenderError>
    where
        F: FnOnce(std::fs::File) -> Result<K, RenderError> + Send + 'static,
        K: Send + 'static,
    {
        let (doing, stdin, stdout) = (self.doing, self.stdin.take(), self.stdout.take());
        Ok(self.finish(write_beside(doing, stdin, produce), read_all(doing, stdout)).await?.0)
    }

    /// [`Self::feed`] with output that `consume` reads straight from the pipe, beside the
    /// runtime's threads too.
    ///
    /// # Errors
    /// As [`Self::feed`], and what `consume` returns.
    pub async fn exchange<F, C, T>(mut self, produce: F, consume: C) -> Result<T, RenderError>
    where
        F: FnOnce(std::fs::File) -> Result<(), RenderError> + Send + 'static,
        C: FnOnce(std::fs::File) -> Result<T, RenderError> + Send + 'static,
        T: Send + 'static,
    {
        let (doing, stdin, stdout) = (self.doing, self.stdin.take(), self.stdout.take());
        Ok(self.finish(write_beside(doing, stdin, produce), read_beside(doing, stdout, consume)).await?.0)
    }

    /// [`Self::exchange`] for an ffmpeg that reads nothing, with what it complained about although it ended well.
    ///
    /// # Errors
    /// As [`Self::exchange`].
    pub async fn consume<C, T>(mut self, consume: C) -> Result<(T, String), RenderError>
    where
        C: FnOnce(std::fs::File) -> Result<T, RenderError> + Send + 'static,
        T: Send + 'static,
    {
        drop(self.stdin.take());
        let (doing, stdout) = (self.doing, self.stdout.take());
        self.finish(async { Ok(()) }, read_beside(doing, stdout, consume)).await
    }

    /// Collects what an ffmpeg that reads nothing writes.
    ///
    /// # Errors
    /// As [`Self::feed`].
    pub async fn output(mut self) -> Result<Vec<u8>, RenderError> {
        drop(self.stdin.take());
        let (doing, stdout) = (self.doing, self.stdout.take());
        Ok(self.finish(async { Ok(()) }, read_all(doing, stdout)).await?.0)
    }
}

async fn write_beside<F, K>(doing: &'static str, stdin: Option<ChildStdin>, produce: F) -> Result<K, RenderError>
where
    F: FnOnce(std::fs::File) -> Result<K, RenderError> + Send + 'static,
    K: Send + 'static,
{
    let stdin = stdin.and_then(|stdin| stdin.into_owned_fd().ok()).ok_or_else(no_pipe)?;
    beside(doing, move || produce(stdin.into())).await
}

async fn read_beside<C, T>(doing: &'static str, stdout: Option<ChildStdout>, consume: C) -> Result<T, RenderError>
where
    C: FnOnce(std::fs::File) -> Result<T, RenderError> + Send + 'static,
    T: Send + 'static,
{
    let stdout = stdout.and_then(|stdout| stdout.into_owned_fd().ok()).ok_or_else(no_pipe)?;
    beside(doing, move || consume(stdout.into())).await
}

/// Works beside the runtime's threads.
async fn beside<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, RenderError> + Send + 'static,
) -> Result<T, RenderError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| RenderError::Broken { reason: format!("{doing} panicked"), source: Some(error.into()) })?
}

fn no_pipe() -> RenderError {
    RenderError::Broken { reason: "ffmpeg has no pipe".to_owned(), source: None }
}

async fn read_all(doing: &'static str, stdout: Option<ChildStdout>) -> Result<Vec<u8>, RenderError> {
    let mut bytes = Vec::new();
    if let Some(mut stdout) = stdout {
        stdout.read_to_end(&mut bytes).await.map_err(|source| RenderError::Io { doing, source })?;
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
