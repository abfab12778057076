//! What a spec may say, and what is answered to what it may not.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use rushes_core::spec::{Background, MAX_SCENES, MediaOrigin, MediaSource, SpecError, VideoSpec};

fn read(json: &str) -> Result<VideoSpec, SpecError> {
    VideoSpec::from_json(json.as_bytes(), MediaOrigin::Remote)
}

/// The pointers of all faults found in `json`.
fn pointers(json: &str) -> Vec<String> {
    let error = read(json).expect_err(json);
    error.violations().into_iter().map(|violation| violation.pointer).collect()
}

#[test]
fn a_script_alone_is_enough() {
    let spec = read(r#"{"script": "  Hello   world. "}"#).unwrap();
    assert_eq!(spec.scenes.len(), 1);
    assert_eq!(spec.scenes[0].text, "Hello world.");
    assert_eq!((spec.output().width, spec.output().height, spec.output().frame_rate.get()), (1920, 1080, 30));
    assert_eq!(spec.display_title(), "Hello world.");
}

#[test]
fn a_scene_overrides_the_background_of_the_video() {
    let spec = read(
        r##"{"background": {"type": "color", "color": "#000"},
            "scenes": [{"text": "a"}, {"text": "b", "background": {"type": "image", "url": "https://example.com/a.png"}}]}"##,
    )
    .unwrap();
    assert!(matches!(spec.scenes[0].background, Background::Color(_)));
    let media: Vec<_> = spec.media().map(|media| (&media.source, media.pointer.as_str())).collect();
    assert_eq!(media, [(&MediaSource::Url("https://example.com/a.png".to_owned()), "/scenes/1/background/url")]);
}

