//! The voices that may be named are voices that speak.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use rushes_content::remember::RememberingVoice;
use rushes_content::speak::SpeakVoice;
use rushes_core::narration::{Samples, Speech, SpokenWord};
use rushes_core::ports::{Memo, MemoError, MemoKey, Voice, VoiceError};
use rushes_core::spec::{VoiceChoice, voices};
use rushes_tests::service::bin_dir;
use tokio::sync::Mutex;

/// The samples, out of their file.
fn heard(samples: &Samples) -> Result<Vec<u8>> {
    let Samples::Spooled { path, first, count } = samples else { bail!("not in a file") };
    let (from, to) = (usize::try_from(first * 2)?, usize::try_from((first + count) * 2)?);
    Ok(std::fs::read(path)?.get(from..to).context("beyond the file")?.to_vec())
}

fn choice(name: &str) -> VoiceChoice {
    VoiceChoice::named(name)
}

#[tokio::test]
async fn every_voice_that_may_be_named_speaks() -> Result<()> {
    let voice = SpeakVoice::new(bin_dir().join("rushes-speak"));
    let directory = tempfile::tempdir()?;
    let spool = directory.path().join("speech");
    // espeak-ng 1.51 has no words for numbers in these; they speak letters.
    let without_numbers = ["cv", "he", "nog", "qya", "sjn", "tk"];
    for name in voices::NAMES {
        let text = if without_numbers.contains(name) { "Салам, aiya, שלום." } else { "1 2 3." };
        let spoken = voice.speak(&[text.to_owned()], &choice(name), &spool).await;
        let spoken = spoken.with_context(|| (*name).to_owned())?;
        ensure!(spoken.len() == 1 && heard(&spoken[0].samples)?.iter().any(|byte| *byte != 0), "{name} is silent");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_voice_is_named_in_the_error() -> Result<()> {
    let voice = SpeakVoice::new(bin_dir().join("rushes-speak"));
    let directory = tempfile::tempdir()?;
    let spoken = voice.speak(&["Hi.".to_owned()], &choice("xx-yy"), &directory.path().join("speech")).await;
    ensure!(matches!(spoken, Err(VoiceError::UnknownVoice { name }) if name == "xx-yy"));
    Ok(())
}

#[tokio::test]
async fn words_follow_each_other_as_written_and_a_sentence_sounds_the_same_wherever_it_stands() -> Result<()> {
    let voice = SpeakVoice::new(bin_dir().join("rushes-speak"));
    let sentence = "Dr. Müller's café — “open” till 11.30 — sells 3 apples for $5!".to_owned();
    let other = "Something else comes first.".to_owned();
    let directory = tempfile::tempdir()?;
    let sentences = [sentence.clone(), other, sentence.clone()];
    let spoken = voice.speak(&sentences, &choice("en-us"), &directory.path().join("speech")).await?;
    ensure!(heard(&spoken[0].samples)? == heard(&spoken[2].samples)?, "the same sentence sounds different");
    ensure!(spoken[0].words == spoken[2].words, "the same sentence has other moments");
    let words: Vec<&str> = spoken[0].words.iter().map(|word| word.text.as_str()).collect();
    let written = ["Dr.", "Müller's", "café —", "“open”", "till", "11.30 —", "sells", "3", "apples", "for", "$5!"];
    ensure!(words == written, "{words:?}");
    ensure!(spoken[0].words[0].start == Duration::ZERO);
    ensure!(spoken[0].words.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].start <= pair[0].end));
    Ok(())
}

#[test]
fn the_description_of_the_api_lists_the_same_voices() -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let listed = document["components"]["schemas"]["Voice"]["properties"]["name"]["anyOf"][0]["enum"]
        .as_array()
        .context("voices")?;
    let listed: Vec<&str> = listed.iter().filter_map(|name| name.as_str()).collect();
    ensure!(listed == voices::NAMES, "{listed:?}");
    Ok(())
}

/// A memo in memory.
#[derive(Default)]
struct Notes(Mutex<HashMap<MemoKey, Bytes>>);

