//! The voices that may be named are voices that speak.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rushes_content::speak::SpeakVoice;
use rushes_core::narration::Samples;
use rushes_core::ports::{Voice, VoiceError};
use rushes_core::spec::{VoiceChoice, voices};
use rushes_tests::service::bin_dir;

/// The samples, out of their file.
fn heard(samples: &Samples) -> Result<Vec<u8>> {
    let Samples::Spooled { path, first, count } = samples else { bail!("not in a file") };
    let (from, to) = (usize::try_from(first * 2)?, usize::try_from((first + count) * 2)?);
    Ok(std::fs::read(path)?.get(from..to).context("beyond the file")?.to_vec())
}

fn choice(name: &str) -> VoiceChoice {
    VoiceChoice { name: name.to_owned(), rate_wpm: 175, pitch: 50 }
}

#[tokio::test]
async fn every_voice_that_may_be_named_speaks() -> Result<()> {
    let voice = SpeakVoice::new(bin_dir().join("rushes-speak"));
    let directory = tempfile::tempdir()?;
    let spool = directory.path().join("speech");
    for name in voices::NAMES {
        let spoken = voice.speak(&["1 2 3.".to_owned()], &choice(name), &spool).await;
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
    ensure!(words == sentence.split(' ').collect::<Vec<_>>());
    ensure!(spoken[0].words[0].start == Duration::ZERO);
    ensure!(spoken[0].words.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].start <= pair[0].end));
    Ok(())
}

#[test]
fn the_description_of_the_api_lists_the_same_voices() -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let listed =
        document["components"]["schemas"]["Voice"]["properties"]["name"]["enum"].as_array().context("voices")?;
    let listed: Vec<&str> = listed.iter().filter_map(|name| name.as_str()).collect();
    ensure!(listed == voices::NAMES, "{listed:?}");
    Ok(())
}
