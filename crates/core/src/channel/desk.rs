//! Looking at channels and changing them.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Channel, ChannelConfig, ChannelName, Revision};
use crate::media_faults::{LookLimits, MediaFaults};
use crate::ports::{ChannelStore, Condition, MediaLibrary, StoreError, Written};
use crate::spec::{CHANNEL, Draft, MediaOrigin, SpecError};

/// How often a change that others make at the same time is tried.
const ATTEMPTS: usize = 5;

/// Keeps channels.
#[derive(Clone)]
pub struct Channels {
    /// Where they are kept.
    pub store: Arc<dyn ChannelStore>,
    /// Looks at the media that they name.
    pub media: Arc<dyn MediaLibrary>,
}

/// A channel as its owner sees it.
#[derive(Debug, Serialize)]
pub struct ChannelView {
    /// Its name.
    pub name: ChannelName,
    /// What it says, as it was sent.
    pub config: Value,
    /// When it came to be so.
    pub updated_at: Timestamp,
    /// Names this state, for changes that must not undo others'.
    #[serde(skip)]
    pub revision: Revision,
}

/// All channels, by name.
#[derive(Debug, Serialize)]
pub struct ChannelList {
    /// Without what they say.
    pub channels: Vec<ChannelEntry>,
}

/// A channel in a list.
#[derive(Debug, Serialize)]
pub struct ChannelEntry {
    /// Its name.
    pub name: ChannelName,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Why a channel was not told or changed.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// Its configuration cannot be used.
    #[error("the channel is not valid: {0}")]
    Invalid(SpecError),
    /// There is no such channel.
    #[error("there is no channel of that name")]
    Missing,
    /// It is not in the state that the caller knew.
    #[error("the channel was changed meanwhile, or is not there: look at it again")]
    Changed,
    /// The table did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Channels {
    /// All channels, by name.
    ///
    /// # Errors
    /// [`ChannelError::Store`].
    pub async fn list(&self) -> Result<ChannelList, ChannelError> {
        let entry = |(name, updated_at)| ChannelEntry { name, updated_at };
        Ok(ChannelList { channels: self.store.list().await?.into_iter().map(entry).collect() })
    }

    /// One channel, or `None` when there is none of that name.
    ///
    /// # Errors
    /// [`ChannelError::Store`].
    pub async fn find(&self, name: &ChannelName) -> Result<Option<ChannelView>, ChannelError> {
        self.store.get(name).await?.map(view).transpose()
    }

    /// Checks a configuration and stores it; tells whether the channel is new.
    ///
    /// # Errors
    /// [`ChannelError`]; then nothing was changed.
    pub async fn set(
        &self,
        name: &ChannelName,
        json: &[u8],
        condition: &Condition,
    ) -> Result<(ChannelView, bool), ChannelError> {
        let config = ChannelConfig::from_json(json, MediaOrigin::Remote).map_err(ChannelError::Invalid)?;
        let spec = config.as_spec(MediaOrigin::Remote).map_err(ChannelError::Invalid)?;
        let faults = MediaFaults::find(self.media.as_ref(), [&spec], LookLimits::ONE_SPEC).await.violations(&spec);
        if !faults.is_empty() {
            return Err(ChannelError::Invalid(SpecError::Invalid(faults)));
        }
        let channel =
            Channel { name: name.clone(), config, revision: Revision::generate(), updated_at: Timestamp::now() };
        let is_new = match self.store.put(&channel, condition).await? {
            Written::Created => true,
            Written::Replaced => false,
            Written::Refused => return Err(ChannelError::Changed),
        };
        tracing::info!(channel = %name, is_new, "channel stored");
        Ok((view(channel)?, is_new))
    }

    /// Puts the fields of an object in place of those that a channel has, which may be new; `null` takes one away.
    ///
    /// # Errors
    /// [`ChannelError`]; then nothing was changed.
    pub async fn change(&self, name: &ChannelName, json: &[u8]) -> Result<ChannelView, ChannelError> {
        let changes = Draft::parse(json).map_err(ChannelError::Invalid)?;
        for _ in 0..ATTEMPTS {
            let current = self.store.get(name).await?;
            let condition =
                current.as_ref().map_or(Condition::Absent, |channel| Condition::Is(channel.revision.clone()));
            let json = changed(current, &changes).to_json();
            match self.set(name, &json, &condition).await {
                Err(ChannelError::Changed) => {}
                other => return other.map(|(view, _)| view),
            }
        }
        Err(ChannelError::Changed)
    }

    /// The spec that a request of the replaced system's interface asks for. One that names no channel
    /// takes from the default one, where that is set up. One that says nothing at all asks for a video about
    /// the default channel's topic, or for `otherwise` where it has none.
    ///
    /// # Errors
    /// [`ChannelError::Store`]. What is no spec is returned as it is: whoever reads it says why.
    pub async fn for_request(&self, json: Option<Bytes>, otherwise: Bytes) -> Result<Bytes, ChannelError> {
        let Some(channel) = self.store.get(&ChannelName::default_channel()).await? else {
            return Ok(json.unwrap_or(otherwise));
        };
        let says_itself = channel.config.draft.has_story();
        let json = json.unwrap_or_else(|| if says_itself { Bytes::from_static(b"{}") } else { otherwise });
        Ok(match Draft::parse(&json) {
            Ok(mut draft) if !draft.has(CHANNEL) => {
                draft.add_text(CHANNEL, channel.name.as_str());
                draft.to_json()
            }
            _ => json,
        })
    }

    /// The channel from which a batch takes in the replaced system's interface: the default one, where that is set up.
    ///
    /// # Errors
    /// [`ChannelError::Store`].
    pub async fn for_batch(&self) -> Result<Option<ChannelName>, ChannelError> {
        Ok(self.store.get(&ChannelName::default_channel()).await?.map(|channel| channel.name))
    }

    /// Removes a channel. Tasks that took from it stay as they are.
    ///
    /// # Errors
    /// [`ChannelError::Missing`] when there is none, [`ChannelError::Changed`] when the condition does not hold.
    pub async fn delete(&self, name: &ChannelName, condition: &Condition) -> Result<(), ChannelError> {
        if self.store.delete(name, condition).await? {
            tracing::info!(channel = %name, "channel removed");
            return Ok(());
        }
        match self.store.get(name).await? {
            None => Err(ChannelError::Missing),
            Some(_) => Err(ChannelError::Changed),
        }
    }
}

fn changed(current: Option<Channel>, changes: &Draft) -> Draft {
    let mut config = current.map(|channel| channel.config.draft).unwrap_or_default();
    config.replace(changes);
    config
}

fn view(channel: Channel) -> Result<ChannelView, ChannelError> {
    let config = serde_json::from_slice(channel.config.json());
    let config = config.map_err(|error| StoreError::Corrupt { reason: error.to_string() })?;
    Ok(ChannelView { name: channel.name, config, updated_at: channel.updated_at, revision: channel.revision })
}
