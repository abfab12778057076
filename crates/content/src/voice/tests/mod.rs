//! Against servers that speak the providers' protocols, well and badly.

mod server;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rushes_core::narration::{Samples, Speech};
use rushes_core::ports::{Voice, VoiceError};
use rushes_core::spec::{Pronunciation, VoiceChoice};
use serde_json::{Value, json};

use super::{Provider, VoiceChain};
use crate::kept::Kept;
use crate::remember::RememberingVoice;
use server::{Asked, PLANTED, Server};

/// As many samples of an even loudness.
fn pcm(samples: usize) -> Vec<u8> {
    [0x00, 0x10].repeat(samples)
}

async fn say(voice: &dyn Voice, text: &[&str], choice: &VoiceChoice) -> Result<Vec<(Speech, Vec<i16>)>, VoiceError> {
    let directory = tempfile::tempdir().unwrap();
    let sentences: Vec<String> = text.iter().map(|text| (*text).to_owned()).collect();
    let speeches = voice.speak(&sentences, choice, &directory.path().join("speech.pcm")).await?;
    let heard = speeches.into_iter().map(|speech| {
        let samples = match &speech.samples {
            Samples::Held(held) => held.clone(),
            Samples::Spooled { path, first, count } => {
                let bytes = std::fs::read(path).unwrap();
                let range = usize::try_from(first * 2).unwrap()..usize::try_from((first + count) * 2).unwrap();
                bytes[range].chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
            }
        };
        (speech, samples)
    });
    Ok(heard.collect())
}

fn starts(speech: &Speech) -> Vec<(&str, u128)> {
    speech.words.iter().map(|word| (word.text.as_str(), word.start.as_millis())).collect()
}

#[tokio::test]
async fn openai_speaks_pcm_and_its_words_share_the_time() {
    let server = Server::start(|_| ([(header::CONTENT_TYPE, "audio/pcm")], pcm(24_000)).into_response()).await;
    let choice = VoiceChoice { rate_wpm: 350, ..VoiceChoice::named("alloy") };
    let heard = say(&server.openai(), &["Hello world.", "Bye."], &choice).await.unwrap();
    assert_eq!(heard.len(), 2);
    let (speech, samples) = &heard[0];
    assert_eq!((speech.sample_rate_hz, speech.words.len()), (24_000, 2));
    assert!(speech.duration() > Duration::from_secs(1), "a pause follows");
    assert_eq!((samples[0], samples[12_000], samples[23_999]), (0, 0x1000, 0), "no click at the ends");
    let asked = server.asked();
    assert_eq!(asked[0].uri, "/v1/audio/speech");
    assert_eq!(asked[0].headers["authorization"], format!("Bearer {PLANTED}"));
    let wanted =
        json!({"model": "tts-1", "voice": "alloy", "input": "Hello world.", "response_format": "pcm", "speed": 2.0});
    assert!(asked.iter().any(|asked| asked.body == wanted), "{:?}", asked[0].body);
}

#[tokio::test]
async fn elevenlabs_tells_when_each_word_begins() {
    let text = "Hé du.";
    let times: Vec<f64> = (0..6).map(|index| f64::from(index) / 10.0).collect();
    let characters: Vec<String> = text.chars().map(String::from).collect();
    let answer = json!({"audio_base64": STANDARD.encode(pcm(24_000)), "alignment": {"characters": characters,
        "character_start_times_seconds": times, "character_end_times_seconds": times}});
    let server = Server::start(move |_| axum::Json(answer.clone()).into_response()).await;
    let heard = say(&server.elevenlabs(), &[text], &VoiceChoice::named("abc123")).await.unwrap();
    assert_eq!(starts(&heard[0].0), [("Hé", 0), ("du.", 300)]);
    let asked = server.asked();
    assert_eq!(asked[0].uri, "/v1/text-to-speech/abc123/with-timestamps?output_format=pcm_24000");
    assert_eq!(asked[0].headers["xi-api-key"], PLANTED);
    assert_eq!(asked[0].body, json!({"text": text, "model_id": "model-1"}));
}

/// Polly for the text "Hé & du.": sound, or marks where these are asked for.
fn polly(asked: &Asked) -> Response {
    if asked.body["OutputFormat"] != "json" {
        return ([(header::CONTENT_TYPE, "audio/pcm")], pcm(16_000)).into_response();
    }
    let text = asked.body["Text"].as_str().unwrap();
    let at = |word: &str| text.find(word).unwrap();
    let mark =
        |time: u32, word: &str| json!({"time": time, "type": "word", "start": at(word), "value": word}).to_string();
    format!("{}\n{}\n", mark(6, "Hé"), mark(420, "du")).into_response()
}

