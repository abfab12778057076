//! One picture for every kind of layer and script, compared with the one that was looked at.
//!
//! `RUSHES_RENEW_GOLDEN=1 cargo nextest run -p rushes-engine --test golden` draws them anew;
//! look at what changed before you commit it.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use common::ffmpeg;
use rushes_core::narration::written_words;
use rushes_core::spec::{
    CaptionMode, CaptionPosition, CaptionStyle, Card, Font, Outline, Output, ProgressBar, TextBox,
};
use rushes_core::timeline::{TimedSentence, TimedWord};
use rushes_core::units::{Color, FrameRate};
use rushes_engine::picture::{Computed, Picture, draw_backdrop};
use rushes_engine::text::{
    Artwork, NamePlate, Placement, Typesetter, paginate, progress_bar, progress_steps, set_caption, set_card,
    set_heading, set_lower_third,
};

/// How alike (structural similarity, 1 for equal) a picture and its golden one must be.
const ALIKE: f64 = 0.99;

const WIDE: (u32, u32) = (480, 270);
const UPRIGHT: (u32, u32) = (270, 480);
const RED: Color = Color::rgb(0xe6, 0x39, 0x46);

fn output((width, height): (u32, u32)) -> Output {
    Output { width, height, frame_rate: FrameRate::default() }
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn sentence(text: &str) -> TimedSentence {
    let mut end = None;
    let words: Vec<TimedWord> = written_words(text)
        .into_iter()
        .zip(0..)
        .map(|(range, index)| TimedWord {
            is_joined: end.replace(range.end) == Some(range.start),
            text: text[range].to_owned(),
            first_frame: index * 10,
            end_frame: index * 10 + 10,
        })
        .collect();
    TimedSentence { end_frame: words.len() as u64 * 10, words }
}

/// The picture of a layer over a plain ground.
fn drawn(size: (u32, u32), artwork: &Artwork) -> Picture {
    let ground = Computed::Color(Color::rgb(52, 78, 92));
    let mut picture = draw_backdrop(size.0 as usize, size.1 as usize, &ground);
    artwork.draw(&mut picture);
    picture
}

/// The first page of a sentence, with that word of it spoken.
fn caption(size: (u32, u32), style: &CaptionStyle, text: &str, word: usize, step: u8) -> Picture {
    let (output, mut typesetter) = (output(size), Typesetter::new());
    let pages = paginate(&sentence(text), &output, style, None, &mut typesetter);
    let (page, word) = if style.mode == CaptionMode::Pop { (&pages[word], 0) } else { (&pages[0], word) };
    drawn(size, &set_caption(&page.text, Some(word), step, style, &output, &mut typesetter))
}

/// Compares with the golden picture, or replaces it.
fn compare(name: &str, picture: &Picture) -> Result<()> {
    let path = golden().join(format!("{name}.png"));
    let file = path.to_str().context("path")?;
    let size = format!("{}x{}", picture.width(), picture.height());
    let raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size, "-color_range", "tv", "-colorspace", "bt709"];
    let raw = [&raw[..], &["-i", "pipe:0"]].concat();
    if std::env::var_os("RUSHES_RENEW_GOLDEN").is_some() {
        std::fs::create_dir_all(golden())?;
        let png =
            ["-vf", "scale=in_color_matrix=bt709:out_range=pc,format=rgb24", "-frames:v", "1", "-f", "image2pipe"];
        let bytes = ffmpeg(&[&raw[..], &png, &["-c:v", "png", "pipe:1"]].concat(), picture.bytes())?;
        std::fs::write(&path, bytes)?;
        return Ok(());
    }
    ensure!(path.is_file(), "{name} has no golden picture");
    let filter = "[1]scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,format=yuv420p[a];\
                  [0][a]ssim=stats_file=-";
    let ends = ["-i", file, "-lavfi", filter, "-f", "null", "/dev/null"];
    let said = String::from_utf8(ffmpeg(&[&raw[..], &ends].concat(), picture.bytes())?)?;
    let likeness: f64 =
        said.split("All:").nth(1).and_then(|rest| rest.split(' ').next()).context("no likeness")?.parse()?;
    ensure!(likeness >= ALIKE, "{name} is not what it was: structural similarity {likeness}");
    Ok(())
}

