//! From a model's answer to a script. Faults are named by their place, never with what stands
//! there: a model may repeat anything.

use rushes_core::script::{Script, ScriptScene};
use rushes_core::spec::MAX_NARRATION_CHARACTERS;
use serde_json::{Map, Value};

const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 4_000;
const MAX_TAGS: usize = 30;
const MAX_KEYWORDS: usize = 20;
const MAX_PHRASE: usize = 100;
const MAX_SCENES: usize = 200;
const MAX_SCENE: usize = 5_000;
const MAX_SEARCH_TERMS: usize = 10;
/// How far the length may be off, as a share of what was wished.
const TOLERANCE_PERCENT: usize = 35;
const MAX_FAULTS: usize = 10;

/// What an answer is.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What was wanted.
    Good(Script),
    /// A script, but much longer or shorter than wished.
    OtherLength {
        /// As it is.
        script: Script,
        /// What to tell the model.
        fault: String,
    },
    /// No script; what is wrong with it.
    NoScript(Vec<String>),
}

/// Judges an answer to the wish for `words` words.
pub fn read(answer: &str, words: u32) -> Verdict {
    let Some(json) = json_in(answer) else { return Verdict::NoScript(vec!["it is not one JSON object".to_owned()]) };
    let mut reader = Reader { faults: Vec::new() };
    let script = reader.script(&json);
    let (Some(script), true) = (script, reader.faults.is_empty()) else {
        reader.faults.truncate(MAX_FAULTS);
        return Verdict::NoScript(reader.faults);
    };
    let (written, wished) = (script.words(), words as usize);
    if written.abs_diff(wished) * 100 > wished * TOLERANCE_PERCENT {
        let fault = format!("the narration has {written} words; write {wished}");
        return Verdict::OtherLength { script, fault };
    }
    Verdict::Good(script)
}

/// The object in an answer. Models that were asked for nothing else still like to fence it.
fn json_in(answer: &str) -> Option<Map<String, Value>> {
    let (from, to) = (answer.find('{')?, answer.rfind('}')?);
    serde_json::from_str(answer.get(from..=to)?).ok()
}

/// Reads what the schema says, and names what is not so.
struct Reader {
    faults: Vec<String>,
}

impl Reader {
    fn script(&mut self, json: &Map<String, Value>) -> Option<Script> {
        self.only(json, "", &["title", "description", "tags", "keywords", "scenes"]);
        let title = self.text(json, "", "title", MAX_TITLE);
        let description = self.text(json, "", "description", MAX_DESCRIPTION);
        let tags = self.texts(json, "", "tags", MAX_TAGS);
        let keywords = self.texts(json, "", "keywords", MAX_KEYWORDS);
        let scenes = self.scenes(json);
        Some(Script { title: title?, description: description?, tags: tags?, keywords: keywords?, scenes: scenes? })
    }

    fn scenes(&mut self, json: &Map<String, Value>) -> Option<Vec<ScriptScene>> {
        let items = self.list(json, "", "scenes", MAX_SCENES)?;
        if items.is_empty() {
            self.fault("/scenes", "is empty");
        }
        let scenes: Option<Vec<_>> = items.iter().enumerate().map(|(index, item)| self.scene(index, item)).collect();
        let characters: usize = scenes.iter().flatten().map(|scene| scene.text.chars().count()).sum();
        if characters > MAX_NARRATION_CHARACTERS {
            self.fault("/scenes", "is longer than a video may be");
        }
        scenes
    }

    fn scene(&mut self, index: usize, item: &Value) -> Option<ScriptScene> {
        let place = format!("/scenes/{index}");
        let Some(json) = item.as_object() else {
            self.fault(&place, "is no object");
            return None;
        };
        self.only(json, &place, &["text", "search_terms"]);
        let text = self.text(json, &place, "text", MAX_SCENE);
        let search_terms = self.texts(json, &place, "search_terms", MAX_SEARCH_TERMS);
        Some(ScriptScene { text: text?, search_terms: search_terms? })
    }

    fn only(&mut self, json: &Map<String, Value>, place: &str, known: &[&str]) {
        if json.keys().any(|name| !known.contains(&name.as_str())) {
            self.fault(place, &format!("has fields besides {}", known.join(", ")));
        }
    }

    fn text(&mut self, json: &Map<String, Value>, place: &str, name: &str, limit: usize) -> Option<String> {
        let place = format!("{place}/{name}");
        let Some(text) = json.get(name).and_then(Value::as_str) else {
            self.fault(&place, "is no text");
            return None;
        };
        let text = cleaned(text);
        if !text.chars().any(char::is_alphanumeric) {
            self.fault(&place, "is empty");
        }
        if text.chars().count() > limit {
            self.fault(&place, &format!("has more than {limit} characters"));
        }
        Some(text)
    }

    fn texts(&mut self, json: &Map<String, Value>, place: &str, name: &str, limit: usize) -> Option<Vec<String>> {
        let items = self.list(json, place, name, limit)?;
        let mut texts: Vec<String> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Some(text) = item.as_str().map(cleaned) else {
                self.fault(&format!("{place}/{name}/{index}"), "is no text");
                return None;
            };
            if text.chars().count() > MAX_PHRASE {
                self.fault(&format!("{place}/{name}/{index}"), &format!("has more than {MAX_PHRASE} characters"));
            }
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        Some(texts)
    }

    fn list<'a>(
        &mut self,
        json: &'a Map<String, Value>,
        place: &str,
        name: &str,
        limit: usize,
    ) -> Option<&'a Vec<Value>> {
        let place = format!("{place}/{name}");
        let Some(items) = json.get(name).and_then(Value::as_array) else {
            self.fault(&place, "is no list");
            return None;
        };
        if items.len() > limit {
            self.fault(&place, &format!("has more than {limit} items"));
            return None;
        }
        Some(items)
    }

    fn fault(&mut self, place: &str, what: &str) {
        let place = if place.is_empty() { "the object" } else { place };
        self.faults.push(format!("{place} {what}"));
    }
}

/// White space folded, control characters left out.
fn cleaned(text: &str) -> String {
    let visible: String =
        text.chars().filter(|character| !character.is_control() || character.is_whitespace()).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}