#[tokio::test]
async fn pollys_marks_give_the_moments_of_words_also_through_ssml() {
    for rate_wpm in [175, 140] {
        let server = Server::start(polly).await;
        let choice = VoiceChoice { rate_wpm, ..VoiceChoice::named("Ruth:generative") };
        let heard = say(&server.polly(), &["Hé & du."], &choice).await.unwrap();
        assert_eq!((heard[0].0.sample_rate_hz, heard[0].0.words.len()), (16_000, 2));
        assert_eq!(heard[0].0.words[1].start, Duration::from_millis(420), "{rate_wpm}");
        let asked = server.asked();
        assert_eq!((asked.len(), asked[0].uri.as_str()), (2, "/v1/speech"));
        assert_eq!(asked[0].headers["authorization"], "signed polly");
        assert_eq!((&asked[0].body["Engine"], &asked[0].body["VoiceId"]), (&json!("generative"), &json!("Ruth")));
        let given =
            if rate_wpm == 175 { "Hé & du." } else { "<speak><prosody rate=\"80%\">Hé &amp; du.</prosody></speak>" };
        assert_eq!(asked[0].body["Text"], given);
    }
}

#[tokio::test]
async fn an_engine_without_marks_is_no_failure() {
    let server = Server::start(|asked| {
        if asked.body["OutputFormat"] == "json" { StatusCode::BAD_REQUEST.into_response() } else { polly(asked) }
    })
    .await;
    let heard = say(&server.polly(), &["Hé & du."], &VoiceChoice::named("Ruth")).await.unwrap();
    assert_eq!(heard[0].0.words.len(), 2);
}

/// Any of the three, for a text: ten samples a byte, and a moment for each word where moments are told.
fn anyone(asked: &Asked) -> Response {
    let text = ["input", "text", "Text"].into_iter().find_map(|field| asked.body[field].as_str()).unwrap();
    let sound = pcm(text.len() * 10);
    if asked.uri.contains("with-timestamps") {
        let characters: Vec<String> = text.chars().map(String::from).collect();
        let times: Vec<f64> = (0..characters.len()).map(|index| index as f64 * 10.0 / 24_000.0).collect();
        let alignment = json!({"characters": characters, "character_start_times_seconds": times,
            "character_end_times_seconds": times});
        return axum::Json(json!({"audio_base64": STANDARD.encode(sound), "alignment": alignment})).into_response();
    }
    if asked.body["OutputFormat"] != "json" {
        return sound.into_response();
    }
    let starts = text.match_indices("word").map(|(at, _)| at);
    let mark = |at: usize| json!({"time": at * 10 / 16, "type": "word", "start": at, "value": "word"}).to_string();
    starts.map(mark).collect::<Vec<_>>().join("\n").into_response()
}

#[tokio::test]
async fn a_long_sentence_is_spoken_in_pieces_and_joined_without_a_click() {
    let sentence = "word ".repeat(1_500);
    let sentence = sentence.trim();
    let servers = [Server::start(anyone).await, Server::start(anyone).await, Server::start(anyone).await];
    let (openai, elevenlabs, polly) = (servers[0].openai(), servers[1].elevenlabs(), servers[2].polly());
    let limits = [openai.0.max_characters(), elevenlabs.0.max_characters(), polly.0.max_characters()];
    // What the providers take at most: openai.com, elevenlabs.io and AWS say so.
    assert!(limits[0] <= 4_096 && limits[1] <= 10_000 && limits[2] <= 3_000);
    let voices: [(&dyn Voice, u32, bool); 3] =
        [(&openai, 24_000, false), (&elevenlabs, 24_000, true), (&polly, 16_000, true)];
    for (((voice, rate_hz, tells_moments), server), limit) in voices.into_iter().zip(&servers).zip(limits) {
        let heard = say(voice, &[sentence], &VoiceChoice::named("alloy")).await.unwrap();
        let texts = server.asked().into_iter().filter(|asked| asked.body["OutputFormat"] != "json");
        let length = |asked: Asked| {
            ["input", "text", "Text"].into_iter().find_map(|field| Some(asked.body[field].as_str()?.len())).unwrap()
        };
        let lengths: Vec<usize> = texts.map(length).collect();
        assert_eq!(lengths.iter().sum::<usize>(), sentence.len(), "every word is spoken once");
        assert!(lengths.len() >= 2 && lengths.iter().all(|length| *length <= limit), "{lengths:?}");
        let (speech, samples) = &heard[0];
        assert_eq!(speech.words.len(), 1_500);
        let mut joint = 0;
        for length in &lengths {
            joint += length * 10;
            assert_eq!((samples[joint - 1], samples[joint]), (0, 0), "a click at {joint}");
        }
        // Ten samples a byte: a word of a later piece begins where it stands in the whole.
        let last = &speech.words[1_499];
        let wanted = Duration::from_secs_f64((sentence.len() - 4) as f64 * 10.0 / f64::from(rate_hz));
        assert!(
            !tells_moments || last.start.abs_diff(wanted) < Duration::from_millis(5),
            "{:?}, not {wanted:?}",
            last.start
        );
    }
}

