//! A written script, and the video that is made of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::narration::written_words;
use crate::ports::{Brief, Credit};
use crate::prose::prose;
use crate::spec::{Affiliate, Background, Footage, FootageKind, Language, Scene, Topic, VideoSpec};

/// Products whose links stand in a description at most.
const MAX_LINKS: usize = 10;

/// What a writer wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Heading of the video.
    pub title: String,
    /// What the video is about, for the page that shows it.
    pub description: String,
    /// Words under which the video is found.
    pub tags: Vec<String>,
    /// Things that can be bought and that viewers may want.
    pub keywords: Vec<String>,
    /// In order; never empty.
    pub scenes: Vec<ScriptScene>,
}

/// A piece of narration, and what is to be seen meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptScene {
    /// What is spoken.
    pub text: String,
    /// What to look for, the best first.
    pub search_terms: Vec<String>,
}

/// What a script says about its video, for whoever publishes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptReport {
    /// Heading.
    pub title: String,
    /// Text under the video, links and thanks included.
    pub description: String,
    /// Words under which it is found.
    pub tags: Vec<String>,
    /// Things that can be bought and that viewers may want.
    pub keywords: Vec<String>,
}

impl Script {
    /// How many words are spoken.
    #[must_use]
    pub fn words(&self) -> usize {
        self.scenes.iter().map(|scene| written_words(&scene.text).len()).sum()
    }

    /// What to tell about the video that was made of it.
    #[must_use]
    pub fn report(&self, topic: &Topic, credits: &[Credit]) -> ScriptReport {
        let links = topic.affiliate.as_ref().map(|affiliate| links(affiliate, &self.keywords, &topic.language));
        let parts = [Some(self.description.clone()), links.flatten(), thanks(credits)];
        ScriptReport {
            title: self.title.clone(),
            description: parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
            tags: self.tags.clone(),
            keywords: self.keywords.clone(),
        }
    }
}

impl Topic {
    /// What a writer is told, for a voice that speaks `rate_wpm` words a minute.
    #[must_use]
    pub fn brief(&self, rate_wpm: u32) -> Brief {
        let words = self.duration.as_secs() * u64::from(rate_wpm) / 60;
        Brief {
            topic: self.text.clone(),
            duration: self.duration,
            words: u32::try_from(words).unwrap_or(u32::MAX).max(10),
            language: self.language.clone(),
            style: self.style.clone(),
        }
    }
}

impl VideoSpec {
    /// The video about `topic` as `script` tells it.
    #[must_use]
    pub fn told(&self, topic: &Topic, script: &Script) -> Self {
        Self {
            title: self.title.clone().or_else(|| Some(script.title.clone())),
            scenes: script.scenes.iter().map(|scene| scene_of(topic, scene)).collect(),
            topic: None,
            ..self.clone()
        }
    }
}

fn scene_of(topic: &Topic, scene: &ScriptScene) -> Scene {
    let found = |kind, is_wished| Background::Footage(Footage { terms: scene.search_terms.clone(), kind, is_wished });
    Scene {
        text: prose(&scene.text),
        title: None,
        card: None,
        lower_third: None,
        background: match &topic.look.background {
            None => found(FootageKind::Any, false),
            Some(Background::Footage(footage)) if footage.terms.is_empty() => found(footage.kind, true),
            Some(background) => background.clone(),
        },
        overlays: Vec::new(),
        captions: topic.look.captions,
        transition: topic.look.transition,
        sounds: Vec::new(),
        minimum_duration: Duration::ZERO,
    }
}

/// Links to searches for products, under the line that the programme demands of those who take part.
fn links(affiliate: &Affiliate, keywords: &[String], language: &Language) -> Option<String> {
    let link = |keyword: &String| {
        let Affiliate { tag, marketplace } = affiliate;
        format!("{keyword}: https://www.{marketplace}/s?k={}&tag={tag}", query_encoded(keyword))
    };
    let links: Vec<String> = keywords.iter().take(MAX_LINKS).map(link).collect();
    (!links.is_empty()).then(|| format!("{}\n{}", links.join("\n"), disclosure(language)))
}

