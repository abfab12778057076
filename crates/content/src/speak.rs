//! The offline voice: espeak-ng through the helper program `rushes-speak`, a
//! process of its own with a deadline.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::try_join_all;
use rushes_core::narration::{Samples, Speech, words_from_marks};
use rushes_core::ports::{Voice, VoiceError};
use rushes_core::spec::VoiceChoice;
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};
use tokio::process::{Child, ChildStdout, Command};

/// Fewer sentences than this are not worth another process.
const SENTENCES_A_PROCESS: usize = 4;
/// Time that starting the program may take.
const STARTUP: Duration = Duration::from_secs(30);
/// Time that one sentence may take; a few milliseconds are usual.
const PER_SENTENCE: Duration = Duration::from_secs(2);
/// Size of the buffers before and behind.
const BUFFER_BYTES: usize = 1 << 18;
/// More than the words of the longest sentence take.
const MAX_HEADER_BYTES: u64 = 1 << 24;
/// Exit codes of the helper.
const EXIT_UNKNOWN_VOICE: i32 = 3;
const EXIT_NOT_INSTALLED: i32 = 4;

/// Speaks with espeak-ng.
#[derive(Clone, Debug)]
pub struct SpeakVoice {
    program: PathBuf,
    /// How many processes speak at once: as many as there are processors.
    processes: usize,
}

#[derive(Serialize)]
struct Request<'a> {
    voice: &'a str,
    rate_wpm: u32,
    pitch: u32,
    sentences: &'a [String],
}

/// Stands before the samples of a sentence.
#[derive(Deserialize)]
struct Header {
    sample_rate_hz: u32,
    samples: u64,
    /// Character and millisecond of each word's beginning.
    words: Vec<(usize, u64)>,
}

impl SpeakVoice {
    /// Uses the helper at `program`.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self { program, processes: std::thread::available_parallelism().map_or(1, usize::from) }
    }

    /// Uses the helper beside the running program, or the one on the search path.
    #[must_use]
    pub fn beside_this_program() -> Self {
        let beside = std::env::current_exe().ok().map(|program| program.with_file_name("rushes-speak"));
        let program = beside.filter(|program| program.is_file());
        Self::new(program.unwrap_or_else(|| PathBuf::from("rushes-speak")))
    }

    fn start(&self, arguments: &[&str]) -> Result<Child, VoiceError> {
        let inherited = ["PATH", "LD_LIBRARY_PATH", "ESPEAK_DATA_PATH"];
        let environment = inherited.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        Command::new(&self.program)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| VoiceError::NotInstalled { hint: format!("{}: {error}", self.program.display()) })
    }
}

#[async_trait]
impl Voice for SpeakVoice {
    async fn version(&self) -> Result<String, VoiceError> {
        let telling = self.start(&["--version"])?.wait_with_output();
        let told = tokio::time::timeout(STARTUP, telling).await.map_err(|_| too_slow(STARTUP))?;
        let told = told.map_err(|error| failed("its version could not be read", error))?;
        if told.status.success() {
            return Ok(String::from_utf8_lossy(&told.stdout).trim().to_owned());
        }
        let complaint = String::from_utf8_lossy(&told.stderr).trim().to_owned();
        Err(match told.status.code() {
            Some(EXIT_NOT_INSTALLED) => VoiceError::NotInstalled { hint: complaint },
            _ => VoiceError::Failed { reason: format!("{}: {complaint}", told.status), source: None },
        })
    }

    async fn speak(&self, sentences: &[String], choice: &VoiceChoice, spool: &Path) -> Result<Vec<Speech>, VoiceError> {
        let spool_of = |number| match number {
            0 => spool.to_owned(),
            _ => spool.with_added_extension(number.to_string()),
        };
        let shares = shares(sentences, self.processes).enumerate();
        let speaking = shares.map(|(number, share)| self.speak_share(share, choice, spool_of(number)));
        Ok(try_join_all(speaking).await?.concat())
    }
}

impl SpeakVoice {
    /// Speaks sentences in one process. The same sentence has the same samples in any.
    async fn speak_share(
        &self,
        sentences: &[String],
        choice: &VoiceChoice,
        spool: PathBuf,
    ) -> Result<Vec<Speech>, VoiceError> {
        let request = Request { voice: &choice.name, rate_wpm: choice.rate_wpm, pitch: choice.pitch, sentences };
        let request =
            serde_json::to_vec(&request).map_err(|error| failed("the request could not be written", error))?;
        let count = u32::try_from(sentences.len()).unwrap_or(u32::MAX);
        let deadline = STARTUP + PER_SENTENCE.saturating_mul(count);
        let speaking = exchange(self.start(&[])?, &request, sentences, choice, &spool);
        tokio::time::timeout(deadline, speaking).await.map_err(|_| too_slow(deadline))?
    }
}

