//! A topic, about which a script is to be written.

use std::time::Duration;

use super::{Background, CaptionStyle, Transition};

/// The longest topic, in characters.
pub const MAX_TOPIC_CHARACTERS: usize = 1_000;
/// The longest style guide, in characters.
pub const MAX_STYLE_CHARACTERS: usize = 4_000;
/// The lengths that a video about a topic may be wished to have, in seconds.
pub const TOPIC_DURATIONS_S: std::ops::RangeInclusive<u32> = 5..=3_600;

/// What a script is to be written about, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// The topic in the owner's words.
    pub text: String,
    /// How long the video is wished to be.
    pub duration: Duration,
    /// What is spoken.
    pub language: Language,
    /// How the channel writes: tone, audience, what to leave out.
    pub style: Option<String>,
    /// Whose links to products stand in the description.
    pub affiliate: Option<Affiliate>,
    /// What each written scene looks like.
    pub look: SceneLook,
}

/// What the scenes of a written script have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneLook {
    /// What lies behind all of them; `None` for footage that fits each, where there is any.
    pub background: Option<Background>,
    /// How the words are written.
    pub captions: CaptionStyle,
    /// How each replaces the one before.
    pub transition: Transition,
}

/// A language by its tag (BCP 47), such as `en` or `pt-BR`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Language(String);

impl Language {
    /// Reads a tag: letters for the language, then parts of letters and digits.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let mut parts = tag.split('-');
        let primary = parts.next()?;
        let is_primary = (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_part =
            |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let rest: Vec<&str> = parts.collect();
        (is_primary && rest.len() <= 3 && rest.into_iter().all(is_part)).then(|| Self(tag.to_owned()))
    }

    /// The tag as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language alone, in lower case.
    #[must_use]
    pub fn primary(&self) -> String {
        self.0.split('-').next().unwrap_or_default().to_ascii_lowercase()
    }
}

impl Default for Language {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

/// Takes part in Amazon's programme for links that earn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affiliate {
    /// The owner's tag there.
    pub tag: String,
    /// The shop, such as `amazon.de`.
    pub marketplace: &'static str,
}

/// The shops whose links can be made.
pub const MARKETPLACES: [&str; 12] = [
    "amazon.com",
    "amazon.ca",
    "amazon.co.jp",
    "amazon.co.uk",
    "amazon.com.au",
    "amazon.com.br",
    "amazon.de",
    "amazon.es",
    "amazon.fr",
    "amazon.in",
    "amazon.it",
    "amazon.nl",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_by_their_tags() {
        for tag in ["en", "pt-BR", "zh-Hans-CN", "gsw", "es-419"] {
            assert_eq!(Language::parse(tag).unwrap().as_str(), tag);
        }
        for tag in ["", "e", "english", "en_US", "en-", "en-x", "e1", "en us", "en-a-b-c-d-e"] {
            assert_eq!(Language::parse(tag), None, "{tag}");
        }
        assert_eq!(Language::parse("PT-br").unwrap().primary(), "pt");
    }
}
