//! Specs as someone might write them: mostly right, now and then wrong in a place or two.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

pub type Any = BoxedStrategy<Value>;

/// One of some values; seldom something of another kind.
fn value(values: &[Value]) -> Any {
    let strange = vec![json!(null), json!(true), json!(-1), json!("?"), json!([]), json!({}), json!(1e300)];
    prop_oneof![20 => select(values.to_vec()), 1 => select(strange)].boxed()
}

/// An object with some of the fields; the first `needed` are seldom left out.
fn object(needed: usize, fields: Vec<(&'static str, Any)>) -> Any {
    let fields: Vec<_> = fields
        .into_iter()
        .enumerate()
        .map(|(index, (name, value))| {
            let chance = if index < needed { 0.97 } else { 0.15 };
            proptest::option::weighted(chance, value).prop_map(move |value| (name, value))
        })
        .collect();
    let unknown = proptest::option::weighted(0.01, Just(("unknown", Some(json!(1)))));
    (fields, unknown)
        .prop_map(|(fields, unknown)| {
            let present = fields.into_iter().chain(unknown).filter_map(|(name, value)| Some((name.to_owned(), value?)));
            Value::Object(present.collect::<Map<_, _>>())
        })
        .boxed()
}

fn list(item: Any, most: usize) -> Any {
    proptest::collection::vec(item, 0..=most).prop_map(Value::Array).boxed()
}

fn color() -> Any {
    value(&[json!("#fff"), json!("#10182b"), json!("red")])
}

fn text() -> Any {
    value(&[json!("Some words."), json!(" "), json!("tab\there"), json!("bell\u{7}"), json!("a".repeat(201))])
}

fn name() -> Any {
    value(&[json!("A name"), json!("é"), json!("")])
}

fn numbers(values: &[f64]) -> Any {
    value(&values.iter().map(|number| json!(number)).collect::<Vec<_>>())
}

fn names(values: &[&str]) -> Any {
    value(&values.iter().map(|name| json!(name)).collect::<Vec<_>>())
}

fn booleans() -> Any {
    value(&[json!(true), json!(false)])
}

/// The fields of an object that names a piece of media, mostly well.
fn media(other: Vec<(&'static str, Any)>) -> Any {
    let sources = vec![
        ("url", json!("https://example.com/a")),
        ("url", json!("file:///a")),
        ("asset", json!("01ARZ3NDEKTSV4RRFFQ69G5FAV")),
        ("asset", json!("81ARZ3NDEKTSV4RRFFQ69G5FAV")),
        ("path", json!("a.png")),
    ];
    (object(0, other), select(sources))
        .prop_map(|(mut object, (name, source))| {
            object.as_object_mut().unwrap().insert(name.to_owned(), source);
            object
        })
        .boxed()
}

fn background() -> Any {
    let fit = || ("fit", names(&["cover", "contain", "fill", "crop"]));
    let view = || {
        let share = || numbers(&[0.0, 0.02, 0.5, 1.0, 1.5]);
        object(4, vec![("x", share()), ("y", share()), ("width", share()), ("height", share())])
    };
    let easing = || ("easing", names(&["linear", "ease", "bounce"]));
    let moved = object(
        1,
        vec![
            ("move", names(&["zoom-in", "zoom-out", "pan-left", "pan-right", "pan-up", "pan-down", "roll"])),
            ("amount", numbers(&[0.01, 0.15, 4.0, 5.0])),
            easing(),
        ],
    );
    let between = object(2, vec![("from", view()), ("to", view()), easing(), ("amount", numbers(&[0.5]))]);
    let camera = prop_oneof![moved, between].boxed();
    let image = media(vec![fit(), ("camera", camera), ("loop", booleans())]);
    let video = media(vec![
        fit(),
        ("start_s", numbers(&[0.0, 1.0])),
        ("end_s", numbers(&[0.0, 1.0, 2.5, 1e6])),
        ("loop", booleans()),
        ("volume", numbers(&[0.0, 2.0, 2.5])),
        ("camera", value(&[json!(null)])),
    ]);
    let typed = |name: &'static str, fields: Any| {
        (fields, value(&[json!(name)])).prop_map(|(mut fields, name)| {
            fields.as_object_mut().unwrap().insert("type".to_owned(), name);
            fields
        })
    };
    let footage =
        object(1, vec![("terms", text()), ("kind", names(&["any", "video", "image", "gif"])), ("url", name())]);
    prop_oneof![
        typed("footage", footage),
        typed("color", object(1, vec![("color", color()), ("to", color())])),
        typed(
            "gradient",
            object(2, vec![("from", color()), ("to", color()), ("angle_deg", numbers(&[-360.0, 361.0]))])
        ),
        typed("image", image),
        typed("video", video),
    ]
    .boxed()
}

fn captions() -> Any {
    let outline = object(0, vec![("color", color()), ("width", numbers(&[0.25, 4.0, 0.1]))]);
    let text_box = object(0, vec![("color", color()), ("opacity", numbers(&[0.0, 1.0, 1.1]))]);
    object(
        0,
        vec![
            ("style", names(&["highlight", "pop", "block", "none", "shout"])),
            ("position", names(&["top", "center", "bottom", "left"])),
            ("font", names(&["sans", "serif", "mono", "comic"])),
            ("font_scale", numbers(&[0.5, 2.0, 3.0])),
            ("color", color()),
            ("highlight_color", color()),
            ("outline", prop_oneof![outline, booleans()].boxed()),
            ("box", prop_oneof![text_box, booleans()].boxed()),
            ("uppercase", booleans()),
        ],
    )
}

fn transition() -> Any {
    object(
        1,
        vec![
            ("type", names(&["cut", "crossfade", "fade", "slide", "wipe", "explode"])),
            ("duration_s", numbers(&[0.1, 5.0, 0.0])),
            ("color", color()),
            ("direction", names(&["left", "right", "up", "down", "north"])),
        ],
    )
}

fn overlays() -> Any {
    let share = || numbers(&[0.0, 0.01, 0.4, 1.0, 1.1]);
    let position = names(&["top", "bottom-right", "center", "middle"]);
    list(media(vec![("position", position), ("width", share()), ("margin", share()), ("opacity", share())]), 9)
}

fn scene() -> Any {
    let card = object(1, vec![("title", name()), ("subtitle", text())]);
    let lower_third = object(
        1,
        vec![
            ("title", name()),
            ("subtitle", text()),
            ("start_s", numbers(&[0.0, 600.0])),
            ("duration_s", numbers(&[0.0, 0.1])),
            ("color", color()),
        ],
    );
    let sound = media(vec![("at_s", numbers(&[0.0, 601.0])), ("volume", numbers(&[0.0, 2.0, 3.0]))]);
    object(
        1,
        vec![
            ("text", text()),
            ("title", text()),
            ("duration_s", numbers(&[0.0, 0.5, 600.0, 601.0])),
            ("background", background()),
            ("captions", captions()),
            ("transition", transition()),
            ("overlays", overlays()),
            ("card", card),
            ("lower_third", lower_third),
            ("sounds", list(sound, 3)),
        ],
    )
}

fn voice() -> Any {
    let voice_names =
        ["en-us", "de", "klingon", "polly:Ruth:neural", "polly:Ruth:best", "openai:alloy", "elevenlabs:a/b"];
    object(
        1,
        vec![
            ("name", names(&voice_names)),
            ("fallback", list(names(&voice_names), 6)),
            ("pronunciations", list(object(2, vec![("written", text()), ("spoken", name())]), 3)),
            ("rate_wpm", numbers(&[80.0, 175.5, 450.0, 451.0])),
            ("pitch", numbers(&[0.0, 99.0, 100.0])),
        ],
    )
}

/// What is told, or what is to be told.
fn story() -> Any {
    let affiliate = object(
        1,
        vec![("tag", names(&["mine-20", "a b", ""])), ("marketplace", names(&["amazon.de", "amazon.example"]))],
    );
    let of_a_topic = |chance: usize| {
        vec![
            ("topic", text()),
            ("duration_s", numbers(&[5.0, 60.5, 3600.0, 3601.0])),
            ("language", names(&["en", "pt-BR", "english", "de-"])),
            ("style", text()),
            ("affiliate", affiliate.clone()),
        ]
        .split_off(chance)
    };
    let told = vec![("scenes", list(scene(), 3)), ("script", text())].into_iter().chain(of_a_topic(0)).collect();
    prop_oneof![6 => object(1, told), 2 => object(2, of_a_topic(0)), 1 => object(1, of_a_topic(1))].boxed()
}

pub fn spec() -> Any {
    let music = media(vec![
        ("start_s", numbers(&[0.0, 3.0])),
        ("end_s", numbers(&[2.0])),
        ("loop", booleans()),
        ("volume", numbers(&[0.0, 2.0])),
        ("fade_in_s", numbers(&[0.0, 61.0])),
        ("fade_out_s", numbers(&[60.0])),
        ("ducking_db", numbers(&[0.0, 40.0, 41.0])),
    ]);
    let output = object(
        0,
        vec![
            ("aspect", names(&["16:9", "9:16", "1:1", "4:5", "21:9", "4:3"])),
            ("resolution", names(&["480p", "720p", "1080p", "1440p", "2160p", "4K"])),
            ("fps", numbers(&[24.0, 29.97, 60.0, 61.0])),
        ],
    );
    let rest = object(
        0,
        vec![
            ("title", text()),
            ("voice", voice()),
            ("quality", names(&["draft", "standard", "high", "best"])),
            ("background", background()),
            ("captions", captions()),
            ("transition", transition()),
            ("overlays", overlays()),
            ("music", music),
            ("progress_bar", object(0, vec![("color", color()), ("position", names(&["top", "bottom", "left"]))])),
            ("output", output),
            ("outputs", list(names(&["16:9 1080p", "9:16 1080p", "4:5 480p", "16:9"]), 5)),
        ],
    );
    (rest, story())
        .prop_map(|(mut rest, narration)| {
            rest.as_object_mut().unwrap().extend(narration.as_object().unwrap().clone());
            rest
        })
        .boxed()
}
