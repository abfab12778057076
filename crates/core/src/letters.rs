//! Letters that are styled by their code points, as they are pasted from generators of "fonts".

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// The text with plain letters and digits in the place of bold, cursive, framed and other styled ones: no voice reads
/// those, and no font of words has them.
///
/// What is mapped are the blocks "Mathematical Alphanumeric Symbols" and "Enclosed Alphanumeric Supplement", the
/// letters of "Letterlike Symbols" that fill holes in the former, and letters in circles, by their compatibility
/// decomposition (Unicode Standard Annex 15); white letters on black by their place. Everything else stays, ligatures
/// and full-width letters with it.
#[must_use]
pub fn plain_letters(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_styled) {
        return Cow::Borrowed(text);
    }
    let normalizer = ComposingNormalizerBorrowed::new_nfkc();
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if let Some(letter) = white_on_black(character) {
            plain.push(letter);
        } else if is_styled(character) {
            plain.push_str(&normalizer.normalize(character.encode_utf8(&mut [0; 4])));
        } else {
            plain.push(character);
        }
    }
    Cow::Owned(plain)
}

const fn is_styled(character: char) -> bool {
    matches!(character,
        '\u{1d400}'..='\u{1d7ff}' // mathematical
        | '\u{24b6}'..='\u{24e9}' // in circles
        | '\u{1f130}'..='\u{1f149}' // in squares
        | '\u{210a}'..='\u{210e}' | '\u{2110}'..='\u{2112}' | '\u{2115}' | '\u{2119}'..='\u{211d}'
        | '\u{2124}' | '\u{2128}' | '\u{212c}' | '\u{212d}' | '\u{212f}'..='\u{2131}' | '\u{2133}' | '\u{2134}'
    ) || white_on_black(character).is_some()
}

/// The letter of one in a black circle or square; these decompose into nothing. The four blood groups are emoji.
const fn white_on_black(character: char) -> Option<char> {
    let first = match character {
        '\u{1f170}' | '\u{1f171}' | '\u{1f17e}' | '\u{1f17f}' => return None,
        '\u{1f150}'..='\u{1f169}' => 0x1f150,
        '\u{1f170}'..='\u{1f189}' => 0x1f170,
        _ => return None,
    };
    char::from_u32(0x41 + character as u32 - first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styled_letters_become_plain_ones() {
        let cases = [
            ("𝗪𝗼𝗿𝗹𝗱 𝓗𝓮𝓵𝓵𝓸", "World Hello"),
            ("ℋℯ𝓁𝓁ℴ 𝕙𝕖𝕝𝕝𝕠 ℝ 𝔉𝔯𝔞𝔨𝔱𝔲𝔯 ℭ", "Hello hello R Fraktur C"),
            ("𝑡ℎ𝑒", "the"),
            ("𝟏𝟐𝟑 𝟙 𝟣 𝚊𝚋 𝜋", "123 1 1 ab π"),
            ("ⓗⓘ Ⓐ 🄷🄸 🅗🅘 🅷🅸", "hi A HI HI HI"),
        ];
        for (styled, plain) in cases {
            assert_eq!(plain_letters(styled), plain, "{styled}");
        }
    }

    #[test]
    fn other_letters_stay_as_they_are() {
        let text = "ﬁne ＡＢＣ １２ ½ ² ™ ① ℃ ㎏ Ⅳ ﷺ é e\u{301} ℓ № Ω Å 🅰 🅾 🇩🇪 ﾊﾝ";
        assert_eq!(plain_letters(text), text);
    }
}
