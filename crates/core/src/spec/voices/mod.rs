//! The voices that can be named. They are espeak-ng's (version 1.51), embedded
//! so that a spec can be refused where no espeak-ng is installed.

mod scripts;

pub use scripts::{Letters, reads};

use super::Language;

/// The voice of a spec that names none.
pub const DEFAULT: &str = "en-us";

/// Names as `espeak-ng --voices` lists them in its column "Language", sorted.
pub const NAMES: &[&str] = &[
    "af",
    "am",
    "an",
    "ar",
    "as",
    "az",
    "ba",
    "be",
    "bg",
    "bn",
    "bpy",
    "bs",
    "ca",
    "cmn",
    "cmn-latn-pinyin",
    "cs",
    "cv",
    "cy",
    "da",
    "de",
    "el",
    "en-029",
    "en-gb",
    "en-gb-scotland",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-gb-x-rp",
    "en-us",
    "en-us-nyc",
    "eo",
    "es",
    "es-419",
    "et",
    "eu",
    "fa",
    "fa-latn",
    "fi",
    "fr-be",
    "fr-ch",
    "fr-fr",
    "ga",
    "gd",
    "gn",
    "grc",
    "gu",
    "hak",
    "haw",
    "he",
    "hi",
    "hr",
    "ht",
    "hu",
    "hy",
    "hyw",
    "ia",
    "id",
    "io",
    "is",
    "it",
    "ja",
    "jbo",
    "ka",
    "kk",
    "kl",
    "kn",
    "ko",
    "kok",
    "ku",
    "ky",
    "la",
    "lb",
    "lfn",
    "lt",
    "ltg",
    "lv",
    "mi",
    "mk",
    "ml",
    "mr",
    "ms",
    "mt",
    "my",
    "nb",
    "nci",
    "ne",
    "nl",
    "nog",
    "om",
    "or",
    "pa",
    "pap",
    "piqd",
    "pl",
    "pt",
    "pt-br",
    "py",
    "qdb",
    "qu",
    "quc",
    "qya",
    "ro",
    "ru",
    "ru-lv",
    "sd",
    "shn",
    "si",
    "sjn",
    "sk",
    "sl",
    "smj",
    "sq",
    "sr",
    "sv",
    "sw",
    "ta",
    "te",
    "th",
    "tk",
    "tn",
    "tr",
    "tt",
    "ug",
    "uk",
    "ur",
    "uz",
    "vi",
    "vi-vn-x-central",
    "vi-vn-x-south",
    "yue",
];

/// Engines of Amazon Polly that a voice's name may end with.
const POLLY_ENGINES: [&str; 4] = ["standard", "neural", "long-form", "generative"];

/// Whether `name` is one of [`NAMES`], or has the form of a provider's voice: `polly:Joanna`,
/// `polly:Ruth:generative`, `openai:alloy`, `elevenlabs:21m00Tcm4TlvDq8ikWAM`.
#[must_use]
pub fn is_known(name: &str) -> bool {
    let word = |text: &str, limit: usize, more: &[u8]| {
        (1..=limit).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    match name.split_once(':') {
        None => NAMES.binary_search(&name).is_ok(),
        Some(("openai", voice)) => word(voice, 64, b"_-"),
        Some(("elevenlabs", voice)) => word(voice, 64, b""),
        Some(("polly", voice)) => match voice.split_once(':') {
            Some((voice, engine)) => word(voice, 40, b"") && POLLY_ENGINES.contains(&engine),
            None => word(voice, 40, b""),
        },
        Some(_) => false,
    }
}

/// Whether `name` has the form of a provider's voice: the provider stands before a colon.
#[must_use]
pub fn is_of_provider(name: &str) -> bool {
    name.contains(':')
}

/// The voice of [`NAMES`] that speaks a language best.
#[must_use]
pub fn for_language(language: &Language) -> &'static str {
    let (tag, primary) = (language.as_str().to_ascii_lowercase(), language.primary());
    let usual = match primary.as_str() {
        "en" => "en-us",
        "fr" => "fr-fr",
        "zh" => "cmn",
        "no" => "nb",
        other => other,
    };
    let known = |name: &str| NAMES.binary_search(&name).ok().map(|at| NAMES[at]);
    known(&tag).or_else(|| known(usual)).unwrap_or(DEFAULT)
}

