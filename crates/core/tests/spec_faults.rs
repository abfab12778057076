//! Faults in the parts of a spec that make a video more than words on a colour.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use rushes_core::spec::{MediaOrigin, VideoSpec};
use serde_json::{Value, json};

fn pointers_for(origin: MediaOrigin, spec: &Value) -> Vec<String> {
    let error = VideoSpec::from_json(spec.to_string().as_bytes(), origin).expect_err(&spec.to_string());
    error.violations().into_iter().map(|violation| violation.pointer).collect()
}

/// Each `value` of `field` has one fault, at `pointer` below the field.
fn assert_faults(field: &str, cases: &[(Value, &str)]) {
    for (value, pointer) in cases {
        let video = json!({"script": "a", field: value});
        assert_eq!(pointers_for(MediaOrigin::Remote, &video), [format!("/{field}{pointer}")], "{value}");
    }
}

fn assert_scene_faults(field: &str, cases: &[(Value, &str)]) {
    for (value, pointer) in cases {
        let video = json!({"scenes": [{"text": "a", field: value}]});
        assert_eq!(pointers_for(MediaOrigin::Remote, &video), [format!("/scenes/0/{field}{pointer}")], "{value}");
    }
}

const URL: &str = "https://example.com/a";

#[test]
fn faults_of_backgrounds_are_named() {
    assert_faults(
        "background",
        &[
            (json!("#fff"), ""),
            (json!({}), "/type"),
            (json!({"type": "film"}), "/type"),
            (json!({"type": "color", "from": "#000"}), "/from"),
            (json!({"type": "gradient", "color": "#000"}), "/color"),
            (json!({"type": "gradient", "angle_deg": 361}), "/angle_deg"),
            (json!({"type": "image"}), "/url"),
            (json!({"type": "image", "url": URL, "asset": "x"}), "/asset"),
            (json!({"type": "image", "asset": "x"}), "/asset"),
            (json!({"type": "image", "url": format!("https://{}", "a".repeat(2048))}), "/url"),
            (json!({"type": "image", "url": URL, "fit": "crop"}), "/fit"),
            (json!({"type": "image", "url": URL, "loop": true}), "/loop"),
            (json!({"type": "video", "url": URL, "camera": {"move": "zoom-in"}}), "/camera"),
            (json!({"type": "video", "url": URL, "start_s": -1}), "/start_s"),
            (json!({"type": "video", "url": URL, "start_s": 2, "end_s": 2}), "/end_s"),
            (json!({"type": "video", "url": URL, "volume": 2.1}), "/volume"),
            (json!({"type": "video", "url": URL, "loop": 1}), "/loop"),
        ],
    );
}

#[test]
fn faults_of_cameras_are_named() {
    let whole = json!({"x": 0, "y": 0, "width": 1, "height": 1});
    let cases = [
        (json!({}), "/move"),
        (json!({"move": "roll"}), "/move"),
        (json!({"move": "zoom-in", "amount": 0}), "/amount"),
        (json!({"move": "zoom-in", "easing": "bounce"}), "/easing"),
        (json!({"from": whole}), "/to"),
        (json!({"to": whole}), "/from"),
        (json!({"from": whole, "to": whole, "move": "zoom-in"}), "/move"),
        (json!({"from": whole, "to": {"x": 0, "y": 0, "width": 1}}), "/to/height"),
        (json!({"from": whole, "to": {"x": 0.5, "y": 0, "width": 0.6, "height": 1}}), "/to/width"),
        (json!({"from": {"x": 0, "y": 0, "width": 0.01, "height": 1}, "to": whole}), "/from/width"),
        (json!({"from": whole, "to": {"x": 0, "y": 0, "width": 1, "height": 1, "z": 1}}), "/to/z"),
    ];
    for (camera, pointer) in cases {
        let background = json!({"type": "image", "url": URL, "camera": camera});
        assert_faults("background", &[(background, &format!("/camera{pointer}"))]);
    }
    let contained = json!({"type": "image", "url": URL, "fit": "contain", "camera": {"move": "zoom-in"}});
    assert_faults("background", &[(contained, "/fit")]);
}

#[test]
fn faults_of_captions_and_bars_are_named() {
    let captions = [
        (json!({"style": "shout"}), "/style"),
        (json!({"font": "Comic Sans"}), "/font"),
        (json!({"font_scale": 3}), "/font_scale"),
        (json!({"outline": {"width": 5}}), "/outline/width"),
        (json!({"outline": 5}), "/outline"),
        (json!({"box": {"opacity": -0.1}}), "/box/opacity"),
        (json!({"uppercase": "yes"}), "/uppercase"),
    ];
    assert_faults("captions", &captions);
    assert_scene_faults("captions", &captions);
    assert_faults("progress_bar", &[(json!({"position": "left"}), "/position"), (json!(true), "")]);
}

#[test]
fn faults_of_transitions_are_named() {
    let cases = [
        (json!("cut"), ""),
        (json!({}), "/type"),
        (json!({"type": "explode"}), "/type"),
        (json!({"type": "cut", "duration_s": 1}), "/duration_s"),
        (json!({"type": "crossfade", "color": "#000"}), "/color"),
        (json!({"type": "crossfade", "direction": "left"}), "/direction"),
        (json!({"type": "fade", "duration_s": 6}), "/duration_s"),
        (json!({"type": "slide", "color": "#000"}), "/color"),
        (json!({"type": "wipe", "direction": "north"}), "/direction"),
    ];
    assert_faults("transition", &cases);
    assert_scene_faults("transition", &cases);
}

