//! Filling specs from channels.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value;

use super::{Channel, ChannelName};
use crate::json::utf8_bytes;
use crate::ports::ChannelStore;
use crate::spec::{Draft, SpecError, Violation};
use crate::submit::SubmitError;

/// A spec as it is to be made, and how it came to be.
#[derive(Clone, Debug)]
pub struct Filled {
    /// What is read, and stored with the task.
    pub json: Bytes,
    origin: Option<Origin>,
}

/// Of a spec that was filled.
#[derive(Clone, Debug)]
struct Origin {
    sent: Bytes,
    channel: ChannelName,
    config: Bytes,
}

impl Filled {
    /// A spec that takes from no channel.
    pub(crate) const fn as_sent(json: Bytes) -> Self {
        Self { json, origin: None }
    }

    /// What `channel` makes of a spec.
    fn from(draft: Draft, sent: Bytes, channel: &Channel) -> Self {
        let origin = Origin { sent, channel: channel.name.clone(), config: channel.config.json.clone() };
        Self { json: channel.config.fill(draft), origin: Some(origin) }
    }

    /// Whether some of it may come from a channel.
    pub(crate) const fn is_from_channel(&self) -> bool {
        self.origin.is_some()
    }

    /// Faults, with a word on those that lie in the channel and not in what was sent.
    pub(crate) fn explained(&self, violations: Vec<Violation>) -> Vec<Violation> {
        let Some(origin) = &self.origin else { return violations };
        let read = |json: &Bytes| serde_json::from_slice::<Value>(json).unwrap_or_default();
        let (sent, config) = (read(&origin.sent), read(&origin.config));
        let explain = |mut fault: Violation| {
            if sent.pointer(&fault.pointer).is_none() && config.pointer(&fault.pointer).is_some() {
                fault.message.push_str(&format!(" (so says the channel `{}`)", origin.channel));
            }
            fault
        };
        violations.into_iter().map(explain).collect()
    }

    /// [`Self::explained`] for what a reader found.
    pub(crate) fn explain(&self, error: SpecError) -> SpecError {
        match error {
            SpecError::Invalid(violations) => SpecError::Invalid(self.explained(violations)),
            other => other,
        }
    }
}

/// The spec with what its channel says.
pub(crate) async fn fill(store: &dyn ChannelStore, json: Bytes) -> Result<Filled, SubmitError> {
    fill_with(store, json, &mut HashMap::new()).await
}

/// [`fill`] for many specs: each channel is looked up once.
pub(crate) async fn fill_all(
    store: &dyn ChannelStore,
    specs: impl Iterator<Item = Bytes> + Send,
) -> Vec<Result<Filled, SubmitError>> {
    let (mut known, mut filled) = (HashMap::new(), Vec::new());
    for json in specs {
        filled.push(fill_with(store, json, &mut known).await);
    }
    filled
}

async fn fill_with(
    store: &dyn ChannelStore,
    json: Bytes,
    known: &mut HashMap<ChannelName, Option<Channel>>,
) -> Result<Filled, SubmitError> {
    // What is stored, and what faults are explained by, is the text alone.
    let json = utf8_bytes(&json).map_err(|error| SpecError::Syntax(Violation::new("", error.to_string())))?;
    let mut draft = Draft::parse(&json)?;
    let Some(name) = draft.take_channel()? else { return Ok(Filled::as_sent(json)) };
    let fault = |message: String| SpecError::Invalid(vec![Violation::new("/channel", message)]);
    let name: ChannelName = name.parse().map_err(|error: super::InvalidChannelName| fault(error.to_string()))?;
    if !known.contains_key(&name) {
        known.insert(name.clone(), store.get(&name).await?);
    }
    match known.get(&name) {
        Some(Some(channel)) => Ok(Filled::from(draft, json, channel)),
        _ => Err(fault(format!("there is no channel `{name}`")).into()),
    }
}