/// The line in the words of the programme's own rules.
fn disclosure(language: &Language) -> &'static str {
    match language.primary().as_str() {
        "de" => "Als Amazon-Partner verdiene ich an qualifizierten Verkäufen.",
        "fr" => {
            "En tant que Partenaire Amazon, je réalise un bénéfice sur les achats remplissant les conditions requises."
        }
        "es" => {
            "En calidad de Afiliado de Amazon, obtengo ingresos por las compras adscritas que cumplen los requisitos."
        }
        "it" => "In qualità di Affiliato Amazon io ricevo un guadagno dagli acquisti idonei.",
        _ => "As an Amazon Associate I earn from qualifying purchases.",
    }
}

fn thanks(credits: &[Credit]) -> Option<String> {
    let line = |credit: &Credit| format!("{} on {}: {}", credit.author, credit.provider, credit.url);
    (!credits.is_empty()).then(|| format!("Footage:\n{}", credits.iter().map(line).collect::<Vec<_>>().join("\n")))
}

/// Text in a query (WHATWG URL, §5.2): a plus for a space, percent for all but letters, digits and `*-._`.
fn query_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b' ' => encoded.push('+'),
            b'*' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::MediaOrigin;

    fn script() -> Script {
        let scene =
            |text: &str, terms: &str| ScriptScene { text: text.to_owned(), search_terms: vec![terms.to_owned()] };
        Script {
            title: "Bees".to_owned(),
            description: "All about bees.".to_owned(),
            tags: vec!["bees".to_owned()],
            keywords: vec!["bee hotel".to_owned(), "Honig & Co/ä".to_owned()],
            scenes: vec![scene("Bees fly.", "bee flying"), scene("They land.", "bee on flower")],
        }
    }

    fn spec(json: &str) -> (VideoSpec, Topic) {
        let spec = VideoSpec::from_json(json.as_bytes(), MediaOrigin::Remote).unwrap();
        let topic = spec.topic.clone().unwrap();
        (spec, topic)
    }

    #[test]
    fn a_written_script_becomes_scenes_that_look_as_the_spec_says() {
        let (spec, topic) = spec(r#"{"topic": "bees", "captions": {"style": "block"}, "language": "de"}"#);
        let told = spec.told(&topic, &script());
        assert_eq!((told.title.as_deref(), told.topic.is_none(), told.scenes.len()), (Some("Bees"), true, 2));
        assert_eq!(told.voice.name, "de");
        assert_eq!(told.scenes[1].captions, topic.look.captions);
        let terms = vec!["bee on flower".to_owned()];
        let footage = Footage { terms, kind: FootageKind::Any, is_wished: false };
        assert_eq!(told.scenes[1].background, Background::Footage(footage));
    }

    #[test]
    fn the_owners_title_and_background_stay() {
        let (spec, topic) =
            spec(r##"{"topic": "bees", "title": "Mine", "background": {"type": "color", "color": "#fff"}}"##);
        let told = spec.told(&topic, &script());
        assert_eq!(told.title.as_deref(), Some("Mine"));
        assert!(told.scenes.iter().all(|scene| matches!(scene.background, Background::Color(_))));
    }

    #[test]
    fn the_length_of_the_script_follows_from_the_voice() {
        let (spec, topic) = spec(r#"{"topic": "bees", "duration_s": 90, "voice": {"rate_wpm": 120}}"#);
        assert_eq!(topic.brief(spec.voice.rate_wpm).words, 180);
    }

    #[test]
    fn links_carry_the_tag_and_stand_above_the_disclosure() {
        let (_, topic) =
            spec(r#"{"topic": "bees", "affiliate": {"tag": "mine-21", "marketplace": "amazon.de"}, "language": "de"}"#);
        let credit = Credit { author: "A".to_owned(), provider: "Pexels".to_owned(), url: "https://p/1".to_owned() };
        assert_eq!(
            script().report(&topic, &[credit]).description,
            "All about bees.\n\nbee hotel: https://www.amazon.de/s?k=bee+hotel&tag=mine-21\n\
             Honig & Co/ä: https://www.amazon.de/s?k=Honig+%26+Co%2F%C3%A4&tag=mine-21\n\
             Als Amazon-Partner verdiene ich an qualifizierten Verkäufen.\n\nFootage:\nA on Pexels: https://p/1"
        );
    }

    #[test]
    fn without_a_tag_there_are_no_links() {
        let (_, topic) = spec(r#"{"topic": "bees"}"#);
        assert_eq!(script().report(&topic, &[]).description, "All about bees.");
    }
}
