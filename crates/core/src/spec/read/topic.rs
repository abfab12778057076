//! A topic and the fields that go with it.

use std::time::Duration;

use super::super::{
    Affiliate, Language, MARKETPLACES, MAX_STYLE_CHARACTERS, MAX_TOPIC_CHARACTERS, SceneLook, TOPIC_DURATIONS_S, Topic,
};
use super::node::{Checker, Fields, Node};
use super::values::clean;

/// The fields that belong to a topic.
pub const FIELDS: [&str; 3] = ["duration_s", "style", "affiliate"];
const DEFAULT_DURATION: Duration = Duration::from_secs(60);
const MAX_TAG_CHARACTERS: usize = 40;

/// The topic in `node`, in that language; what goes with it is taken from `fields`.
pub fn topic(node: Node, fields: &mut Fields, language: Language, look: SceneLook, checker: &mut Checker) -> Topic {
    let pointer = node.pointer.clone();
    let faults = checker.violations.len();
    let text = bounded(node, MAX_TOPIC_CHARACTERS, "a topic", checker).unwrap_or_default();
    if text.is_empty() && checker.violations.len() == faults {
        checker.fault(&pointer, "the topic is empty");
    }
    let limits = f64::from(*TOPIC_DURATIONS_S.start())..=f64::from(*TOPIC_DURATIONS_S.end());
    Topic {
        text,
        duration: fields.seconds("duration_s", limits, checker).unwrap_or(DEFAULT_DURATION),
        language,
        style: fields
            .take("style")
            .and_then(|node| bounded(node, MAX_STYLE_CHARACTERS, "a style guide", checker))
            .filter(|style| !style.is_empty()),
        affiliate: fields.take("affiliate").and_then(|node| affiliate(node, checker)),
        look,
    }
}

fn bounded(node: Node, limit: usize, of: &str, checker: &mut Checker) -> Option<String> {
    let pointer = node.pointer.clone();
    let text = node.text(checker)?;
    if text.chars().count() > limit {
        checker.fault(&pointer, format!("{of} has at most {limit} characters"));
    }
    Some(clean(&text, &pointer, checker))
}

fn affiliate(node: Node, checker: &mut Checker) -> Option<Affiliate> {
    let mut fields = node.object(checker)?;
    let faults = checker.violations.len();
    let tag = fields.take("tag").and_then(|node| tag(node, checker));
    if tag.is_none() && checker.violations.len() == faults {
        checker.fault(&fields.pointer_to("tag"), "affiliate links need a `tag`");
    }
    let shops = MARKETPLACES.map(|name| (name, name));
    let marketplace = fields.choice("marketplace", &shops, checker).unwrap_or(MARKETPLACES[0]);
    fields.close(checker);
    Some(Affiliate { tag: tag?, marketplace })
}

fn tag(node: Node, checker: &mut Checker) -> Option<String> {
    let pointer = node.pointer.clone();
    let tag = node.text(checker)?;
    let is_tag = (1..=MAX_TAG_CHARACTERS).contains(&tag.len())
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !is_tag {
        checker.fault(&pointer, format!("a tag has 1 to {MAX_TAG_CHARACTERS} letters, digits and hyphens"));
        return None;
    }
    Some(tag)
}
