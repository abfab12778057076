//! The voices that may be named are voices that speak.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rushes_content::speak::SpeakVoice;
use rushes_core::ports::{Voice, VoiceError};
use rushes_core::spec::{VoiceChoice, voices};
use rushes_tests::service::bin_dir;

fn choice(name: &str) -> VoiceChoice {
    VoiceChoice { name: name.to_owned(), rate_wpm: 175, pitch: 50 }
}

#[tokio::test]
async fn every_voice_that_may_be_named_speaks() -> Result<()> {
    let voice = SpeakVoice::new(bin_dir().join("rushes-speak"));
    for name in voices::NAMES {
        let spoken = voice.speak(&["1 2 3.".to_owned()], &choice(name)).await.with_context(|| (*name).to_owned())?;
        ensure!(spoken.len() == 1 && spoken[0].samples.iter().any(|sample| *sample != 0), "{name} is silent");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_voice_is_named_in_the_error() {
    let voice = SpeakVoice::new(bin_dir().join("rushes-speak"));
    let spoken = voice.speak(&["Hi.".to_owned()], &choice("xx-yy")).await;
    assert!(matches!(spoken, Err(VoiceError::UnknownVoice { name }) if name == "xx-yy"));
}

#[tokio::test]
async fn words_follow_each_other_as_written_and_a_sentence_sounds_the_same_wherever_it_stands() -> Result<()> {
    let voice = SpeakVoice::new(bin_dir().join("rushes-speak"));
    let sentence = "Dr. Müller's café — “open” till 11.30 — sells 3 apples for $5!".to_owned();
    let other = "Something else comes first.".to_owned();
    let spoken = voice.speak(&[sentence.clone(), other, sentence.clone()], &choice("en-us")).await?;
    ensure!(spoken[0] == spoken[2], "the same sentence sounds different");
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
