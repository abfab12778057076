//! What each part of a spec becomes, its defaults included.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use rushes_core::spec::{
    Alignment, AssetId, Background, Camera, CameraPath, CaptionMode, Card, Direction, Easing, Fit, Font, LowerThird,
    Media, MediaKind, MediaOrigin, MediaSource, Outline, OverlayPosition, ProgressBar, Quality, TextBox, Transition,
    TransitionKind, Trim, VideoSpec,
};
use rushes_core::units::{Color, Portion};
use serde_json::{Value, json};

const ACCENT: Color = Color::rgb(0xff, 0xd5, 0x4a);

fn read(json: &Value) -> VideoSpec {
    VideoSpec::from_json(json.to_string().as_bytes(), MediaOrigin::Remote).expect("a good spec")
}

fn with(field: &str, value: &Value) -> VideoSpec {
    read(&json!({"script": "a", field: value}))
}

fn with_scene(field: &str, value: &Value) -> VideoSpec {
    read(&json!({"scenes": [{"text": "a"}, {"text": "b", field: value}]}))
}

fn url(name: &str, kind: MediaKind, pointer: &str) -> Media {
    Media { source: MediaSource::Url(format!("https://example.com/{name}")), kind, pointer: pointer.to_owned() }
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[test]
fn a_quality_is_chosen_by_name() {
    for (name, quality) in [("draft", Quality::Draft), ("standard", Quality::Standard), ("high", Quality::High)] {
        assert_eq!(with("quality", &json!(name)).quality, quality);
    }
    assert_eq!(read(&json!({"script": "a"})).quality, Quality::Standard);
}

#[test]
fn a_camera_moves_over_an_image_by_name_or_between_two_parts() {
    let camera = |camera: &Value| {
        let background = json!({"type": "image", "url": "https://example.com/a.jpg", "camera": camera});
        match with("background", &background).scenes.remove(0).background {
            Background::Image(image) => image.camera,
            _ => None,
        }
    };
    let moves = [
        (json!({"move": "zoom-in"}), CameraPath::ZoomIn { amount: 0.15 }, Easing::Linear),
        (
            json!({"move": "zoom-out", "amount": 4, "easing": "ease"}),
            CameraPath::ZoomOut { amount: 4.0 },
            Easing::InOut,
        ),
        (json!({"move": "pan-up"}), CameraPath::Pan { direction: Direction::Up, amount: 0.15 }, Easing::Linear),
    ];
    for (json, path, easing) in moves {
        assert_eq!(camera(&json), Some(Camera { path, easing }));
    }
    let whole = json!({"x": 0, "y": 0, "width": 1, "height": 1});
    let part = json!({"x": 0.3, "y": 0.1, "width": 0.7, "height": 0.02});
    let Some(Camera { path: CameraPath::Between { from, to }, .. }) = camera(&json!({"from": whole, "to": part}))
    else {
        panic!("no way between two parts");
    };
    let shares = |view: rushes_core::spec::View| [view.x, view.y, view.width, view.height].map(Portion::get);
    assert_eq!((shares(from), shares(to)), ([0.0, 0.0, 1.0, 1.0], [0.3, 0.1, 0.7, 0.02]));
}

#[test]
fn a_clip_loops_in_silence_unless_told_otherwise() {
    let clip = |json: &Value| match with("background", json).scenes.remove(0).background {
        Background::Video(video) => video,
        other => panic!("{other:?}"),
    };
    let plain = clip(&json!({"type": "video", "url": "https://example.com/a.mp4"}));
    assert_eq!(plain.media, url("a.mp4", MediaKind::Clip, "/background/url"));
    assert_eq!((plain.fit, plain.trim, plain.is_looped, plain.volume), (Fit::Cover, Trim::default(), true, 0.0));
    let told = clip(&json!({"type": "video", "url": "https://example.com/a.mp4", "fit": "contain",
        "start_s": 1, "end_s": 2.5, "loop": false, "volume": 2}));
    let trim = Trim { start: seconds(1.0), end: Some(seconds(2.5)) };
    assert_eq!((told.fit, told.trim, told.is_looped, told.volume), (Fit::Contain, trim, false, 2.0));
}

#[test]
fn a_transition_of_the_video_holds_for_every_scene_that_names_none() {
    let spec = read(&json!({"transition": {"type": "crossfade"}, "scenes": [
        {"text": "a"},
        {"text": "b", "transition": {"type": "slide", "direction": "up", "duration_s": 1}},
        {"text": "c", "transition": {"type": "fade", "color": "#fff"}},
        {"text": "d", "transition": {"type": "wipe"}},
        {"text": "e", "transition": {"type": "cut"}},
    ]}));
    let transitions: Vec<Transition> = spec.scenes.iter().map(|scene| scene.transition).collect();
    let half = seconds(0.5);
    let wanted = [
        Transition { kind: TransitionKind::Crossfade, duration: half },
        Transition { kind: TransitionKind::Slide(Direction::Up), duration: seconds(1.0) },
        Transition { kind: TransitionKind::Fade(Color::rgb(255, 255, 255)), duration: half },
        Transition { kind: TransitionKind::Wipe(Direction::Left), duration: half },
        Transition::default(),
    ];
    assert_eq!(transitions, wanted);
}

#[test]
fn an_overlay_keeps_to_the_top_right_unless_told_otherwise() {
    let asset = AssetId::generate();
    let spec = with(
        "overlays",
        &json!([{"asset": asset}, {"url": "https://example.com/b.png", "position": "bottom",
        "width": 1, "margin": 0, "opacity": 0.5}]),
    );
    let [first, second] = &spec.overlays[..] else { panic!("two overlays") };
    assert_eq!(first.media.source, MediaSource::Asset(asset));
    assert_eq!(first.media.pointer, "/overlays/0/asset");
    assert_eq!(first.position, OverlayPosition { horizontal: Alignment::End, vertical: Alignment::Start });
    assert_eq!([first.width, first.margin, first.opacity].map(Portion::get), [0.12, 0.04, 1.0]);
    assert_eq!(second.media, url("b.png", MediaKind::Picture, "/overlays/1/url"));
    assert_eq!(second.position, OverlayPosition { horizontal: Alignment::Center, vertical: Alignment::End });
    assert_eq!([second.width, second.margin, second.opacity].map(Portion::get), [1.0, 0.0, 0.5]);
}

#[test]
fn a_card_alone_stands_for_three_seconds() {
    let spec = read(&json!({"scenes": [
        {"card": {"title": "One", "subtitle": "first"}},
        {"card": {"title": "Two"}, "duration_s": 1},
        {"card": {"title": "Three"}, "text": "a"},
    ]}));
    let durations: Vec<Duration> = spec.scenes.iter().map(|scene| scene.minimum_duration).collect();
    assert_eq!(durations, [seconds(3.0), seconds(1.0), Duration::ZERO]);
    let card = Card { title: "One".to_owned(), subtitle: Some("first".to_owned()) };
    assert_eq!(spec.scenes[0].card, Some(card));
}

#[test]
fn a_lower_third_comes_after_half_a_second_and_stays_for_five() {
    let spec = with_scene("lower_third", &json!({"title": "Ada"}));
    let wanted = LowerThird {
        title: "Ada".to_owned(),
        subtitle: None,
        start: seconds(0.5),
        duration: seconds(5.0),
        color: ACCENT,
    };
    assert_eq!(spec.scenes[1].lower_third, Some(wanted));
}

#[test]
fn the_captions_of_a_scene_change_only_what_they_name() {
    let spec = read(&json!({
        "captions": {"style": "pop", "font": "serif", "outline": {"width": 2}, "box": true, "uppercase": true},
        "scenes": [
            {"text": "a"},
            {"text": "b", "captions": {"style": "block", "outline": {"color": "#f00"}, "box": {"opacity": 1}}},
            {"text": "c", "captions": {"outline": false, "box": false, "uppercase": false}},
        ],
    }));
    let [first, second, third] = &spec.scenes[..] else { panic!("three scenes") };
    assert_eq!((first.captions.mode, first.captions.font), (CaptionMode::Pop, Font::Serif));
    assert_eq!(first.captions.outline, Some(Outline { color: Color::rgb(0, 0, 0), width_scale: 2.0 }));
    assert_eq!(first.captions.text_box, Some(TextBox::default()));
    assert_eq!((second.captions.mode, second.captions.font), (CaptionMode::Block, Font::Serif));
    assert_eq!(second.captions.outline, Some(Outline { color: Color::rgb(255, 0, 0), width_scale: 2.0 }));
    assert_eq!(second.captions.text_box.map(|text_box| text_box.opacity), Some(1.0));
    assert_eq!((third.captions.outline, third.captions.text_box, third.captions.is_uppercase), (None, None, false));
}

#[test]
fn music_loops_quietly_and_gives_way_to_the_voice() {
    let music = with("music", &json!({"url": "https://example.com/a.mp3"})).music.unwrap();
    assert_eq!(music.media, url("a.mp3", MediaKind::Sound, "/music/url"));
    assert_eq!((music.trim, music.is_looped, music.volume, music.ducking_db), (Trim::default(), true, 0.3, 9.0));
    assert_eq!((music.fade_in, music.fade_out), (seconds(1.0), seconds(2.0)));
}

#[test]
fn sounds_begin_with_their_scene_unless_told_otherwise() {
    let sounds =
        json!([{"url": "https://example.com/a.wav"}, {"url": "https://example.com/b.wav", "at_s": 2.5, "volume": 0.5}]);
    let spec = with_scene("sounds", &sounds);
    let sounds: Vec<_> = spec.scenes[1].sounds.iter().map(|sound| (sound.start, sound.volume)).collect();
    assert_eq!(sounds, [(Duration::ZERO, 1.0), (seconds(2.5), 0.5)]);
    assert_eq!(spec.scenes[1].sounds[1].media, url("b.wav", MediaKind::Sound, "/scenes/1/sounds/1/url"));
}

#[test]
fn a_progress_bar_lies_at_the_bottom_unless_told_otherwise() {
    let bar = |json: &Value| with("progress_bar", json).progress_bar;
    assert_eq!(bar(&json!({})), Some(ProgressBar { color: ACCENT, is_at_top: false }));
    let told = json!({"color": "#123456", "position": "top"});
    assert_eq!(bar(&told), Some(ProgressBar { color: Color::rgb(0x12, 0x34, 0x56), is_at_top: true }));
}

#[test]
fn several_outputs_share_the_frame_rate() {
    let spec = read(&json!({"script": "a", "outputs": ["9:16 720p", "1:1 1080p"], "output": {"fps": 25}}));
    let outputs: Vec<_> =
        spec.outputs.iter().map(|output| (output.width, output.height, output.frame_rate.get())).collect();
    assert_eq!(outputs, [(720, 1280, 25), (1080, 1080, 25)]);
    assert_eq!(spec.output(), spec.outputs[0]);
}

#[test]
fn every_piece_of_media_can_be_found_and_changed() {
    let spec = json!({
        "background": {"type": "video", "path": "clip.mp4"},
        "music": {"path": "music.mp3"},
        "overlays": [{"path": "logo.png"}],
        "scenes": [{"text": "a", "overlays": [{"path": "badge.png"}], "sounds": [{"path": "pop.wav"}]},
            {"text": "b", "background": {"type": "image", "path": "still.jpg"}}],
    });
    let mut spec = VideoSpec::from_json(spec.to_string().as_bytes(), MediaOrigin::RemoteOrLocal).unwrap();
    for media in spec.media_mut() {
        media.pointer.insert(0, '!');
    }
    let mut pointers: Vec<&str> = spec.media().map(|media| media.pointer.as_str()).collect();
    pointers.sort_unstable();
    let wanted =
        ["background", "music", "overlays/0", "scenes/0/overlays/0", "scenes/0/sounds/0", "scenes/1/background"];
    assert_eq!(pointers, wanted.map(|place| format!("!/{place}/path")));
}

#[test]
fn the_showcase_is_a_good_spec_that_needs_no_files() {
    for name in ["showcase", "explainer"] {
        let path = format!("{}/../../examples/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let spec = VideoSpec::from_json(&std::fs::read(path).unwrap(), MediaOrigin::Remote).unwrap();
        assert_eq!(spec.media().count(), 0, "{name}");
    }
}

#[test]
fn the_lines_of_titles_cards_and_lower_thirds_stay_apart() {
    let spec = read(&json!({"title": "One\r\n  Two", "scenes": [{
        "title": "A\u{a0}!\n\nB", "text": "a",
        "card": {"title": "One\nTwo", "subtitle": " three \u{2028}four "},
        "lower_third": {"title": "Ada\nLovelace", "subtitle": "10\u{202f}000\t€"},
    }]}));
    let scene = &spec.scenes[0];
    assert_eq!((spec.title.as_deref(), scene.title.as_deref()), (Some("One\nTwo"), Some("A\u{a0}!\nB")));
    assert_eq!(spec.display_title(), "One Two");
    let card = Card { title: "One\nTwo".to_owned(), subtitle: Some("three\nfour".to_owned()) };
    assert_eq!(scene.card.as_ref(), Some(&card));
    let third = scene.lower_third.as_ref().map(|third| (third.title.as_str(), third.subtitle.as_deref()));
    assert_eq!(third, Some(("Ada\nLovelace", Some("10\u{202f}000 €"))));
}
