//! A topic, about which a script is to be written.

use std::time::Duration;

use super::{Background, CaptionStyle, Language, Transition};

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
