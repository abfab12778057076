//! Channels: named defaults for specs. A spec that names one gets from it what it does not say itself,
//! before it is read; what is stored with the task is the outcome, so a channel may change at any time.

mod desk;
mod fill;

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use desk::{ChannelError, ChannelList, ChannelView, Channels};
pub use fill::Filled;
pub(crate) use fill::{fill, fill_all};

use crate::json::utf8;
use crate::spec::{Draft, MediaOrigin, SpecError, VideoSpec, Violation};

/// The largest configuration, in bytes.
pub const MAX_CHANNEL_BYTES: usize = 64 << 10;
/// What a channel says in place of a topic while it is checked.
const ANY_TOPIC: &str = "anything";
/// Fields that belong to one video.
const OF_ONE_VIDEO: [&str; 4] = ["channel", "script", "scenes", "title"];

/// Name of a channel: lower-case letters, digits, hyphens and underscores.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChannelName(String);

/// The text is not the name of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a channel's name is 1 to {} lower-case letters, digits, hyphens and underscores, the first a letter or digit",
    ChannelName::MAX_LENGTH
)]
pub struct InvalidChannelName;

impl ChannelName {
    /// The longest name, in characters.
    pub const MAX_LENGTH: usize = 64;

    /// The channel of requests that name none, in the interface of the replaced system.
    #[must_use]
    pub fn default_channel() -> Self {
        Self("default".to_owned())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChannelName {
    type Err = InvalidChannelName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_name = (1..=Self::MAX_LENGTH).contains(&text.len())
            && text.bytes().next().is_some_and(plain)
            && text.bytes().all(|byte| plain(byte) || matches!(byte, b'-' | b'_'));
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidChannelName) }
    }
}

impl TryFrom<String> for ChannelName {
    type Error = InvalidChannelName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ChannelName> for String {
    fn from(name: ChannelName) -> Self {
        name.0
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a channel says: the fields of a spec, without those that belong to one video.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelConfig {
    draft: Draft,
    json: Bytes,
}

impl ChannelConfig {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// [`SpecError`] with every fault found and where it stands.
    pub fn from_json(json: &[u8], origin: MediaOrigin) -> Result<Self, SpecError> {
        let config = Self::unchecked(json)?;
        config.as_spec(origin).map(|_| config)
    }

    /// Reads a configuration that was checked before. What the rules for specs say now is asked of
    /// every spec that takes from it.
    ///
    /// # Errors
    /// [`SpecError`] when it is no JSON object.
    pub fn unchecked(json: &[u8]) -> Result<Self, SpecError> {
        if json.len() > MAX_CHANNEL_BYTES {
            return Err(SpecError::TooLarge { limit_bytes: MAX_CHANNEL_BYTES });
        }
        let draft = Draft::parse(json)?;
        let text = utf8(json).unwrap_or(Cow::Borrowed(json));
        Ok(Self { draft, json: Bytes::copy_from_slice(text.trim_ascii()) })
    }

    /// The configuration in JSON.
    #[must_use]
    pub const fn json(&self) -> &Bytes {
        &self.json
    }

    /// The spec in JSON with what this says and it does not.
    #[must_use]
    pub fn fill(&self, mut draft: Draft) -> Bytes {
        draft.fill(&self.draft);
        draft.to_json()
    }

    /// The same with each path of a file meant from `base`.
    #[must_use]
    pub fn with_paths_from(&self, base: &Path) -> Self {
        let mut draft = self.draft.clone();
        draft.map_paths(&|path| base.join(path).display().to_string());
        let json = draft.to_json();
        Self { draft, json }
    }

    /// A spec that says nothing else, to check what is said.
    pub(crate) fn as_spec(&self, origin: MediaOrigin) -> Result<VideoSpec, SpecError> {
        let foreign: Vec<Violation> = OF_ONE_VIDEO
            .into_iter()
            .filter(|name| self.draft.has(name))
            .map(|name| Violation::new(format!("/{name}"), format!("`{name}` belongs to a video, not to a channel")))
            .collect();
        if !foreign.is_empty() {
            return Err(SpecError::Invalid(foreign));
        }
        let mut draft = self.draft.clone();
        if !draft.has_story() {
            draft.add_text("topic", ANY_TOPIC);
        }
        draft.read(origin)
    }
}

/// Tells one state of a channel from another; a new one with each change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision(pub String);

impl Revision {
    /// One that there has not been.
    #[must_use]
    pub fn generate() -> Self {
        Self(ulid::Ulid::generate().to_string())
    }
}

/// A channel as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Its name.
    pub name: ChannelName,
    /// What it says.
    pub config: ChannelConfig,
    /// Names this state.
    pub revision: Revision,
    /// When it came to be so.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(config: &serde_json::Value) -> Vec<String> {
        match ChannelConfig::from_json(config.to_string().as_bytes(), MediaOrigin::Remote) {
            Err(error) => error.violations().into_iter().map(|fault| fault.pointer).collect(),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn names_are_plain_words() {
        let long = "a".repeat(64);
        for name in ["a", "news", "2-minutes_de", long.as_str()] {
            assert_eq!(name.parse::<ChannelName>().unwrap().as_str(), name);
        }
        for name in ["", "-a", "_a", "News", "a b", "a/b", "ä", "a.b", &format!("{long}a")] {
            assert_eq!(name.parse::<ChannelName>(), Err(InvalidChannelName), "{name:?}");
        }
    }

    #[test]
    fn a_configuration_is_checked_as_a_spec_is() {
        let good = json!({"language": "de", "duration_s": 30, "style": "Warm.", "voice": {"name": "de", "fallback": ["en-us"]},
            "captions": {"style": "block"}, "output": {"fps": 25}, "quality": "high"});
        assert_eq!(faults(&good), [""; 0]);
        assert_eq!(faults(&json!({"topic": "bees"})), [""; 0]);
        assert_eq!(faults(&json!({})), [""; 0]);
        let bad = json!({"voice": {"name": "klingon"}, "colour": 1, "music": {"url": "https://example.com/a.mp3", "volume": 9}});
        assert_eq!(faults(&bad), ["/voice/name", "/music/volume", "/colour"]);
        assert_eq!(faults(&json!([])), [""]);
    }

    #[test]
    fn what_belongs_to_one_video_is_refused() {
        let config = json!({"title": "a", "script": "b", "scenes": [], "channel": "c"});
        assert_eq!(faults(&config), ["/channel", "/script", "/scenes", "/title"]);
    }

    #[test]
    fn paths_are_meant_from_where_the_file_lies() {
        let json = br#"{"music": {"path": "m.mp3"}, "overlays": [{"path": "/logo.png"}]}"#;
        let config = ChannelConfig::from_json(json, MediaOrigin::RemoteOrLocal).unwrap();
        let moved: serde_json::Value =
            serde_json::from_slice(config.with_paths_from(Path::new("channels/a")).json()).unwrap();
        assert_eq!(moved, json!({"music": {"path": "channels/a/m.mp3"}, "overlays": [{"path": "/logo.png"}]}));
        assert!(ChannelConfig::from_json(json, MediaOrigin::Remote).is_err());
    }
}
