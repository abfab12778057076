//! A spec before it is read: what it does not say may still come from elsewhere.

use bytes::Bytes;

use super::read::{Checker, Node, TOPIC_FIELDS};
use super::{MAX_SPEC_BYTES, MediaOrigin, SpecError, VideoSpec, Violation};
use crate::json::Json;

/// Of these one is needed, and one only.
pub(crate) const STORIES: [&str; 3] = ["topic", "script", "scenes"];
/// Fields that are filled in one by one. Of all others, what is said replaces what is not said there.
const FILLED_FIELDS: [&str; 4] = ["voice", "captions", "output", "affiliate"];
/// Names the channel from which a spec takes what it does not say.
pub(crate) const CHANNEL: &str = "channel";

/// The fields of a spec as they were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    fields: Vec<(String, Json)>,
}

impl Draft {
    /// The fields of a JSON object.
    ///
    /// # Errors
    /// [`SpecError`] when it is too large, not JSON, or no object.
    pub fn parse(json: &[u8]) -> Result<Self, SpecError> {
        if json.len() > MAX_SPEC_BYTES {
            return Err(SpecError::TooLarge { limit_bytes: MAX_SPEC_BYTES });
        }
        match Json::parse(json).map_err(SpecError::Syntax)? {
            Json::Object(fields) => Ok(Self { fields }),
            other => {
                let message = format!("an object is needed here, not {}", other.name());
                Err(SpecError::Invalid(vec![Violation::new("", message)]))
            }
        }
    }

    /// Whether a field says something, be it that there is to be nothing.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// Whether it says what the video is about.
    #[must_use]
    pub fn has_story(&self) -> bool {
        STORIES.into_iter().any(|name| self.says(name))
    }

    /// Takes away the name of a channel; `None` when there is none.
    ///
    /// # Errors
    /// [`SpecError::Invalid`] when what stands there is no text.
    pub fn take_channel(&mut self) -> Result<Option<String>, SpecError> {
        let Some(at) = self.fields.iter().position(|(name, _)| name == CHANNEL) else { return Ok(None) };
        match self.fields.remove(at).1 {
            Json::Null => Ok(None),
            Json::Text(name) => Ok(Some(name)),
            other => {
                let message = format!("a text is needed here, not {}", other.name());
                Err(SpecError::Invalid(vec![Violation::new(format!("/{CHANNEL}"), message)]))
            }
        }
    }

    /// Adds a field of text.
    pub(crate) fn add_text(&mut self, name: &str, text: &str) {
        self.fields.push((name.to_owned(), Json::Text(text.to_owned())));
    }

    /// Says what `changes` say in place of what was said there; `null` leaves nothing.
    pub(crate) fn replace(&mut self, changes: &Self) {
        self.fields.retain(|(name, _)| !changes.has(name));
        self.fields.extend(changes.fields.iter().filter(|(_, value)| *value != Json::Null).cloned());
    }

    /// Takes over what `defaults` say and this does not. Saying `null` is saying: nothing is taken there.
    ///
    /// What only makes sense together is taken together: one story, the shapes of the pictures, a voice
    /// and those that speak in its place; and a topic's fields only where there is a topic.
    pub fn fill(&mut self, defaults: &Self) {
        let tells_otherwise = self.has_story() && !self.says("topic");
        let has_story = self.has_story();
        for (name, value) in &defaults.fields {
            let is_left_out = (has_story && STORIES.contains(&name.as_str()))
                || (tells_otherwise && TOPIC_FIELDS.contains(&name.as_str()))
                || (name == "outputs" && self.says_shape());
            if !is_left_out {
                self.fill_field(name, value);
            }
        }
    }

    fn fill_field(&mut self, name: &str, default: &Json) {
        let says_shapes = self.says("outputs");
        match (self.fields.iter_mut().find(|(known, _)| known == name), default) {
            (None, Json::Object(fields)) if name == "output" && says_shapes => {
                let rest = fields.iter().filter(|(name, _)| !is_shape(name)).cloned().collect();
                self.fields.push((name.to_owned(), Json::Object(rest)));
            }
            (None, value) => self.fields.push((name.to_owned(), value.clone())),
            (Some((_, Json::Object(said))), Json::Object(fields)) if FILLED_FIELDS.contains(&name) => {
                let names_voice = name == "voice" && said.iter().any(|(name, _)| name == "name");
                for (inner, value) in fields {
                    let is_left_out = said.iter().any(|(known, _)| known == inner)
                        || (names_voice && inner == "fallback")
                        || (says_shapes && name == "output" && is_shape(inner));
                    if !is_left_out {
                        said.push((inner.clone(), value.clone()));
                    }
                }
            }
            (Some(_), _) => {}
        }
    }

    /// Replaces each path of a file by what `resolve` makes of it.
    pub fn map_paths(&mut self, resolve: &impl Fn(&str) -> String) {
        self.fields.iter_mut().for_each(|(_, value)| map_paths(value, resolve));
    }

    /// The spec in JSON.
    #[must_use]
    pub fn to_json(&self) -> Bytes {
        Bytes::from(Json::written(&self.fields))
    }

    /// Reads and checks the spec.
    ///
    /// # Errors
    /// [`SpecError`] with every fault found.
    pub fn read(self, origin: MediaOrigin) -> Result<VideoSpec, SpecError> {
        super::read::read_node(Node::root(Json::Object(self.fields)), Checker::new(origin))
    }

    fn field(&self, name: &str) -> Option<&Json> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn says(&self, name: &str) -> bool {
        self.field(name).is_some_and(|value| *value != Json::Null)
    }

