//! Who speaks.

use std::collections::HashSet;

use super::super::{Language, Pronunciation, Scene, VoiceChoice, detect, voices};
use super::node::{Checker, Node};
use super::values::clean;
use crate::excerpt::Quoted;

const MAX_FALLBACKS: usize = 5;
const MAX_PRONUNCIATIONS: usize = 200;
const MAX_PRONUNCIATION_CHARACTERS: usize = 100;

/// The voice, and whether the spec names it.
pub fn voice(node: Option<Node>, checker: &mut Checker) -> (VoiceChoice, bool) {
    let mut choice = VoiceChoice::named(voices::DEFAULT);
    let Some(mut fields) = node.and_then(|node| node.object(checker)) else { return (choice, false) };
    let name = fields.take("name").and_then(|node| name(node, checker));
    let is_named = name.is_some();
    choice.name = name.unwrap_or(choice.name);
    choice.rate_wpm = fields.whole_number("rate_wpm", 80..=450, " words a minute", checker).unwrap_or(choice.rate_wpm);
    choice.pitch = fields.whole_number("pitch", 0..=99, "", checker).unwrap_or(choice.pitch);
    let fallback = fields.take("fallback").map(|node| (node.pointer.clone(), node.list(checker).unwrap_or_default()));
    if let Some((pointer, nodes)) = fallback {
        if nodes.len() > MAX_FALLBACKS {
            checker.fault(&pointer, format!("a voice has at most {MAX_FALLBACKS} fallbacks"));
        }
        choice.fallback = nodes.into_iter().filter_map(|node| self::name(node, checker)).collect();
    }
    choice.pronunciations = pronunciations(fields.take("pronunciations"), checker);
    fields.close(checker);
    (choice, is_named)
}

/// The language that the spec says.
pub fn language(node: Node, checker: &mut Checker) -> Option<Language> {
    let pointer = node.pointer.clone();
    let language = Language::parse(&node.text(checker)?);
    if language.is_none() {
        checker.fault(&pointer, "a language is written like en, de or pt-BR");
    }
    language
}

/// Who speaks where no voice is named, and the language in which is spoken: a voice of this machine
/// has its own; else it is what the spec says, or what its text shows.
pub fn settle(choice: &mut VoiceChoice, is_named: bool, said: Option<Language>, scenes: &[Scene]) {
    let own = voices::language_of(&choice.name).filter(|_| is_named);
    let Some(language) = own.or(said).or_else(|| of_text(scenes)) else { return };
    if is_named {
        choice.language = language;
    } else {
        choice.name = voices::for_language(&language).to_owned();
        choice.language = voices::language_of(&choice.name).unwrap_or(language);
    }
}

fn of_text(scenes: &[Scene]) -> Option<Language> {
    let texts: Vec<&str> = scenes.iter().map(|scene| scene.text.as_str()).collect();
    detect::language_of(&texts.join("\n"))
}

fn name(node: Node, checker: &mut Checker) -> Option<String> {
    let pointer = node.pointer.clone();
    let name = node.text(checker)?;
    if !voices::is_known(&name) {
        let message = format!(
            "there is no voice {}; voices are named like en-us, de, fr-fr, or polly:Joanna:neural, openai:alloy, \
             elevenlabs:<id>",
            Quoted(&name)
        );
        checker.fault(&pointer, message);
    }
    Some(name)
}

fn pronunciations(node: Option<Node>, checker: &mut Checker) -> Vec<Pronunciation> {
    let Some(node) = node else { return Vec::new() };
    let pointer = node.pointer.clone();
    let nodes = node.list(checker).unwrap_or_default();
    if nodes.len() > MAX_PRONUNCIATIONS {
        checker.fault(&pointer, format!("a voice has at most {MAX_PRONUNCIATIONS} pronunciations"));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let read: Vec<Pronunciation> = nodes.into_iter().filter_map(|node| pronunciation(node, checker)).collect();
    // The first of several for the same word counts.
    read.into_iter().filter(|entry| seen.insert(entry.written.to_lowercase())).collect()
}

fn pronunciation(node: Node, checker: &mut Checker) -> Option<Pronunciation> {
    let mut fields = node.object(checker)?;
    let mut field = |name: &'static str| {
        let faults = checker.violations.len();
        let text = fields.take(name).and_then(|node| {
            let pointer = node.pointer.clone();
            let text = node.text(checker)?;
            if text.chars().count() > MAX_PRONUNCIATION_CHARACTERS {
                checker.fault(&pointer, format!("`{name}` has at most {MAX_PRONUNCIATION_CHARACTERS} characters"));
            }
            Some(clean(&text, &pointer, checker)).filter(|text| !text.is_empty())
        });
        if text.is_none() && checker.violations.len() == faults {
            checker.fault(&fields.pointer_to(name), "a pronunciation needs what is `written` and what is `spoken`");
        }
        text
    };
    let (written, spoken) = (field("written"), field("spoken"));
    fields.close(checker);
    Some(Pronunciation { written: written?, spoken: spoken? })
}
