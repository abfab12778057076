//! `rushes-speak`: reads a request from standard input, writes each sentence's
//! speech to standard output: a line of JSON, then the samples it announces
//! (16 bits, little endian). With `--version` it names what speaks.
//!
//! ```text
//! echo '{"voice":"en-us","rate_wpm":175,"pitch":50,"sentences":["Hello."]}' | rushes-speak | head -1
//! ```

mod library;

use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;

use library::{Espeak, SpeakError, Utterance};
use serde::{Deserialize, Serialize};

/// Exit code of a request for a voice that does not exist.
const EXIT_UNKNOWN_VOICE: u8 = 3;
/// Exit code where espeak-ng is not installed.
const EXIT_NOT_INSTALLED: u8 = 4;

#[derive(Deserialize)]
struct Request {
    voice: String,
    rate_wpm: i32,
    pitch: i32,
    sentences: Vec<String>,
}

/// Stands before the samples of a sentence.
#[derive(Serialize)]
struct Header {
    sample_rate_hz: u32,
    samples: usize,
    /// `[character, milliseconds]` of each word's beginning.
    words: Vec<(usize, u64)>,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the request cannot be read: {0}")]
    Request(#[from] serde_json::Error),
    #[error(transparent)]
    Speak(#[from] SpeakError),
    #[error("reading or writing failed: {0}")]
    Io(#[from] io::Error),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(match failure {
                Failure::Speak(SpeakError::UnknownVoice(_)) => EXIT_UNKNOWN_VOICE,
                Failure::Speak(SpeakError::NotInstalled(_)) => EXIT_NOT_INSTALLED,
                _ => 1,
            })
        }
    }
}

fn run() -> Result<(), Failure> {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        let own = env!("CARGO_PKG_VERSION");
        writeln!(io::stdout(), "rushes-speak {own}, espeak-ng {}", library::version()?)?;
        return Ok(());
    }
    let mut json = String::new();
    io::stdin().read_to_string(&mut json)?;
    let request: Request = serde_json::from_str(&json)?;
    let mut output = BufWriter::new(io::stdout().lock());
    for sentence in &request.sentences {
        // Started anew for each sentence: nothing of one may sound in the next, so
        // that the same sentence always gives the same samples.
        let espeak = Espeak::start()?;
        espeak.choose(&request.voice, request.rate_wpm, request.pitch)?;
        write(&mut output, espeak.sample_rate_hz, &espeak.speak(sentence)?)?;
        espeak.end()?;
    }
    Ok(output.flush()?)
}

fn write(output: &mut impl Write, sample_rate_hz: u32, utterance: &Utterance) -> Result<(), Failure> {
    let header = Header { sample_rate_hz, samples: utterance.samples.len(), words: utterance.words.clone() };
    serde_json::to_writer(&mut *output, &header)?;
    output.write_all(b"\n")?;
    let bytes: Vec<u8> = utterance.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    output.write_all(&bytes)?;
    Ok(())
}
