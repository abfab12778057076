//! The fonts that ship with the product. The system's are never looked at: the
//! same words give the same picture on every machine.

use std::sync::{Arc, LazyLock};

use cosmic_text::fontdb::{Database, Source};

/// The font files, in the order of preference.
const FILES: [&[u8]; 4] = [
    include_bytes!("../../fonts/NotoSans-Bold.ttf"),
    include_bytes!("../../fonts/NotoSansArabic-Bold.ttf"),
    include_bytes!("../../fonts/NotoSansDevanagari-Bold.ttf"),
    include_bytes!("../../fonts/NotoSansHebrew-Bold.ttf"),
];

/// The family that text is set in where it has the letters.
pub const FAMILY: &str = "Noto Sans";

/// The shipped fonts, and nothing else.
pub fn database() -> Database {
    let mut database = Database::new();
    for file in FILES {
        database.load_font_source(Source::Binary(Arc::new(file)));
    }
    database.set_sans_serif_family(FAMILY);
    database
}

/// A hash of the font files: other fonts, other pictures.
pub fn fingerprint() -> &'static str {
    static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
        let mut hasher = blake3::Hasher::new();
        for file in FILES {
            hasher.update(file);
        }
        hasher.finalize().to_hex().to_string()
    });
    &FINGERPRINT
}
