//! The language of a text that does not say it: by its script, and where several languages share
//! that, by its letters (`whatlang`, trigrams).

use icu_properties::props::Script;
use whatlang::{Detector, Lang};

use super::Language;
use crate::scripts::{script_of, scripts};

/// So much of a text is looked at.
const LOOKED_AT_CHARACTERS: usize = 4_000;
/// Fewer Latin letters say nothing certain.
const FEWEST_LATIN_LETTERS: usize = 24;
/// A character of these scripts says as much as so many letters.
const LETTERS_A_CHARACTER: usize = 3;

/// Languages that share a script, with their tags.
type Candidates = &'static [(Lang, &'static str)];

const LATIN: Candidates = &[
    (Lang::Eng, "en"),
    (Lang::Deu, "de"),
    (Lang::Fra, "fr"),
    (Lang::Spa, "es"),
    (Lang::Ita, "it"),
    (Lang::Por, "pt"),
    (Lang::Nld, "nl"),
    (Lang::Pol, "pl"),
    (Lang::Ces, "cs"),
    (Lang::Slk, "sk"),
    (Lang::Tur, "tr"),
    (Lang::Swe, "sv"),
    (Lang::Dan, "da"),
    (Lang::Nob, "nb"),
    (Lang::Fin, "fi"),
    (Lang::Hun, "hu"),
    (Lang::Ron, "ro"),
    (Lang::Cat, "ca"),
    (Lang::Hrv, "hr"),
    (Lang::Slv, "sl"),
    (Lang::Lit, "lt"),
    (Lang::Lav, "lv"),
    (Lang::Est, "et"),
    (Lang::Ind, "id"),
    (Lang::Vie, "vi"),
];
const CYRILLIC: Candidates =
    &[(Lang::Rus, "ru"), (Lang::Ukr, "uk"), (Lang::Bel, "be"), (Lang::Bul, "bg"), (Lang::Srp, "sr"), (Lang::Mkd, "mk")];
const ARABIC: Candidates = &[(Lang::Ara, "ar"), (Lang::Pes, "fa"), (Lang::Urd, "ur")];
const DEVANAGARI: Candidates = &[(Lang::Hin, "hi"), (Lang::Mar, "mr"), (Lang::Nep, "ne")];

/// The language of `text`; `None` where it is too short or too mixed to be certain.
#[must_use]
pub fn language_of(text: &str) -> Option<Language> {
    let text: String = text.chars().take(LOOKED_AT_CHARACTERS).collect();
    let scripts = scripts(&text);
    let letters = |wanted: Script| scripts.iter().find(|(script, _)| *script == wanted).map_or(0, |(_, count)| *count);
    let weight = |(script, count): &(Script, usize)| match *script {
        Script::Han | Script::Hiragana | Script::Hangul => count * LETTERS_A_CHARACTER,
        _ => *count,
    };
    let script = scripts.iter().max_by_key(|entry| weight(entry))?.0;
    let tag = match script {
        Script::Han | Script::Hiragana if letters(Script::Hiragana) * 10 >= letters(Script::Han) => "ja",
        Script::Han => "zh",
        Script::Hangul => "ko",
        Script::Latin if letters(script) < FEWEST_LATIN_LETTERS => return None,
        Script::Latin => likely(&text, script, LATIN)?,
        Script::Cyrillic => likely(&text, script, CYRILLIC).unwrap_or("ru"),
        Script::Arabic => likely(&text, script, ARABIC).unwrap_or("ar"),
        Script::Devanagari => likely(&text, script, DEVANAGARI).unwrap_or("hi"),
        other => language_with_script(other)?,
    };
    Language::parse(tag)
}

/// The language that alone, or most of all, is written in that script.
const fn language_with_script(script: Script) -> Option<&'static str> {
    Some(match script {
        Script::Greek => "el",
        Script::Hebrew => "he",
        Script::Thai => "th",
        Script::Armenian => "hy",
        Script::Georgian => "ka",
        Script::Bengali => "bn",
        Script::Tamil => "ta",
        Script::Telugu => "te",
        Script::Kannada => "kn",
        Script::Malayalam => "ml",
        Script::Gujarati => "gu",
        Script::Gurmukhi => "pa",
        Script::Oriya => "or",
        Script::Sinhala => "si",
        Script::Myanmar => "my",
        Script::Ethiopic => "am",
        _ => return None,
    })
}

/// The candidate that the letters of that script speak for, if they do.
fn likely(text: &str, script: Script, candidates: Candidates) -> Option<&'static str> {
    let is_its_own = |character: char| !character.is_alphabetic() || script_of(character) == script;
    let own: String = text.chars().map(|character| if is_its_own(character) { character } else { ' ' }).collect();
    let detector = Detector::with_allowlist(candidates.iter().map(|(language, _)| *language).collect());
    let found = detector.detect(&own).filter(whatlang::Info::is_reliable)?.lang();
    candidates.iter().find(|(language, _)| *language == found).map(|(_, tag)| *tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<String> {
        language_of(text).map(|language| language.as_str().to_owned())
    }

    #[test]
    fn a_language_is_told_by_its_script_or_its_letters() {
        let cases = [
            ("今天天气很好，我们去公园。", "zh"),
            ("我用iPhone 15拍照", "zh"),
            ("今日は東京に行きます。", "ja"),
            ("안녕하세요", "ko"),
            ("Привет, мир!", "ru"),
            ("Сьогодні гарна погода, і ми йдемо до парку, бо в нас є вільний день.", "uk"),
            ("مرحبا بالعالم", "ar"),
            ("שלום עולם", "he"),
            ("नमस्ते दुनिया", "hi"),
            ("สวัสดีครับ", "th"),
            ("Καλημέρα κόσμε", "el"),
            ("ሰላም ለዓለም", "am"),
            ("Bonjour à tous, aujourd'hui nous parlons des abeilles et de leur vie dans la ruche.", "fr"),
            ("Hoy hablamos de las abejas y de su vida en la colmena, que es muy interesante.", "es"),
            ("Oggi parliamo delle api e della loro vita nell'alveare, che è molto interessante.", "it"),
            ("Hoje falamos das abelhas e da sua vida na colmeia, que é muito interessante.", "pt"),
            ("Vandaag praten we over bijen en hun leven in de korf, dat erg interessant is.", "nl"),
            ("Dzisiaj mówimy o pszczołach i o ich życiu w ulu, które jest bardzo ciekawe.", "pl"),
            ("Bugün arılardan ve onların kovandaki çok ilginç yaşamlarından söz ediyoruz.", "tr"),
            ("Today we talk about bees and their life in the hive, which is very interesting.", "en"),
        ];
        for (text, language) in cases {
            assert_eq!(told(text).as_deref(), Some(language), "{text}");
        }
    }

    #[test]
    fn short_or_empty_text_tells_nothing() {
        for text in ["", "5 + 5", "Hallo Welt", "OK", "ABC-123 / v2.0"] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
