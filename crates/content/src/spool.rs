//! Speech that was remembered, in a file.

use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use rushes_core::memo::Storage;
use rushes_core::narration::{Samples, Speech, SpokenWord};
use rushes_core::ports::{MemoKey, Source};
use rushes_core::seal::{open, seal};
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufWriter};
use tokio::sync::Mutex;

const SAMPLE_BYTES: u64 = 2;

/// Keeps spoken sentences; the samples of those that are recalled lie in one file.
pub struct SpeechStorage {
    path: Arc<Path>,
    spool: Mutex<Spool>,
}

struct Spool {
    file: BufWriter<File>,
    /// Samples in the file.
    samples: u64,
    /// Why nothing more can be written.
    failure: Option<io::Error>,
}

/// Stands before the samples of a remembered sentence.
#[derive(Serialize, Deserialize)]
struct Head {
    sample_rate_hz: u32,
    words: Vec<SpokenWord>,
}

impl SpeechStorage {
    /// Recalls into a new file at `spool`.
    ///
    /// # Errors
    /// When there can be no file.
    pub async fn new(spool: &Path) -> io::Result<Self> {
        let file = BufWriter::new(File::create(spool).await?);
        Ok(Self { path: Arc::from(spool), spool: Mutex::new(Spool { file, samples: 0, failure: None }) })
    }

    /// Brings all samples into the file.
    ///
    /// # Errors
    /// Why something could not be written, now or before.
    pub async fn flush(&self) -> io::Result<()> {
        let mut spool = self.spool.lock().await;
        match spool.failure.take() {
            Some(error) => Err(error),
            None => spool.file.flush().await,
        }
    }
}

#[async_trait]
impl Storage for SpeechStorage {
    type Value = Speech;

    async fn close(&self, _key: MemoKey, speech: &Speech) -> Result<Bytes, Source> {
        let head = Head { sample_rate_hz: speech.sample_rate_hz, words: speech.words.clone() };
        let head = serde_json::to_vec(&head)?;
        let length = u32::try_from(head.len())?.to_be_bytes();
        Ok(seal(&[&length, &head, &bytes_of(&speech.samples).await?]))
    }

    async fn open(&self, _key: MemoKey, sealed: Bytes) -> Option<Speech> {
        let (Head { sample_rate_hz, words }, bytes) = read(&sealed)?;
        let mut spool = self.spool.lock().await;
        let samples = spool.write(&self.path, bytes).await?;
        Some(Speech { samples, sample_rate_hz, words })
    }
}

impl Spool {
    /// `None` when they cannot be written; [`SpeechStorage::flush`] tells why.
    async fn write(&mut self, path: &Arc<Path>, bytes: &[u8]) -> Option<Samples> {
        if self.failure.is_none() {
            self.failure = self.file.write_all(bytes).await.err();
        }
        let (first, count) = (self.samples, bytes.len() as u64 / SAMPLE_BYTES);
        self.samples += count;
        self.failure.is_none().then(|| Samples::Spooled { path: Arc::clone(path), first, count })
    }
}

/// Takes a remembered sentence apart; `None` when it is damaged.
fn read(sealed: &[u8]) -> Option<(Head, &[u8])> {
    let (length, rest) = open(sealed)?.split_first_chunk()?;
    let (head, samples) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some((serde_json::from_slice(head).ok()?, samples))
}

/// Two bytes a sample, the lower first.
async fn bytes_of(samples: &Samples) -> io::Result<Vec<u8>> {
    match samples {
        Samples::Held(held) => Ok(held.iter().flat_map(|sample| sample.to_le_bytes()).collect()),
        Samples::Spooled { path, first, count } => {
            let mut file = File::open(path).await?;
            file.seek(io::SeekFrom::Start(first * SAMPLE_BYTES)).await?;
            let mut bytes = Vec::new();
            file.take(count * SAMPLE_BYTES).read_to_end(&mut bytes).await?;
            let whole = bytes.len() as u64 == count * SAMPLE_BYTES;
            if whole { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
        }
    }
}
