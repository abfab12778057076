//! A voice that says nothing twice: each sentence is remembered with the moments of its words.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use rushes_core::memo::once_each;
use rushes_core::narration::Speech;
use rushes_core::ports::{Memo, MemoKey, MemoKind, Voice, VoiceError};
use rushes_core::spec::VoiceChoice;

use crate::spool::SpeechStorage;

/// Raised when words are found in speech in another way.
const WORDS_VERSION: &str = "rushes-words 2";
/// The right to a sentence may be an open file: not all files that a process may open.
const SENTENCES_TOGETHER: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// Speaks what was never spoken before, and remembers it. No sentence is spoken by two workers at once.
#[derive(Clone)]
pub struct RememberingVoice {
    voice: Arc<dyn Voice>,
    memo: Arc<dyn Memo>,
    /// Sentences that are spoken before what was spoken is remembered.
    group: NonZeroUsize,
}

impl RememberingVoice {
    /// `voice` with a memory.
    #[must_use]
    pub fn new(voice: Arc<dyn Voice>, memo: Arc<dyn Memo>) -> Self {
        Self { voice, memo, group: SENTENCES_TOGETHER }
    }

    /// Of a voice that costs money: what is spoken is remembered after every `group` sentences, so
    /// that it is kept when a later one fails.
    #[must_use]
    pub fn in_groups_of(self, group: NonZeroUsize) -> Self {
        Self { group, ..self }
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
        let different: Vec<&String> = sentences.iter().filter(|sentence| seen.insert(sentence.as_str())).collect();
        let keys: Vec<MemoKey> = different.iter().map(|sentence| key(&version, choice, sentence)).collect();
        let storage = SpeechStorage::new(&spool.with_extension("recalled")).await.map_err(not_stored)?;
        let calls = AtomicUsize::new(0);
        let speak = |places: Vec<usize>| {
            let asked: Vec<String> = places.into_iter().map(|place| different[place].clone()).collect();
            let spool = spool.with_extension(format!("spoken{}", calls.fetch_add(1, Ordering::Relaxed)));
            let storage = &storage;
            async move {
                // Nothing is spoken, and perhaps paid for, where it could not be used.
                storage.flush().await.map_err(not_stored)?;
                self.voice.speak(&asked, choice, &spool).await
            }
        };
        let speeches = once_each(self.memo.as_ref(), &keys, &storage, self.group, speak).await?;
        storage.flush().await.map_err(not_stored)?;
        let speeches: HashMap<&str, Speech> = different
            .into_iter()
            .zip(speeches)
            .filter_map(|(sentence, speech)| Some((sentence.as_str(), speech?)))
            .collect();
        // A sentence that the voice left out is missing here too, and the caller counts.
        Ok(sentences.iter().filter_map(|sentence| speeches.get(sentence.as_str()).cloned()).collect())
    }
}

fn not_stored(error: std::io::Error) -> VoiceError {
    VoiceError::Failed { reason: "remembered speech could not be stored".to_owned(), source: Some(error.into()) }
}

/// The hash of everything that the sound and the words of a sentence depend on.
fn key(version: &str, choice: &VoiceChoice, sentence: &str) -> MemoKey {
    let (rate, pitch) = (choice.rate_wpm.to_string(), choice.pitch.to_string());
    MemoKey::of_fields(MemoKind::Voice, [WORDS_VERSION, version, &choice.name, &rate, &pitch, sentence])
}