#[test]
fn faults_of_what_lies_over_a_scene_are_named() {
    let overlays = [
        (json!([{}]), "/0/url"),
        (json!([{"url": URL}, {"url": URL, "position": "middle"}]), "/1/position"),
        (json!([{"url": URL, "width": 0}]), "/0/width"),
        (json!([{"url": URL, "margin": 0.5}]), "/0/margin"),
        (json!([{"url": URL, "opacity": 1.5}]), "/0/opacity"),
        (json!([{"path": "a.png"}]), "/0/path"),
        (json!(vec![json!({"url": URL}); 9]), ""),
    ];
    assert_faults("overlays", &overlays);
    assert_scene_faults("overlays", &overlays);
    assert_scene_faults("card", &[(json!({}), "/title"), (json!({"title": "a", "size": 1}), "/size")]);
    assert_scene_faults(
        "lower_third",
        &[
            (json!({"subtitle": "a"}), "/title"),
            (json!({"title": "a".repeat(201)}), "/title"),
            (json!({"title": "a", "start_s": -1}), "/start_s"),
            (json!({"title": "a", "duration_s": 0}), "/duration_s"),
            (json!({"title": "a", "color": "gold"}), "/color"),
        ],
    );
}

#[test]
fn faults_of_sound_are_named() {
    assert_faults(
        "music",
        &[
            (json!({}), "/url"),
            (json!({"url": "ftp://example.com/a.mp3"}), "/url"),
            (json!({"url": URL, "ducking_db": 41}), "/ducking_db"),
            (json!({"url": URL, "fade_in_s": 61}), "/fade_in_s"),
            (json!({"url": URL, "fade_out_s": -1}), "/fade_out_s"),
            (json!({"url": URL, "start_s": 5, "end_s": 4}), "/end_s"),
        ],
    );
    assert_scene_faults(
        "sounds",
        &[
            (json!([{"url": URL, "at_s": -1}]), "/0/at_s"),
            (json!([{"url": URL, "loop": true}]), "/0/loop"),
            (json!(vec![json!({"url": URL}); 17]), ""),
        ],
    );
}

#[test]
fn faults_of_outputs_are_named() {
    assert_faults(
        "outputs",
        &[
            (json!([]), ""),
            (json!(["16:9 1080p", "16:9 1080p"]), "/1"),
            (json!(["16:9"]), "/0"),
            (json!(["4:3 1080p"]), "/0"),
            (json!([1080]), "/0"),
            (json!(["16:9 480p", "16:9 720p", "16:9 1080p", "16:9 1440p", "16:9 2160p"]), ""),
        ],
    );
    let both = json!({"script": "a", "outputs": ["16:9 1080p"], "output": {"aspect": "16:9", "resolution": "1080p"}});
    assert_eq!(pointers_for(MediaOrigin::Remote, &both), ["/output/aspect", "/output/resolution"]);
}

#[test]
fn two_hundred_and_one_different_media_are_too_many() {
    let scenes = |count: usize| {
        let scene = |index| json!({"text": "a", "background": {"type": "image", "url": format!("{URL}{index}")}});
        json!({"scenes": (0..count).map(scene).collect::<Vec<_>>()})
    };
    assert!(VideoSpec::from_json(scenes(200).to_string().as_bytes(), MediaOrigin::Remote).is_ok());
    assert_eq!(pointers_for(MediaOrigin::Remote, &scenes(201)), ["/scenes/200/background/url"]);
}

#[test]
fn uploads_are_refused_at_the_command_line() {
    let spec = json!({"script": "a", "music": {"asset": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}});
    assert_eq!(pointers_for(MediaOrigin::RemoteOrLocal, &spec), ["/music/asset"]);
    assert!(VideoSpec::from_json(spec.to_string().as_bytes(), MediaOrigin::Remote).is_ok());
}

#[test]
fn no_fault_repeats_more_than_200_characters_of_what_was_sent() {
    let long = "ß".repeat(10_000);
    let texts = [
        format!(r#"{{"{long}": 1}}"#),
        format!(r#"{{"script": "a", "{long}": 1, "{long}": 2}}"#),
        format!(r#"{{"script": "a", "voice": {{"name": "{long}", "{long}": 1}}}}"#),
        format!(r#"{{"script": "a", "voice": {{"fallback": ["{long}"]}}, "quality": "{long}"}}"#),
        format!(r#"{{"scenes": [{{"text": "a", "{long}": {{"{long}": 1}}}}]}}"#),
        format!(r#"{{"script": "a", "background": {{"type": "{long}"}}, "captions": {{"color": "{long}"}}}}"#),
        format!(
            r#"{{"script": "a", "music": {{"url": "{long}", "asset": "{long}"}}, "output": {{"aspect": "{long}"}}}}"#
        ),
        format!(r#"{{"script": "a", "overlays": [{{"asset": "{long}"}}], "outputs": ["{long}"]}}"#),
        format!(
            r#"{{"topic": "{long}", "language": "{long}", "affiliate": {{"tag": "{long}", "marketplace": "{long}"}}}}"#
        ),
        format!(r#"{{"title": "{long}", "script": "a", "channel": "{long}"}}"#),
        format!(r#"{{"{long}": oops"#),
        format!(r#"{{"a": {{"{long}": oops"#),
        format!(r#""{long}""#),
    ];
    for text in texts {
        let error = VideoSpec::from_json(text.as_bytes(), MediaOrigin::Remote).expect_err(&text);
        for fault in error.violations() {
            let repeated = format!("{}{}", fault.pointer, fault.message).matches('ß').count();
            assert!(repeated <= 200, "{repeated} characters at {}", fault.pointer);
        }
    }
}
