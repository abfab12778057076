//! The fonts that ship with the product. The system's are never looked at: the
//! same words give the same picture on every machine.

use std::sync::{Arc, LazyLock};

use cosmic_text::Fallback;
use cosmic_text::fontdb::{Database, Source};
use icu_properties::CodePointSetData;
use icu_properties::props::EmojiPresentation;
use rushes_core::spec::Font;
use unicode_script::Script;

/// The font files; their hashes are in [`HASHES`].
const FILES: [(&str, &[u8]); 8] = [
    ("NotoSans-Bold.ttf", include_bytes!("../../fonts/NotoSans-Bold.ttf")),
    ("NotoSerif-Bold.ttf", include_bytes!("../../fonts/NotoSerif-Bold.ttf")),
    ("NotoSansMono-Bold.ttf", include_bytes!("../../fonts/NotoSansMono-Bold.ttf")),
    ("NotoSansArabic-Bold.ttf", include_bytes!("../../fonts/NotoSansArabic-Bold.ttf")),
    ("NotoSansDevanagari-Bold.ttf", include_bytes!("../../fonts/NotoSansDevanagari-Bold.ttf")),
    ("NotoSansHebrew-Bold.ttf", include_bytes!("../../fonts/NotoSansHebrew-Bold.ttf")),
    ("NotoSansCJK-Bold.ttc", include_bytes!("../../fonts/NotoSansCJK-Bold.ttc")),
    ("NotoColorEmoji.ttf", include_bytes!("../../fonts/NotoColorEmoji.ttf")),
];

/// The hash of each file, as `sha256sum` writes it. Hashing this little list instead of
/// the files themselves saves reading 27 MB at every start; a test compares both.
const HASHES: &str = include_str!("../../fonts/SHA256SUMS");

pub const ARABIC: &str = "Noto Sans Arabic";
pub const DEVANAGARI: &str = "Noto Sans Devanagari";
pub const HEBREW: &str = "Noto Sans Hebrew";
pub const CHINESE_SIMPLIFIED: &str = "Noto Sans CJK SC";
pub const CHINESE_TRADITIONAL: &str = "Noto Sans CJK TC";
pub const JAPANESE: &str = "Noto Sans CJK JP";
pub const KOREAN: &str = "Noto Sans CJK KR";
pub const EMOJI: &str = "Noto Color Emoji";

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
        &["Noto Sans", "Noto Sans CJK SC"]
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