#[tokio::test]
async fn every_way_to_fail_is_named_and_keeps_the_key() {
    let body =
        json!({"detail": {"status": "quota_exceeded", "message": PLANTED}, "error": {"code": PLANTED}}).to_string();
    let cases: Vec<(u16, &'static str, Vec<u8>, &str, bool)> = vec![
        (401, "application/json", body.clone().into(), "answered 401 (quota_exceeded)", false),
        (404, "application/json", body.clone().into(), "there is no voice \"alloy\"", false),
        (429, "application/json", body.clone().into(), "answered 429", true),
        (500, "application/json", body.clone().into(), "answered 500", true),
        (200, "application/json", body.into(), "no plain PCM", false),
        (200, "audio/wav", b"RIFF....".to_vec(), "no plain PCM", false),
        (200, "audio/pcm", vec![1, 2, 3], "cut off", false),
        (200, "audio/pcm", Vec::new(), "cut off", false),
    ];
    for (status, content_type, body, reason, is_transient) in cases {
        let answering = move |_: &Asked| {
            let status = StatusCode::from_u16(status).unwrap();
            (status, [(header::CONTENT_TYPE, content_type)], body.clone()).into_response()
        };
        let server = Server::start(answering).await;
        let error = say(&server.openai(), &["Hello."], &VoiceChoice::named("alloy")).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{status}: {error}");
        assert_eq!(error.is_transient(), is_transient, "{status}: {error}");
        assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
        let (elevenlabs, polly) = (server.elevenlabs(), server.polly());
        for voice in [&elevenlabs as &dyn Voice, &polly] {
            let error = say(voice, &["Hello."], &VoiceChoice::named("alloy")).await.unwrap_err();
            assert_eq!(error.is_transient(), is_transient, "{status}: {error}");
            assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
        }
    }
}

fn chain(openai: &Server, elevenlabs: &Server) -> VoiceChain {
    let providers: HashMap<&'static str, Arc<dyn Voice>> = HashMap::from([
        ("openai", Arc::new(openai.openai()) as Arc<dyn Voice>),
        ("elevenlabs", Arc::new(elevenlabs.elevenlabs())),
    ]);
    VoiceChain::new(Arc::new(openai.openai()), providers)
}

#[tokio::test]
async fn the_next_voice_speaks_when_the_first_cannot() {
    let speaking = Server::start(|_| pcm(2_400).into_response()).await;
    let broken = Server::start(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()).await;
    let chain = chain(&speaking, &broken);
    let fallback = vec!["polly:Joanna".to_owned(), "openai:echo".to_owned()];
    let choice = VoiceChoice { fallback, ..VoiceChoice::named("elevenlabs:abc") };
    assert_eq!(say(&chain, &["Hello."], &choice).await.unwrap().len(), 1);
    assert_eq!(speaking.asked()[0].body["voice"], "echo");
    let alone = VoiceChoice { fallback: vec!["polly:Joanna".to_owned()], ..choice };
    let error = say(&chain, &["Hello."], &alone).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("elevenlabs:abc:") && told.contains("polly is not set up here"), "{told}");
    assert!(error.is_transient(), "one of them may speak later");
}

#[tokio::test]
async fn the_dictionary_is_spoken_and_not_shown() {
    let server = Server::start(|_| pcm(24_000).into_response()).await;
    let pronunciations = vec![Pronunciation { written: "SQL".to_owned(), spoken: "sequel".to_owned() }];
    let choice = VoiceChoice { pronunciations, ..VoiceChoice::named("openai:alloy") };
    let heard = say(&chain(&server, &server), &["Use SQL."], &choice).await.unwrap();
    assert_eq!(server.asked()[0].body["input"], "Use sequel.");
    let shown: Vec<&str> = heard[0].0.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(shown, ["Use", "SQL."]);
}

#[tokio::test]
async fn what_was_spoken_before_a_failure_is_not_asked_for_again() {
    let is_broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let broken = Arc::clone(&is_broken);
    let server = Server::start(move |asked| {
        let is_third = asked.body["input"] == "Three.";
        if is_third && broken.load(std::sync::atomic::Ordering::SeqCst) {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        pcm(2_400).into_response()
    })
    .await;
    let pairs = std::num::NonZeroUsize::new(2).unwrap();
    let voice = RememberingVoice::new(Arc::new(server.openai()), Arc::new(Kept::default())).in_groups_of(pairs);
    let choice = VoiceChoice::named("alloy");
    let error = say(&voice, &["One.", "Two.", "Three."], &choice).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    is_broken.store(false, std::sync::atomic::Ordering::SeqCst);
    let before = server.asked().len();
    assert_eq!(say(&voice, &["One.", "Two.", "Three."], &choice).await.unwrap().len(), 3);
    let asked: Vec<Value> =
        server.asked().split_off(before).into_iter().map(|asked| asked.body["input"].clone()).collect();
    assert_eq!(asked, ["Three."]);
}
