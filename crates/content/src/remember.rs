//! A voice that says nothing twice: each sentence is remembered with the moments of its words.

use std::collections::{HashMap, HashSet};
use std::io::SeekFrom;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use rushes_core::memo::{Ticket, Waiting, keep};
use rushes_core::narration::{Samples, Speech, SpokenWord};
use rushes_core::ports::{Begin, Memo, MemoKey, MemoKind, Voice, VoiceError};
use rushes_core::seal::{open, seal};
use rushes_core::spec::VoiceChoice;
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufWriter};

/// Raised when words are found in speech in another way.
const WORDS_VERSION: &str = "rushes-words 1";
const AT_ONCE: usize = 16;
const SAMPLE_BYTES: u64 = 2;

/// Speaks what was never spoken before, and remembers it.
#[derive(Clone)]
pub struct RememberingVoice {
    voice: Arc<dyn Voice>,
    memo: Arc<dyn Memo>,
    /// Sentences that are spoken before what was spoken is remembered.
    group: usize,
    /// Whether a sentence that another worker has spoken right now is waited for.
    is_shared: bool,
}

/// A sentence and what it is remembered by.
type Keyed<'a> = (&'a str, MemoKey);

/// What became of asking for the right to speak some sentences.
#[derive(Default)]
struct Asked<'a> {
    /// To be spoken here.
    ours: Vec<(&'a str, Ticket)>,
    /// Spoken by others, now or a moment ago.
    theirs: Vec<Keyed<'a>>,
    /// How to wait for one of these.
    waiting: Option<Waiting>,
}

/// Stands before the samples of a remembered sentence.
#[derive(Serialize, Deserialize)]
struct Head {
    sample_rate_hz: u32,
    words: Vec<SpokenWord>,
}

impl RememberingVoice {
    /// `voice` with a memory.
    #[must_use]
    pub fn new(voice: Arc<dyn Voice>, memo: Arc<dyn Memo>) -> Self {
        Self { voice, memo, group: usize::MAX, is_shared: false }
    }

    /// Of a voice that costs money: what is spoken is remembered after every `group` sentences, so
    /// that it is kept when a later one fails, and no sentence is spoken by two workers at once.
    #[must_use]
    pub fn of_a_provider(self, group: usize) -> Self {
        Self { group: group.max(1), is_shared: true, ..self }
    }

    /// Those of the sentences that are remembered and whole; their samples go into a file at `spool`.
    async fn recall<'a>(&self, keys: &[Keyed<'a>], spool: &Path) -> std::io::Result<HashMap<&'a str, Speech>> {
        let mut speeches = HashMap::new();
        let (mut file, path, mut spooled) = (BufWriter::new(File::create(spool).await?), Arc::from(spool), 0);
        let gets: Vec<_> = keys.iter().map(|(sentence, key)| self.get(sentence, *key)).collect();
        let mut answers = stream::iter(gets).buffered(AT_ONCE);
        while let Some((sentence, value)) = answers.next().await {
            let Some((head, samples)) = value.as_deref().and_then(read) else { continue };
            file.write_all(samples).await?;
            let count = samples.len() as u64 / SAMPLE_BYTES;
            let samples = Samples::Spooled { path: Arc::clone(&path), first: spooled, count };
            spooled += count;
            speeches.insert(sentence, Speech { samples, sample_rate_hz: head.sample_rate_hz, words: head.words });
        }
        file.flush().await?;
        Ok(speeches)
    }

    /// What is remembered under the key, if it is whole. A memo that fails only costs work.
    async fn get<'a>(&self, sentence: &'a str, key: MemoKey) -> (&'a str, Option<Bytes>) {
        let value = match self.memo.get(key).await {
            Ok(Some(value)) if read(&value).is_none() => {
                tracing::warn!(%key, "remembered speech is damaged and is spoken again");
                None
            }
            Ok(value) => value,
            Err(error) => {
                tracing::warn!(%key, %error, "remembered speech cannot be read");
                None
            }
        };
        (sentence, value)
    }

    /// Asks for the right to speak each of the sentences.
    async fn ask<'a>(&self, keys: &[Keyed<'a>], is_shared: bool) -> Asked<'a> {
        let mut asked = Asked::default();
        if !is_shared {
            asked.ours = keys.iter().map(|(sentence, key)| (*sentence, Ticket::of_nobody(*key))).collect();
            return asked;
        }
        for (sentence, key) in keys {
            match self.memo.begin(*key).await {
                Ok(Begin::Yours(ticket)) => asked.ours.push((sentence, ticket)),
                Ok(Begin::Remembered(value)) if read(&value).is_some() => asked.theirs.push((sentence, *key)),
                Ok(Begin::Held(waiting)) => {
                    asked.theirs.push((sentence, *key));
                    asked.waiting = Some(waiting);
                }
                // Damaged, or nobody can be asked: it is spoken here.
                Ok(Begin::Remembered(_)) | Err(_) => asked.ours.push((sentence, Ticket::of_nobody(*key))),
            }
        }
        asked
    }

    /// Speaks sentences to which there is the right, and remembers them.
    async fn speak_ours<'a>(
        &self,
        ours: Vec<(&'a str, Ticket)>,
        choice: &VoiceChoice,
        spool: &Path,
    ) -> Result<Vec<(&'a str, Speech)>, VoiceError> {
        if ours.is_empty() {
            return Ok(Vec::new());
        }
        let (sentences, tickets): (Vec<&str>, Vec<Ticket>) = ours.into_iter().unzip();
        let asked: Vec<String> = sentences.iter().map(|sentence| (*sentence).to_owned()).collect();
        let spoken = tokio::select! {
            spoken = self.voice.speak(&asked, choice, spool) => spoken?,
            never = keep(self.memo.as_ref(), &tickets) => match never {},
        };
        let puts: Vec<_> =
            tickets.into_iter().zip(&spoken).map(|(ticket, speech)| self.remember(ticket, speech)).collect();
        stream::iter(puts).buffer_unordered(AT_ONCE).collect::<()>().await;
        Ok(sentences.into_iter().zip(spoken).collect())
    }

    /// Remembers a sentence. A memo that fails only costs work later.
    async fn remember(&self, ticket: Ticket, speech: &Speech) {
        let key = ticket.key();
        let stored = async {
            let head = Head { sample_rate_hz: speech.sample_rate_hz, words: speech.words.clone() };
            let head = serde_json::to_vec(&head)?;
            let length = u32::try_from(head.len())?.to_be_bytes();
            let samples = bytes_of(&speech.samples).await?;
            let sealed = seal(&[&length, &head, &samples]);
            self.memo.finish(ticket, sealed, key.kind.time_to_live()).await?;
            Ok::<_, rushes_core::ports::Source>(())
        };
        if let Err(error) = stored.await {
            tracing::warn!(%key, %error, "speech could not be remembered");
        }
    }
}

