//! The fonts that ship with the product. The system's are never looked at: the
//! same words give the same picture on every machine.

use std::sync::{Arc, LazyLock};

use cosmic_text::Fallback;
use cosmic_text::fontdb::{Database, Source};
use icu_properties::CodePointSetData;
use icu_properties::props::EmojiPresentation;
use rushes_core::spec::Font;
use unicode_script::Script;

macro_rules! font_files {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!("../../fonts/", $name)))),+]
    };
}

/// The font files; their hashes are in [`HASHES`].
const FILES: [(&str, &[u8]); 29] = font_files![
    "NotoSans-Bold.ttf",
    "NotoSerif-Bold.ttf",
    "NotoSansMono-Bold.ttf",
    "NotoSansArabic-Bold.ttf",
    "NotoSansDevanagari-Bold.ttf",
    "NotoSansHebrew-Bold.ttf",
    "NotoSansCJK-Bold.ttc",
    "NotoColorEmoji.ttf",
    "NotoSansArmenian-Bold.ttf",
    "NotoSansBengali-Bold.ttf",
    "NotoSansCherokee-Bold.ttf",
    "NotoSansEthiopic-Bold.ttf",
    "NotoSansGeorgian-Bold.ttf",
    "NotoSansGujarati-Bold.ttf",
    "NotoSansGurmukhi-Bold.ttf",
    "NotoSansKannada-Bold.ttf",
    "NotoSansKhmer-Bold.ttf",
    "NotoSansLao-Bold.ttf",
    "NotoSansMalayalam-Bold.ttf",
    "NotoSansMath-Regular.ttf",
    "NotoSansMyanmar-Bold.ttf",
    "NotoSansOriya-Bold.ttf",
    "NotoSansSinhala-Bold.ttf",
    "NotoSansSymbols-Bold.ttf",
    "NotoSansSymbols2-Regular.ttf",
    "NotoSansTamil-Bold.ttf",
    "NotoSansTelugu-Bold.ttf",
    "NotoSansThai-Bold.ttf",
    "NotoSerifTibetan-Bold.ttf",
];

/// The hash of each file, as `sha256sum` writes it. Hashing this little list instead of
/// the files themselves saves reading 29 MB at every start; a test compares both.
const HASHES: &str = include_str!("../../fonts/SHA256SUMS");

pub const ARABIC: &str = "Noto Sans Arabic";
pub const DEVANAGARI: &str = "Noto Sans Devanagari";
pub const HEBREW: &str = "Noto Sans Hebrew";
pub const CHINESE_SIMPLIFIED: &str = "Noto Sans CJK SC";
pub const CHINESE_TRADITIONAL: &str = "Noto Sans CJK TC";
pub const JAPANESE: &str = "Noto Sans CJK JP";
pub const KOREAN: &str = "Noto Sans CJK KR";
pub const EMOJI: &str = "Noto Color Emoji";

/// The family that draws a script of its own, beyond those that [`family`] draws and those that are told by
/// their characters' forms.
pub const fn of_script(script: Script) -> Option<&'static str> {
    Some(match script {
        Script::Arabic => ARABIC,
        Script::Armenian => "Noto Sans Armenian",
        Script::Bengali => "Noto Sans Bengali",
        Script::Cherokee => "Noto Sans Cherokee",
        Script::Devanagari => DEVANAGARI,
        Script::Ethiopic => "Noto Sans Ethiopic",
        Script::Georgian => "Noto Sans Georgian",
        Script::Gujarati => "Noto Sans Gujarati",
        Script::Gurmukhi => "Noto Sans Gurmukhi",
        Script::Hebrew => HEBREW,
        Script::Kannada => "Noto Sans Kannada",
        Script::Khmer => "Noto Sans Khmer",
        Script::Lao => "Noto Sans Lao",
        Script::Malayalam => "Noto Sans Malayalam",
        Script::Myanmar => "Noto Sans Myanmar",
        Script::Oriya => "Noto Sans Oriya",
        Script::Sinhala => "Noto Sans Sinhala",
        Script::Tamil => "Noto Sans Tamil",
        Script::Telugu => "Noto Sans Telugu",
        Script::Thai => "Noto Sans Thai",
        Script::Tibetan => "Noto Serif Tibetan",
        _ => return None,
    })
}

/// Multiple of the letter size from one baseline to the next that letters of such a family need.
pub fn line_height(family: &str) -> f32 {
    match family {
        "Noto Sans Armenian" | "Noto Sans Cherokee" | "Noto Sans Ethiopic" | "Noto Sans Georgian" => 1.25,
        "Noto Sans Khmer" | "Noto Sans Myanmar" | "Noto Serif Tibetan" => 1.7,
        _ => 1.45,
    }
}

/// The family that a font's Latin, Greek and Cyrillic letters are in.
pub const fn family(font: Font) -> &'static str {
    match font {
        Font::Sans => "Noto Sans",
        Font::Serif => "Noto Serif",
        Font::Mono => "Noto Sans Mono",
    }
}

/// Where to look for what the chosen family lacks.
pub struct ShippedFonts;

impl Fallback for ShippedFonts {
    fn common_fallback(&self) -> &[&'static str] {
        &["Noto Sans", "Noto Sans CJK SC", "Noto Sans Symbols2", "Noto Sans Symbols", "Noto Sans Math"]
    }

    fn forbidden_fallback(&self) -> &[&'static str] {
        &[]
    }

    fn script_fallback(&self, _: Script, _: &str) -> &[&'static str] {
        &[]
    }
}

/// The shipped fonts, and nothing else.
pub fn database() -> Database {
    static DATABASE: LazyLock<Database> = LazyLock::new(|| {
        let mut database = Database::new();
        for (_, file) in FILES {
            database.load_font_source(Source::Binary(Arc::new(file)));
        }
        database
    });
    DATABASE.clone()
}

/// A hash of the font files: other fonts, other pictures.
pub fn fingerprint() -> &'static str {
    static FINGERPRINT: LazyLock<String> = LazyLock::new(|| blake3::hash(HASHES.as_bytes()).to_hex().to_string());
    &FINGERPRINT
}

/// Whether a character is drawn as an emoji where nothing else is said.
pub fn is_emoji(character: char) -> bool {
    CodePointSetData::new::<EmojiPresentation>().contains(character)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_list_of_hashes_is_that_of_the_files() {
        let line = |(name, file): &(&str, &[u8])| {
            let hash: String = Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{hash}  {name}\n")
        };
        let lines: Vec<&str> = HASHES.lines().collect();
        assert_eq!(lines.len(), FILES.len());
        for file in &FILES {
            assert!(HASHES.contains(&line(file)), "{} is not what SHA256SUMS says", file.0);
        }
    }

    #[test]
    fn every_family_is_there() {
        let database = database();
        let has = |name| database.faces().any(|face| face.families.iter().any(|(family, _)| family == name));
        let fonts = [Font::Sans, Font::Serif, Font::Mono].map(family);
        let others = [ARABIC, DEVANAGARI, HEBREW, CHINESE_SIMPLIFIED, CHINESE_TRADITIONAL, JAPANESE, KOREAN, EMOJI];
        for name in fonts.into_iter().chain(others) {
            assert!(has(name), "{name}");
        }
    }
}