/// The sentences in at most so many runs of about the same number; one, perhaps empty, where there are few.
fn shares(sentences: &[String], processes: usize) -> impl Iterator<Item = &[String]> {
    let share = sentences.len().div_ceil(processes.max(1)).max(SENTENCES_A_PROCESS);
    let first = sentences.get(..share).unwrap_or(sentences);
    std::iter::once(first).chain(sentences[first.len()..].chunks(share))
}

/// Gives the request, takes the answer, waits for the end.
async fn exchange(
    mut child: Child,
    request: &[u8],
    sentences: &[String],
    choice: &VoiceChoice,
    spool: &Path,
) -> Result<Vec<Speech>, VoiceError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let give = async {
        if let Some(mut stdin) = stdin {
            // A helper that ends early says why on its standard error.
            let _ = stdin.write_all(request).await;
        }
    };
    let take = async {
        let stdout = stdout.ok_or_else(cut_off)?;
        Intake::new(stdout, spool).await?.speeches(sentences).await
    };
    let mut complaint = Vec::new();
    let listen = async {
        if let Some(stderr) = stderr {
            let _ = stderr.take(4096).read_to_end(&mut complaint).await;
        }
    };
    let ((), taken, ()) = tokio::join!(give, take, listen);
    let status = child.wait().await.map_err(|error| failed("its end could not be seen", error))?;
    if status.success() {
        return taken;
    }
    let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
    Err(match status.code() {
        Some(EXIT_UNKNOWN_VOICE) => VoiceError::UnknownVoice { name: choice.name.clone() },
        Some(EXIT_NOT_INSTALLED) => VoiceError::NotInstalled { hint: complaint },
        _ => VoiceError::Failed { reason: format!("{status}: {complaint}"), source: None },
    })
}

/// Takes speech from the helper: words into memory, samples into the spool.
struct Intake {
    helper: BufReader<ChildStdout>,
    path: Arc<Path>,
    spool: BufWriter<File>,
    /// Samples in the spool.
    spooled: u64,
}

impl Intake {
    async fn new(stdout: ChildStdout, spool: &Path) -> Result<Self, VoiceError> {
        let file = File::create(spool).await.map_err(|error| failed("the speech could not be stored", error))?;
        let helper = BufReader::with_capacity(BUFFER_BYTES, stdout);
        Ok(Self { helper, path: spool.into(), spool: BufWriter::with_capacity(BUFFER_BYTES, file), spooled: 0 })
    }

    async fn speeches(mut self, sentences: &[String]) -> Result<Vec<Speech>, VoiceError> {
        let mut speeches = Vec::with_capacity(sentences.len());
        for sentence in sentences {
            speeches.push(self.speech(sentence).await?);
        }
        self.spool.flush().await.map_err(|error| failed("the speech could not be stored", error))?;
        Ok(speeches)
    }

    async fn speech(&mut self, sentence: &str) -> Result<Speech, VoiceError> {
        let mut header = Vec::new();
        let read = (&mut self.helper).take(MAX_HEADER_BYTES).read_until(b'\n', &mut header).await;
        read.map_err(|error| failed("the speech could not be read", error))?;
        if header.last() != Some(&b'\n') {
            return Err(cut_off());
        }
        let header: Header =
            serde_json::from_slice(&header).map_err(|error| failed("the speech cannot be read", error))?;
        let bytes = header.samples.saturating_mul(2);
        let copied = tokio::io::copy_buf(&mut (&mut self.helper).take(bytes), &mut self.spool).await;
        if copied.map_err(|error| failed("the speech could not be stored", error))? != bytes {
            return Err(cut_off());
        }
        let samples = Samples::Spooled { path: Arc::clone(&self.path), first: self.spooled, count: header.samples };
        self.spooled += header.samples;
        let mut speech = Speech { samples, sample_rate_hz: header.sample_rate_hz, words: Vec::new() };
        speech.words = words_from_marks(sentence, &marks(sentence, &header.words), speech.duration());
        Ok(speech)
    }
}

/// Marks by byte, from marks by character.
fn marks(sentence: &str, words: &[(usize, u64)]) -> Vec<(usize, Duration)> {
    let offsets: Vec<usize> = sentence.char_indices().map(|(offset, _)| offset).collect();
    let mark = |(character, milliseconds): &(usize, u64)| {
        Some((*offsets.get(*character)?, Duration::from_millis(*milliseconds)))
    };
    words.iter().filter_map(mark).collect()
}

fn too_slow(deadline: Duration) -> VoiceError {
    VoiceError::Failed { reason: format!("it took longer than {} s", deadline.as_secs()), source: None }
}

fn cut_off() -> VoiceError {
    VoiceError::Failed { reason: "the speech is cut off".to_owned(), source: None }
}

fn failed(reason: &str, source: impl Into<rushes_core::ports::Source>) -> VoiceError {
    VoiceError::Failed { reason: reason.to_owned(), source: Some(source.into()) }
}