#[async_trait]
impl Memo for Notes {
    async fn get(&self, key: MemoKey) -> Result<Option<Bytes>, MemoError> {
        Ok(self.0.lock().await.get(&key).cloned())
    }

    async fn put(&self, key: MemoKey, value: Bytes) -> Result<(), MemoError> {
        self.0.lock().await.insert(key, value);
        Ok(())
    }
}

/// The real voice, and what it was asked to speak.
struct Overheard {
    voice: SpeakVoice,
    asked: Mutex<Vec<Vec<String>>>,
}

#[async_trait]
impl Voice for Overheard {
    async fn version(&self) -> Result<String, VoiceError> {
        self.voice.version().await
    }

    async fn speak(&self, sentences: &[String], choice: &VoiceChoice, spool: &Path) -> Result<Vec<Speech>, VoiceError> {
        self.asked.lock().await.push(sentences.to_vec());
        self.voice.speak(sentences, choice, spool).await
    }
}

struct Studio {
    voice: RememberingVoice,
    overheard: Arc<Overheard>,
    notes: Arc<Notes>,
    directory: tempfile::TempDir,
}

impl Studio {
    fn new() -> Result<Self> {
        let voice = SpeakVoice::new(bin_dir().join("rushes-speak"));
        let overheard = Arc::new(Overheard { voice, asked: Mutex::default() });
        let notes = Arc::<Notes>::default();
        let voice = RememberingVoice::new(overheard.clone(), notes.clone());
        Ok(Self { voice, overheard, notes, directory: tempfile::tempdir()? })
    }

    /// What is heard, and what was really spoken for it.
    async fn speak(&self, sentences: &[&str], choice: &VoiceChoice) -> Result<(Vec<Heard>, Vec<Vec<String>>)> {
        let sentences: Vec<String> = sentences.iter().map(|sentence| (*sentence).to_owned()).collect();
        let speeches = self.voice.speak(&sentences, choice, &self.directory.path().join("speech.pcm")).await?;
        let heard: Result<_> =
            speeches.into_iter().map(|it| Ok((heard(&it.samples)?, it.sample_rate_hz, it.words))).collect();
        Ok((heard?, std::mem::take(&mut *self.overheard.asked.lock().await)))
    }
}

/// Samples, their rate, and words.
type Heard = (Vec<u8>, u32, Vec<SpokenWord>);

#[tokio::test]
async fn only_what_was_never_spoken_is_spoken_and_in_one_go() -> Result<()> {
    let studio = Studio::new()?;
    let (first, asked) = studio.speak(&["One.", "Two.", "One."], &choice("en-us")).await?;
    ensure!(asked == [["One.", "Two."]] && first[0] == first[2], "{asked:?}");
    let (again, asked) = studio.speak(&["One.", "Two.", "One."], &choice("en-us")).await?;
    ensure!(asked.is_empty() && again == first, "{asked:?}");
    let (mixed, asked) = studio.speak(&["Two.", "Three.", "One."], &choice("en-us")).await?;
    ensure!(asked == [["Three."]] && (&mixed[0], &mixed[2]) == (&first[1], &first[0]), "{asked:?}");
    let slower = VoiceChoice { rate_wpm: 100, ..choice("en-us") };
    let (slow, asked) = studio.speak(&["One."], &slower).await?;
    ensure!(asked == [["One."]] && slow[0].0.len() > first[0].0.len(), "{asked:?}");
    Ok(())
}

#[tokio::test]
async fn remembered_speech_that_is_damaged_is_spoken_again() -> Result<()> {
    let studio = Studio::new()?;
    let (first, _) = studio.speak(&["One.", "Two."], &choice("de")).await?;
    for value in studio.notes.0.lock().await.values_mut() {
        let mut damaged = value.to_vec();
        *damaged.last_mut().context("empty")? ^= 1;
        *value = damaged.into();
    }
    let (again, asked) = studio.speak(&["One.", "Two."], &choice("de")).await?;
    ensure!(asked == [["One.", "Two."]] && again == first, "{asked:?}");
    ensure!(studio.speak(&["One.", "Two."], &choice("de")).await?.1.is_empty(), "it was not remembered again");
    Ok(())
}