    fn says_shape(&self) -> bool {
        match self.field("output") {
            Some(Json::Object(fields)) => fields.iter().any(|(name, _)| is_shape(name)),
            _ => false,
        }
    }
}

fn is_shape(name: &str) -> bool {
    matches!(name, "aspect" | "resolution")
}

fn map_paths(value: &mut Json, resolve: &impl Fn(&str) -> String) {
    match value {
        Json::List(items) => items.iter_mut().for_each(|item| map_paths(item, resolve)),
        Json::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Json::Text(path) if name == "path" => *path = resolve(path),
                    other => map_paths(other, resolve),
                }
            }
        }
        Json::Null | Json::Boolean(_) | Json::Number(_) | Json::Text(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn draft(value: &Value) -> Draft {
        Draft::parse(value.to_string().as_bytes()).unwrap()
    }

    fn filled(spec: &Value, defaults: &Value) -> Value {
        let mut spec = draft(spec);
        spec.fill(&draft(defaults));
        let json = spec.to_json();
        spec.read(MediaOrigin::Remote).unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    #[test]
    fn what_is_not_said_is_filled_in_and_what_is_said_stays() {
        let channel =
            json!({"voice": {"name": "de", "rate_wpm": 150}, "captions": {"style": "block"}, "quality": "high"});
        let spec = json!({"script": "a", "voice": {"rate_wpm": 200}, "quality": "draft"});
        let wanted = json!({"script": "a", "voice": {"rate_wpm": 200, "name": "de"}, "quality": "draft",
            "captions": {"style": "block"}});
        assert_eq!(filled(&spec, &channel), wanted);
    }

    #[test]
    fn nothing_is_taken_where_nothing_is_wished() {
        let channel = json!({"music": {"url": "https://example.com/a.mp3"}, "progress_bar": {}});
        let spec = json!({"script": "a", "music": null});
        assert_eq!(filled(&spec, &channel), json!({"script": "a", "music": null, "progress_bar": {}}));
    }

    #[test]
    fn another_background_takes_nothing_of_the_first() {
        let channel = json!({"background": {"type": "gradient", "from": "#000000"}, "transition": {"type": "fade", "color": "#ffffff"}});
        let spec = json!({"script": "a", "background": {"type": "color", "color": "#123456"}, "transition": {"type": "slide"}});
        assert_eq!(filled(&spec, &channel), spec);
    }

    #[test]
    fn a_story_brings_its_own_fields_and_the_channels_topic_is_for_those_without() {
        let channel = json!({"topic": "bees", "language": "de", "duration_s": 30, "style": "Warm.", "affiliate": {"tag": "mine-21"}});
        assert_eq!(filled(&json!({"script": "a"}), &channel), json!({"script": "a", "language": "de"}));
        let spec = json!({"topic": "ants", "duration_s": 60, "affiliate": {"marketplace": "amazon.de"}});
        let wanted = json!({"topic": "ants", "duration_s": 60, "language": "de", "style": "Warm.",
            "affiliate": {"marketplace": "amazon.de", "tag": "mine-21"}});
        assert_eq!(filled(&spec, &channel), wanted);
        assert_eq!(filled(&json!({}), &channel), channel);
    }

    #[test]
    fn a_voice_that_the_spec_names_brings_its_own_fallbacks() {
        let channel = json!({"voice": {"name": "polly:Joanna", "fallback": ["en-us"], "pronunciations": [{"written": "a", "spoken": "b"}]}});
        let spec = json!({"script": "a", "voice": {"name": "de"}});
        let wanted =
            json!({"script": "a", "voice": {"name": "de", "pronunciations": [{"written": "a", "spoken": "b"}]}});
        assert_eq!(filled(&spec, &channel), wanted);
    }

    #[test]
    fn shapes_are_said_by_one_alone() {
        let many = json!({"outputs": ["16:9 1080p", "9:16 1080p"], "output": {"fps": 25}});
        let spec = json!({"script": "a", "output": {"aspect": "1:1"}});
        assert_eq!(filled(&spec, &many), json!({"script": "a", "output": {"aspect": "1:1", "fps": 25}}));
        let one = json!({"output": {"aspect": "9:16", "fps": 25}});
        let spec = json!({"script": "a", "outputs": ["1:1 720p"]});
        assert_eq!(filled(&spec, &one), json!({"script": "a", "outputs": ["1:1 720p"], "output": {"fps": 25}}));
    }

    #[test]
    fn a_field_that_is_given_twice_is_still_a_fault() {
        let mut spec = Draft::parse(br#"{"script": "a", "script": "b"}"#).unwrap();
        spec.fill(&draft(&json!({"quality": "high"})));
        assert!(matches!(spec.read(MediaOrigin::Remote), Err(SpecError::Invalid(_))));
    }

    #[test]
    fn numbers_and_letters_are_written_as_they_were() {
        let spec = json!({"script": "ä \"quoted\" \n", "voice": {"rate_wpm": 150}, "captions": {"font_scale": 1.25}});
        assert_eq!(serde_json::from_slice::<Value>(&draft(&spec).to_json()).unwrap(), spec);
    }

    #[test]
    fn only_the_name_of_a_channel_is_taken() {
        let mut spec = draft(&json!({"channel": "news", "script": "a"}));
        assert_eq!(spec.take_channel().unwrap().as_deref(), Some("news"));
        assert_eq!(spec, draft(&json!({"script": "a"})));
        assert_eq!(spec.take_channel(), Ok(None));
        assert!(draft(&json!({"channel": 5})).take_channel().is_err());
        assert!(Draft::parse(b"[]").is_err() && Draft::parse(b"{").is_err());
    }
}