/// The language that a voice of [`NAMES`] speaks; `None` for a provider's voice, which its name does not tell.
#[must_use]
pub fn language_of(name: &str) -> Option<Language> {
    NAMES.binary_search(&name).ok()?;
    let mut parts = name.split('-');
    match (parts.next()?, parts.next()) {
        ("cmn" | "hak", _) => Language::parse("zh"),
        // The English write dates in two ways.
        ("en", Some(region)) => Language::parse(&format!("en-{region}")),
        (primary, _) => Language::parse(primary),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted_so_that_each_is_found() {
        assert!(NAMES.is_sorted());
        assert!(NAMES.iter().all(|name| is_known(name)));
        assert!(is_known(DEFAULT));
        assert!(!is_known("klingon"));
    }

    #[test]
    fn voices_of_providers_are_told_by_their_form() {
        for name in ["polly:Joanna", "polly:Ruth:generative", "openai:alloy", "elevenlabs:21m00Tcm4TlvDq8ikWAM"] {
            assert!(is_known(name), "{name}");
        }
        for name in ["polly:", "polly:Joanna:best", "openai:a/b", "openai:a b", "elevenlabs:../x", "azure:x", ":"] {
            assert!(!is_known(name), "{name}");
        }
    }

    #[test]
    fn every_language_has_a_voice() {
        let voice = |tag: &str| for_language(&Language::parse(tag).unwrap());
        let cases =
            [("en", "en-us"), ("en-GB", "en-gb"), ("de", "de"), ("de-AT", "de"), ("pt-BR", "pt-br"), ("zh", "cmn")];
        for (tag, name) in cases {
            assert_eq!(voice(tag), name);
        }
        assert_eq!(voice("xx"), DEFAULT);
    }

    #[test]
    fn a_voice_of_this_machine_tells_its_language() {
        for (name, primary) in [("tr", "tr"), ("pt-br", "pt"), ("en-gb-x-rp", "en"), ("cmn", "zh")] {
            assert_eq!(language_of(name).map(|language| language.primary()).as_deref(), Some(primary));
        }
        assert!(NAMES.iter().filter(|name| **name != "piqd").all(|name| language_of(name).is_some()));
        let cases = [
            ("en-us", "en-us"),
            ("en-gb-x-rp", "en-gb"),
            ("cmn-latn-pinyin", "zh"),
            ("vi-vn-x-south", "vi"),
            ("he", "he"),
        ];
        for (name, tag) in cases {
            assert_eq!(language_of(name).as_ref().map(Language::as_str), Some(tag));
        }
        assert_eq!((language_of("polly:Joanna"), language_of("piqd")), (None, None));
    }

    #[test]
    fn voices_read_their_own_script_and_few_read_others() {
        use icu_properties::props::Script;
        let cases = [
            ("en-us", Script::Latin, true),
            ("en-us", Script::Han, false),
            ("en-us", Script::Devanagari, true),
            ("en-us", Script::Greek, false),
            ("de", Script::Greek, true),
            ("ru", Script::Latin, true),
            ("he", Script::Latin, false),
            ("ja", Script::Hiragana, true),
            ("ja", Script::Han, false),
            ("cmn", Script::Han, true),
            ("cmn-latn-pinyin", Script::Han, false),
            ("en-us", Script::Khmer, false),
        ];
        for (voice, script, is_read) in cases {
            assert_eq!(reads(voice, script), is_read, "{voice} {script:?}");
        }
    }
}
