//! The offline voice: espeak-ng through the helper program `rushes-speak`, a
//! process of its own with a deadline.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use rushes_core::narration::{Speech, words_from_marks};
use rushes_core::ports::{Voice, VoiceError};
use rushes_core::spec::VoiceChoice;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// Time that starting the program may take.
const STARTUP: Duration = Duration::from_secs(30);
/// Time that one sentence may take; a few milliseconds are usual.
const PER_SENTENCE: Duration = Duration::from_secs(2);
/// Exit codes of the helper.
const EXIT_UNKNOWN_VOICE: i32 = 3;
const EXIT_NOT_INSTALLED: i32 = 4;

/// Speaks with espeak-ng.
#[derive(Clone, Debug)]
pub struct SpeakVoice {
    program: PathBuf,
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
    samples: usize,
    /// Character and millisecond of each word's beginning.
    words: Vec<(usize, u64)>,
}

impl SpeakVoice {
    /// Uses the helper at `program`.
    #[must_use]
    pub const fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// Uses the helper beside the running program, or the one on the search path.
    #[must_use]
    pub fn beside_this_program() -> Self {
        let beside = std::env::current_exe().ok().map(|program| program.with_file_name("rushes-speak"));
        let program = beside.filter(|program| program.is_file());
        Self::new(program.unwrap_or_else(|| PathBuf::from("rushes-speak")))
    }

    fn start(&self) -> Result<Child, VoiceError> {
        let inherited = ["PATH", "LD_LIBRARY_PATH", "ESPEAK_DATA_PATH"];
        let environment = inherited.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        Command::new(&self.program)
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
    async fn speak(&self, sentences: &[String], choice: &VoiceChoice) -> Result<Vec<Speech>, VoiceError> {
        let request = Request { voice: &choice.name, rate_wpm: choice.rate_wpm, pitch: choice.pitch, sentences };
        let request =
            serde_json::to_vec(&request).map_err(|error| failed("the request could not be written", error))?;
        let count = u32::try_from(sentences.len()).unwrap_or(u32::MAX);
        let deadline = STARTUP + PER_SENTENCE.saturating_mul(count);
        let output = tokio::time::timeout(deadline, exchange(self.start()?, &request, choice)).await;
        let output = output.map_err(|_| VoiceError::Failed {
            reason: format!("it took longer than {} s", deadline.as_secs()),
            source: None,
        })??;
        read_speeches(&output, sentences)
    }
}

/// Gives the request, takes the answer, waits for the end.
async fn exchange(mut child: Child, request: &[u8], choice: &VoiceChoice) -> Result<Vec<u8>, VoiceError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let give = async {
        if let Some(mut stdin) = stdin {
            // A helper that ends early says why on its standard error.
            let _ = stdin.write_all(request).await;
        }
    };
    let (mut output, mut complaint) = (Vec::new(), Vec::new());
    let take = async {
        if let Some(mut stdout) = stdout {
            stdout.read_to_end(&mut output).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    let listen = async {
        if let Some(stderr) = stderr {
            let _ = stderr.take(4096).read_to_end(&mut complaint).await;
        }
    };
    let ((), taken, ()) = tokio::join!(give, take, listen);
    taken.map_err(|error| failed("the speech could not be read", error))?;
    let status = child.wait().await.map_err(|error| failed("its end could not be seen", error))?;
    if status.success() {
        return Ok(output);
    }
    let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
    Err(match status.code() {
        Some(EXIT_UNKNOWN_VOICE) => VoiceError::UnknownVoice { name: choice.name.clone() },
        Some(EXIT_NOT_INSTALLED) => VoiceError::NotInstalled { hint: complaint },
        _ => VoiceError::Failed { reason: format!("{status}: {complaint}"), source: None },
    })
}

fn read_speeches(mut output: &[u8], sentences: &[String]) -> Result<Vec<Speech>, VoiceError> {
    let mut speeches = Vec::with_capacity(sentences.len());
    for sentence in sentences {
        let (speech, rest) = read_speech(output, sentence)?;
        speeches.push(speech);
        output = rest;
    }
    Ok(speeches)
}

fn read_speech<'a>(output: &'a [u8], sentence: &str) -> Result<(Speech, &'a [u8]), VoiceError> {
    let cut_off = || VoiceError::Failed { reason: "the speech is cut off".to_owned(), source: None };
    let end = output.iter().position(|byte| *byte == b'\n').ok_or_else(cut_off)?;
    let header: Header =
        serde_json::from_slice(&output[..end]).map_err(|error| failed("the speech cannot be read", error))?;
    let (bytes, rest) = output[end + 1..].split_at_checked(header.samples * 2).ok_or_else(cut_off)?;
    let samples = bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    let mut speech = Speech { samples, sample_rate_hz: header.sample_rate_hz, words: Vec::new() };
    let offsets: Vec<usize> = sentence.char_indices().map(|(offset, _)| offset).collect();
    let mark = |(character, milliseconds): &(usize, u64)| {
        Some((*offsets.get(*character)?, Duration::from_millis(*milliseconds)))
    };
    let marks: Vec<(usize, Duration)> = header.words.iter().filter_map(mark).collect();
    speech.words = words_from_marks(sentence, &marks, speech.duration());
    Ok((speech, rest))
}

fn failed(reason: &str, source: impl Into<rushes_core::ports::Source>) -> VoiceError {
    VoiceError::Failed { reason: reason.to_owned(), source: Some(source.into()) }
}
