use std::collections::HashSet;

use super::*;

fn line(text: &str) -> Line {
    Line::new(&Word::all(text), Writing::of(text))
}

#[test]
fn every_script_that_ships_has_its_letters() {
    let mut typesetter = Typesetter::new();
    // Among them every script that a voice on offer writes.
    let words = [
        "Grüße",
        "Привет",
        "Γειά",
        "مرحبا",
        "ہیلو",
        "سڌو",
        "שלום",
        "नमस्ते",
        "你好",
        "歡迎",
        "こんにちは",
        "カタカナ",
        "안녕하세요",
        "👩‍👩‍👧",
        "ሰላም፣",
        "নমস্কার।",
        "অসমীয়া",
        "નમસ્તે",
        "բարեւ",
        "გამარჯობა",
        "ನಮಸ್ಕಾರ",
        "നമസ്കാരം",
        "မင်္ဂလာပါ",
        "ନମସ୍କାର",
        "ਸਤਿ",
        "ආයුබෝවන්",
        "வணக்கம்",
        "నమస్కారం",
        "สวัสดีครับ",
        "ສະບາຍດີ",
        "សួស្តី",
        "བཀྲ་ཤིས།",
        "ᏣᎳᎩ",
        "↔⇧∴✓➜⌘♛",
    ];
    for font in [Font::Sans, Font::Serif, Font::Mono] {
        for text in words {
            let line = line(text);
            let shaped = typesetter.shape(&line, font, 50.0);
            assert!(shaped.glyphs.iter().all(|glyph| glyph.glyph_id != 0), "{text} has a missing letter");
            let shapes = typesetter.words(&line, font, 50.0, 0.0, 50.0);
            let is_drawn = shapes
                .iter()
                .all(|shape| !shape.bitmaps.is_empty() || shape.mask.coverage.iter().any(|coverage| *coverage > 200));
            assert!(is_drawn, "{text} is not drawn");
        }
    }
}

#[test]
fn a_letter_that_no_font_has_is_known() {
    let mut typesetter = Typesetter::new();
    for (character, has) in
        [("a", true), ("é", true), ("न्", true), ("👩‍🚀", true), ("\u{10380}", false), ("\u{e000}", false)]
    {
        assert_eq!(typesetter.has_letter(character, Font::Mono), has, "{character}");
    }
    for letter in ["မႂ်ႇ", "သု", "င်", "ၶႃႈ", "ৰ", "ৱ", "և", "ܐ"] {
        assert_eq!(typesetter.has_letter(letter, Font::Sans), letter != "ܐ", "{letter}");
    }
}

#[test]
fn emoji_and_signs_in_a_word_from_the_right_stand_in_their_order() {
    let mut typesetter = Typesetter::new();
    for text in ["مرحبا😀!", "שלום😀!", "(שלום😀)", "😀שלום!", "שלום😀עולם", "«مرحبا»🎉🎉؟", "שלום❤️..."]
    {
        let mut shaped = typesetter.shape(&line(text), Font::Sans, 50.0).glyphs;
        shaped.retain(|glyph| glyph.w > 0.0);
        shaped.sort_by(|a, b| b.x.total_cmp(&a.x));
        assert!(shaped.is_sorted_by_key(|glyph| glyph.start), "{text}");
        assert!(shaped.iter().all(|glyph| glyph.glyph_id != 0), "{text}");
    }
    // A number, an address and a name keep their own order, and their place.
    for (text, order) in [("ב-12:30!", "ב-12:30!"), ("שלום(YouTube)😀", "שלום(YouTube)😀")] {
        let shaped = typesetter.shape(&line(text), Font::Sans, 50.0).glyphs;
        let x = |part: &str| {
            let at = order.find(part).unwrap();
            shaped.iter().find(|glyph| glyph.start == at).unwrap().x
        };
        if text.contains("12") {
            assert!(x("ב") > x("-") && x("-") > x("0!") && x("12") < x(":") && x(":") < x("0!") && x("!") < x("12"));
        } else {
            assert!(x("ש") > x("(") && x("(") > x("T") && x("Y") < x("T") && x("T") > x(")") && x(")") > x("😀"));
        }
    }
}

#[test]
fn arabic_letters_take_the_form_of_their_place() {
    let mut typesetter = Typesetter::new();
    let shaped = typesetter.shape(&line("ععع"), Font::Sans, 50.0);
    let forms: HashSet<u16> = shaped.glyphs.iter().map(|glyph| glyph.glyph_id).collect();
    assert_eq!(forms.len(), 3, "first, middle and last differ");
}

#[test]
fn words_from_the_right_stand_in_their_order() {
    let mut typesetter = Typesetter::new();
    let lefts = |text: &str, typesetter: &mut Typesetter| -> Vec<i32> {
        typesetter.words(&line(text), Font::Sans, 50.0, 0.0, 50.0).iter().map(|word| word.mask.left).collect()
    };
    let hebrew = lefts("שלום לכל העולם", &mut typesetter);
    assert!(hebrew.is_sorted_by(|a, b| a > b), "{hebrew:?}");
    // A foreign name keeps its own order inside, and its place in the sentence.
    let mixed = lefts("אני אוהב New York מאוד", &mut typesetter);
    assert!(mixed[0] > mixed[1] && mixed[1] > mixed[3] && mixed[3] > mixed[2] && mixed[2] > mixed[4], "{mixed:?}");
}

#[test]
fn what_ends_a_sentence_from_the_right_stands_at_its_left() {
    let mut typesetter = Typesetter::new();
    for text in ["שלום מאוד.", "شكرا جزيلا!", "(שלום)", "אמר: „שלום”."] {
        let shaped = typesetter.shape(&line(text), Font::Sans, 50.0);
        let leftmost = shaped.glyphs.iter().min_by(|a, b| a.x.total_cmp(&b.x)).unwrap();
        let last = text.char_indices().next_back().unwrap().0;
        assert_eq!(leftmost.start, last, "{text}");
        assert!(shaped.glyphs.iter().all(|glyph| glyph.glyph_id != 0), "{text}");
    }
}

#[test]
fn an_emoji_of_several_people_flags_and_skin_tones_are_one_picture_each() {
    let mut typesetter = Typesetter::new();
    for text in ["👩‍👩‍👧", "👩🏽‍🚀", "🇩🇪", "👍🏽", "🏳️‍🌈", "1️⃣", "❤️"]
    {
        let shapes = typesetter.words(&line(text), Font::Sans, 60.0, 0.0, 60.0);
        assert_eq!(shapes[0].bitmaps.len(), 1, "{text}");
    }
}

#[test]
fn the_same_character_takes_each_country_s_form() {
    let mut typesetter = Typesetter::new();
    let forms: HashSet<u16> = ["直很", "直這", "直の", "直은"]
        .map(|text| typesetter.shape(&line(text), Font::Sans, 50.0).glyphs[0].glyph_id)
        .into();
    assert!(forms.len() >= 2, "{forms:?}");
}