/// Captions in a style: name, size, style, text, spoken word, step.
#[test]
fn every_caption_style_looks_as_it_did() -> Result<()> {
    let style = CaptionStyle::default();
    let story = "The quick brown fox jumps over the lazy dog, and nobody knows why.";
    let boxed = TextBox { color: Color::rgb(0, 0, 0), opacity: 0.6 };
    let pop = CaptionStyle { mode: CaptionMode::Pop, ..style };
    let block = CaptionStyle { mode: CaptionMode::Block, position: CaptionPosition::Center, ..style };
    let box_only = CaptionStyle { outline: None, text_box: Some(boxed), ..style };
    let serif = CaptionStyle { font: Font::Serif, position: CaptionPosition::Top, is_uppercase: true, ..style };
    let thick = Outline { color: RED, width_scale: 2.5 };
    let mono = CaptionStyle { font: Font::Mono, font_scale: 1.6, outline: Some(thick), ..style };
    compare("highlight", &caption(WIDE, &style, story, 2, 0))?;
    compare("highlight_upright", &caption(UPRIGHT, &style, story, 2, 0))?;
    compare("block_center", &caption(WIDE, &block, story, 0, 0))?;
    compare("box", &caption(WIDE, &box_only, story, 1, 0))?;
    compare("box_upright", &caption(UPRIGHT, &box_only, story, 1, 0))?;
    compare("serif_capitals_top", &caption(WIDE, &serif, "Große Straßen sind naß.", 1, 0))?;
    compare("mono_thick_outline", &caption(WIDE, &mono, story, 1, 0))?;
    compare("pop", &caption(WIDE, &pop, story, 2, 0))?;
    compare("pop_first_step", &caption(WIDE, &pop, story, 2, 1))?;
    compare("pop_upright_long", &caption(UPRIGHT, &pop, "Donaudampfschifffahrtsgesellschaft", 0, 2))
}

#[test]
fn every_script_looks_as_it_did() -> Result<()> {
    let style = CaptionStyle { font_scale: 1.5, ..CaptionStyle::default() };
    for (name, text, word) in [
        ("cyrillic", "Быстрая лиса прыгает через ленивую собаку.", 2),
        ("greek", "Η γρήγορη αλεπού πηδάει πάνω από το σκυλί.", 1),
        ("arabic", "الثعلب السريع يقفز فوق الكلب الكسول، أليس كذلك؟", 1),
        ("arabic_mixed", "شاهدنا فيلم Star Wars في عام 1999 معا.", 2),
        ("hebrew", "YouTube הוא אתר שיתוף סרטונים גדול מאוד.", 2),
        ("devanagari", "तेज़ लोमड़ी आलसी कुत्ते के ऊपर कूदती है।", 1),
        ("chinese_simplified", "今天天气很好，我们一起去公园散步，看“樱花”。", 1),
        ("chinese_traditional", "今天天氣很好，我們一起去公園散步，請看「直角」。", 3),
        ("japanese", "今日は天気がいいので、東京へ遊びに行きましょう。", 0),
        ("korean", "오늘은 날씨가 좋아서 공원에 산책하러 갑니다.", 1),
        ("emoji", "Jobs 👩🏽‍🚀 flags 🇩🇪🏳️‍🌈 tones 👍🏽 hearts ❤️ done ✅", 2),
    ] {
        compare(name, &caption(WIDE, &style, text, word, 0))?;
    }
    compare("japanese_upright", &caption(UPRIGHT, &style, "今日は天気がいいので、東京へ遊びに行きましょう。", 0, 0))
}

#[test]
fn every_layer_of_text_looks_as_it_did() -> Result<()> {
    let mut typesetter = Typesetter::new();
    let card = Card {
        title: "The Age of Sail".to_owned(),
        subtitle: Some("How wind moved the world, 1570–1860".to_owned()),
    };
    let long = Card {
        title: "Why the very first photographs took whole days to expose".to_owned(),
        subtitle: Some("第一章：光 🌞".to_owned()),
    };
    for (suffix, size) in [("", WIDE), ("_upright", UPRIGHT)] {
        let (output, usual) = (output(size), Placement::default());
        let check = |name: &str, artwork: &Artwork| compare(&format!("{name}{suffix}"), &drawn(size, artwork));
        check(
            "heading",
            &set_heading("A short history of nearly everything that floats", &usual, &output, &mut typesetter),
        )?;
        check("card", &set_card(&card, &usual, &output, &mut typesetter))?;
        check("card_long", &set_card(&long, &usual, &output, &mut typesetter))?;
        let subtitle = Some("First programmer, 1815–1852".to_owned());
        let name_plate = NamePlate { title: "Ada Lovelace".to_owned(), subtitle, color: RED };
        check("lower_third", &set_lower_third(&name_plate, &usual, &output, &mut typesetter))?;
        let bar = ProgressBar { color: RED, is_at_top: false };
        check("progress", &progress_bar(&bar, progress_steps(&output) / 3, &output))?;
    }
    Ok(())
}
