//! Which scripts the offline voices read. From what espeak-ng 1.51 answers to a word of each script
//! in each voice: the Indian scripts, Hangul, Armenian and Georgian are read by all, whichever their
//! language; letters of the scripts below are named one by one, in English.

use icu_properties::props::Script;

/// The letters of a script, for people.
pub struct Letters {
    /// What they are called.
    pub name: &'static str,
    /// A voice that reads them well; `None` where no offline voice does.
    pub voice: Option<&'static str>,
}

impl Letters {
    /// What to say of a script.
    #[must_use]
    pub const fn of(script: Script) -> Self {
        let (name, voice) = match script {
            Script::Latin => ("Latin letters", Some("en-us")),
            Script::Greek => ("Greek letters", Some("el")),
            Script::Cyrillic => ("Cyrillic letters", Some("ru")),
            Script::Arabic => ("Arabic letters", Some("ar")),
            Script::Hebrew => ("Hebrew letters", Some("he")),
            Script::Han => ("Chinese characters", Some("cmn")),
            Script::Hiragana => ("Japanese kana", Some("ja")),
            Script::Thai => ("Thai letters", Some("th")),
            Script::Ethiopic => ("Ethiopic letters", Some("am")),
            Script::Myanmar => ("Burmese letters", Some("my")),
            Script::Khmer => ("Khmer letters", None),
            Script::Lao => ("Lao letters", None),
            Script::Tibetan => ("Tibetan letters", None),
            _ => ("some letters", None),
        };
        Self { name, voice }
    }
}

/// The languages whose voices read words of a script; `None` where nearly all do.
const fn readers(script: Script) -> Option<&'static [&'static str]> {
    Some(match script {
        Script::Cyrillic => &[
            "ru", "uk", "be", "bg", "sr", "mk", "bs", "hr", "kk", "ky", "tt", "ba", "cv", "nog", "uz", "ka", "lv",
            "ltg", "lfn",
        ],
        Script::Arabic => &["ar", "fa", "ur", "sd", "ug"],
        Script::Hebrew => &["he"],
        Script::Han => &["cmn", "yue"],
        Script::Hiragana => &["ja"],
        Script::Thai => &["th"],
        Script::Ethiopic => &["am"],
        Script::Myanmar => &["my", "shn"],
        Script::Khmer | Script::Lao | Script::Tibetan => &[],
        _ => return None,
    })
}

/// Voices that spell Latin letters.
const WITHOUT_LATIN: [&str; 13] = ["ba", "be", "cv", "hak", "he", "hyw", "ja", "kok", "ky", "my", "nog", "qdb", "shn"];
/// Voices that name Greek letters as mathematicians do.
const WITHOUT_GREEK: [&str; 7] = ["bs", "en", "hr", "lt", "mk", "sr", "vi"];

/// Whether the offline voice of that name reads words of that script.
#[must_use]
pub fn reads(voice: &str, script: Script) -> bool {
    let language = voice.split('-').next().unwrap_or(voice);
    match script {
        Script::Latin => !WITHOUT_LATIN.contains(&language),
        Script::Greek => !WITHOUT_GREEK.contains(&language),
        Script::Han if voice == "cmn-latn-pinyin" => false,
        other => readers(other).is_none_or(|readers| readers.contains(&language)),
    }
}