#[async_trait]
impl Voice for RememberingVoice {
    async fn version(&self) -> Result<String, VoiceError> {
        self.voice.version().await
    }

    async fn speak(&self, sentences: &[String], choice: &VoiceChoice, spool: &Path) -> Result<Vec<Speech>, VoiceError> {
        let version = self.voice.version().await?;
        let mut seen = HashSet::new();
        let different = sentences.iter().map(String::as_str).filter(|sentence| seen.insert(*sentence));
        let keys: Vec<_> = different.map(|sentence| (sentence, key(&version, choice, sentence))).collect();
        let (mut speeches, mut open, mut is_shared) = (HashMap::new(), keys, self.is_shared);
        for round in 0_u32.. {
            let recalled = self.recall(&open, &spool.with_extension(format!("recalled{round}"))).await;
            speeches.extend(recalled.map_err(|error| VoiceError::Failed {
                reason: "remembered speech could not be stored".to_owned(),
                source: Some(error.into()),
            })?);
            open.retain(|(sentence, _)| !speeches.contains_key(sentence));
            tracing::debug!(remembered = speeches.len(), missing = open.len(), round, "speech recalled");
            let (mut theirs, mut waiting) = (Vec::new(), None);
            for (index, group) in open.chunks(self.group).enumerate() {
                let asked = self.ask(group, is_shared).await;
                let spool = spool.with_extension(format!("spoken{round}-{index}"));
                speeches.extend(self.speak_ours(asked.ours, choice, &spool).await?);
                theirs.extend(asked.theirs);
                waiting = asked.waiting.or(waiting);
            }
            if theirs.is_empty() {
                break;
            }
            // What is said to be there and cannot be had is spoken here in the end.
            is_shared &= round == 0 || waiting.is_some();
            // Only now that nothing is held here: two workers never wait for each other.
            if let Some(waiting) = waiting {
                waiting.pause(round).await;
            }
            open = theirs;
        }
        // A sentence that the voice left out is missing here too, and the caller counts.
        Ok(sentences.iter().filter_map(|sentence| speeches.get(sentence.as_str()).cloned()).collect())
    }
}

/// The hash of everything that the sound and the words of a sentence depend on.
fn key(version: &str, choice: &VoiceChoice, sentence: &str) -> MemoKey {
    let (rate, pitch) = (choice.rate_wpm.to_string(), choice.pitch.to_string());
    MemoKey::of_fields(MemoKind::Voice, [WORDS_VERSION, version, &choice.name, &rate, &pitch, sentence])
}

/// Takes a remembered sentence apart; `None` when it is damaged.
fn read(sealed: &[u8]) -> Option<(Head, &[u8])> {
    let (length, rest) = open(sealed)?.split_first_chunk()?;
    let (head, samples) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some((serde_json::from_slice(head).ok()?, samples))
}

/// Two bytes a sample, the lower first.
async fn bytes_of(samples: &Samples) -> std::io::Result<Vec<u8>> {
    match samples {
        Samples::Held(held) => Ok(held.iter().flat_map(|sample| sample.to_le_bytes()).collect()),
        Samples::Spooled { path, first, count } => {
            let mut file = File::open(path).await?;
            file.seek(SeekFrom::Start(first * SAMPLE_BYTES)).await?;
            let mut bytes = Vec::new();
            file.take(count * SAMPLE_BYTES).read_to_end(&mut bytes).await?;
            let whole = bytes.len() as u64 == count * SAMPLE_BYTES;
            if whole { Ok(bytes) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
        }
    }
}