#[test]
fn every_fault_is_named_with_its_place() {
    let cases = [
        (r#"{"script": "a", "colour": 1}"#, "/colour"),
        (r#"{"script": "a", "a/b~c": 1}"#, "/a~1b~0c"),
        (r#"{"script": "a", "script": "b"}"#, "/script"),
        (r#"{"script": "a", "topic": "b"}"#, "/script"),
        (r#"{"script": "a", "scenes": []}"#, "/scenes"),
        (r#"{}"#, ""),
        (r#"{"script": "  "}"#, "/script"),
        (r#"{"script": "a\u0007b"}"#, "/script"),
        (r#"{"script": 5}"#, "/script"),
        (r#"{"scenes": []}"#, "/scenes"),
        (r#"{"scenes": [{"text": "a"}, {}]}"#, "/scenes/1/text"),
        (r#"{"scenes": [{"text": "a"}, 5]}"#, "/scenes/1"),
        (r#"{"scenes": [{"text": 5}]}"#, "/scenes/0/text"),
        (r#"{"scenes": [{"text": "a", "duration_s": -1}]}"#, "/scenes/0/duration_s"),
        (r#"{"scenes": [{"text": "a", "duration_s": 0}]}"#, "/scenes/0/duration_s"),
        (r#"{"scenes": [{"text": "a", "duration_s": 1e9}]}"#, "/scenes/0/duration_s"),
        (r#"{"scenes": [{"text": "a", "duration_s": NaN}]}"#, "/scenes/0/duration_s"),
        (r#"{"scenes": [{"text": "a", "lenght": 2}]}"#, "/scenes/0/lenght"),
        (r#"{"script": "a", "voice": {"name": "klingon"}}"#, "/voice/name"),
        (r#"{"script": "a", "voice": {"rate_wpm": 1000}}"#, "/voice/rate_wpm"),
        (r#"{"script": "a", "background": {"type": "color", "color": "red"}}"#, "/background/color"),
        (r#"{"script": "a", "background": {"type": "image", "path": "/etc/passwd"}}"#, "/background/path"),
        (r#"{"script": "a", "background": {"type": "image", "url": "file:///etc/passwd"}}"#, "/background/url"),
        (r#"{"script": "a", "background": {"type": "video"}}"#, "/background/url"),
        (r#"{"script": "a", "output": {"fps": 12}}"#, "/output/fps"),
        (r#"{"script": "a", "output": {"aspect": "4:3"}}"#, "/output/aspect"),
    ];
    for (json, pointer) in cases {
        assert_eq!(pointers(json), [pointer], "{json}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let json =
        r#"{"scenes": [{"text": "a", "duration_s": -1}, {"text": ""}], "voice": {"name": "x"}, "output": {"fps": 1}}"#;
    assert_eq!(pointers(json), ["/voice/name", "/output/fps", "/scenes/0/duration_s", "/scenes/1/text"]);
    let json = r#"{"scenes": [{"text": 5, "lenght": 1}], "voice": 7, "colour": "red", "size": 3}"#;
    assert_eq!(pointers(json), ["/voice", "/scenes/0/text", "/scenes/0/lenght", "/colour", "/size"]);
}

#[test]
fn the_faults_of_one_answer_are_limited() {
    let fields: Vec<String> = (0..5000).map(|index| format!(r#""f{index}": 1"#)).collect();
    assert_eq!(pointers(&format!(r#"{{"script": "a", {}}}"#, fields.join(","))).len(), 100);
}

#[test]
fn a_message_says_what_would_be_right() {
    let message = |json: &str| read(json).expect_err(json).violations()[0].message.clone();
    let cases = [
        (r#"{"script": "a", "quality": "best"}"#, "`quality` is `draft`, `standard` or `high`"),
        (r#"{"script": "a", "voice": {"rate_wpm": 1000}}"#, "`rate_wpm` is 80 to 450 words a minute"),
        (r#"{"script": "a", "voice": {"pitch": 1.5}}"#, "`pitch` is a whole number"),
        (r#"{"script": ["a"]}"#, "a text is needed here, not a list"),
        (
            r#"{"script": "a", "voice": {"speed": 1}}"#,
            "there is no field `speed` here, only `fallback`, `name`, `pitch`, `pronunciations` and `rate_wpm`",
        ),
        (
            r#"{"script": "a", "background": {"type": "color", "url": "https://example.com/"}}"#,
            "`url` does not belong to a plain colour",
        ),
        (
            r#"{"script": "a", "background": {}}"#,
            "a background needs a `type`: `color`, `gradient`, `image`, `video` or `footage`",
        ),
        (r#"{"script": "a", "background": {"type": "image"}}"#, "an image background needs a `url` or an `asset`"),
        (
            r#"{"script": "a", "background": {"type": "image", "path": "a.png"}}"#,
            "the service reads no local paths: give a `url`",
        ),
    ];
    for (json, wanted) in cases {
        assert_eq!(message(json), wanted, "{json}");
    }
}

#[test]
fn null_is_the_same_as_leaving_a_field_out() {
    let json = r#"{"script": "a", "scenes": null, "voice": null, "background": {"type": "color", "url": null}, "outputs": null}"#;
    assert_eq!(read(json), read(r#"{"script": "a"}"#));
}

#[test]
fn too_many_scenes_and_too_many_bytes_are_refused() {
    let scenes = vec![r#"{"text": "a"}"#; MAX_SCENES + 1].join(",");
    assert_eq!(pointers(&format!(r#"{{"scenes": [{scenes}]}}"#)), ["/scenes"]);
    let long = "a ".repeat(60_000);
    assert_eq!(pointers(&format!(r#"{{"script": "{long}"}}"#)), ["/script"]);
    let huge = format!(r#"{{"script": "{}"}}"#, "a".repeat(10 << 20));
    assert!(matches!(read(&huge), Err(SpecError::TooLarge { .. })));
}

#[test]
fn a_topic_comes_with_a_length_a_language_and_a_style() {
    let spec = read(r#"{"topic": " Why  bees dance "}"#).unwrap();
    let topic = spec.topic.as_ref().unwrap();
    assert_eq!((topic.text.as_str(), topic.duration.as_secs(), topic.language.as_str()), ("Why bees dance", 60, "en"));
    assert_eq!((spec.display_title().as_str(), spec.voice.name.as_str()), ("Why bees dance", "en-us"));
    let json =
        r#"{"topic": "bees", "duration_s": 90.5, "language": "de-AT", "style": "dry", "affiliate": {"tag": "a-20"}}"#;
    let spec = read(json).unwrap();
    let topic = spec.topic.as_ref().unwrap();
    assert_eq!((topic.duration.as_millis(), topic.style.as_deref()), (90_500, Some("dry")));
    assert_eq!(topic.affiliate.as_ref().unwrap().marketplace, "amazon.com");
    assert_eq!(spec.voice.name, "de", "a voice of the language speaks");
    let named = read(r#"{"topic": "bees", "language": "de", "voice": {"name": "fr-fr"}}"#).unwrap();
    assert_eq!(named.voice.name, "fr-fr");
}

#[test]
fn a_voice_is_chosen_by_what_is_said_of_the_language_or_by_what_is_written() {
    let german = "Das ist ein Satz, den man leicht als Deutsch erkennt, weil er lang genug ist.";
    let cases = [
        (format!(r#"{{"script": "{german}"}}"#), "de", "de"),
        (format!(r#"{{"script": "{german}", "language": "fr"}}"#), "fr-fr", "fr"),
        (format!(r#"{{"script": "{german}", "voice": {{"name": "en-gb"}}}}"#), "en-gb", "en-gb"),
        (format!(r#"{{"script": "{german}", "voice": {{"name": "openai:alloy"}}}}"#), "openai:alloy", "de"),
        (
            format!(r#"{{"script": "{german}", "language": "nl", "voice": {{"name": "openai:alloy"}}}}"#),
            "openai:alloy",
            "nl",
        ),
        (r#"{"scenes": [{"text": "今天天气很好，"}, {"text": "我们去公园。"}]}"#.to_owned(), "cmn", "zh"),
        (r#"{"script": "שלום עולם."}"#.to_owned(), "he", "he"),
        (r#"{"script": "Hallo Welt."}"#.to_owned(), "en-us", "en-us"),
        (r#"{"scenes": [{"duration_s": 1}]}"#.to_owned(), "en-us", "en-us"),
        (r#"{"script": "A", "language": "xx"}"#.to_owned(), "en-us", "en-us"),
    ];
    for (json, name, language) in cases {
        let voice = read(&json).unwrap().voice;
        assert_eq!((voice.name.as_str(), voice.language.as_str()), (name, language), "{json}");
    }
    assert_eq!(pointers(r#"{"script": "a", "language": "german"}"#), ["/language"]);
}

#[test]
fn narration_keeps_its_lines_and_loses_the_signs_of_markdown() {
    let spec = read(r##"{"scenes": [{"text": "# One\n\n- **a**\n- b_c\r\n"}]}"##).unwrap();
    assert_eq!(spec.scenes[0].text, "One\n\na\nb_c");
}

#[test]
fn faults_of_topics_are_named_and_their_fields_belong_to_them() {
    let cases = [
        (r#"{"topic": " "}"#, "/topic"),
        (r#"{"topic": "bees", "duration_s": 4}"#, "/duration_s"),
        (r#"{"topic": "bees", "language": "english"}"#, "/language"),
        (r#"{"topic": "bees", "affiliate": {}}"#, "/affiliate/tag"),
        (r#"{"topic": "bees", "affiliate": {"tag": "a b"}}"#, "/affiliate/tag"),
        (r#"{"topic": "bees", "affiliate": {"tag": "a", "marketplace": "amazon.example"}}"#, "/affiliate/marketplace"),
        (r#"{"topic": "bees", "colour": 1}"#, "/colour"),
        (r#"{"script": "a", "style": "dry"}"#, "/style"),
        (r#"{"script": "a", "duration_s": 60}"#, "/duration_s"),
        (r#"{"script": "a", "voice": {"fallback": ["klingon"]}}"#, "/voice/fallback/0"),
        (r#"{"script": "a", "voice": {"pronunciations": [{"written": "SQL"}]}}"#, "/voice/pronunciations/0/spoken"),
    ];
    for (json, pointer) in cases {
        assert_eq!(pointers(json), [pointer], "{json}");
    }
}

#[test]
fn what_is_not_json_is_a_syntax_error() {
    for json in ["", "{", "null x", "[1,2", "{\"script\": \"a\"} trailing"] {
        assert!(matches!(read(json), Err(SpecError::Syntax(_) | SpecError::Invalid(_))), "{json}");
    }
}
