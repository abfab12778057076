//! Scripts written by language models.

mod answer;
mod bedrock;
pub(crate) mod openai;
mod prompt;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use rushes_core::ports::{Brief, Memo, MemoKey, MemoKind, Writer, WriterError};
use rushes_core::script::Script;
use rushes_core::seal::{open, seal};

pub use bedrock::BedrockModel;
pub use openai::OpenAiModel;
pub use prompt::{Prompt, Role};

use answer::Verdict;

/// A language model.
#[async_trait]
pub trait Model: Send + Sync {
    /// Everything that its answers depend on besides the prompt.
    fn identity(&self) -> String;

    /// What it answers: JSON, if all is well.
    async fn answer(&self, prompt: &Prompt) -> Result<String, WriterError>;
}

/// Has a model write scripts, checks them, and remembers them.
#[derive(Clone)]
pub struct ModelWriter {
    model: Arc<dyn Model>,
    memo: Arc<dyn Memo>,
}

impl ModelWriter {
    /// Scripts by `model`, remembered in `memo`.
    #[must_use]
    pub fn new(model: Arc<dyn Model>, memo: Arc<dyn Memo>) -> Self {
        Self { model, memo }
    }

    /// Asks, and asks once more when what comes is no script or of quite another length.
    async fn ask(&self, brief: &Brief) -> Result<Script, WriterError> {
        let prompt = Prompt::new(brief);
        let answer = self.model.answer(&prompt).await?;
        let (faults, first) = match answer::read(&answer, brief.words) {
            Verdict::Good(script) => return Ok(script),
            Verdict::OtherLength { script, fault } => (vec![fault], Some(script)),
            Verdict::NoScript(faults) => (faults, None),
        };
        tracing::info!(faults = faults.len(), "the script is to be repaired");
        let repaired = self.model.answer(&prompt.repair(&answer, &faults)).await;
        match (repaired.map(|answer| answer::read(&answer, brief.words)), first) {
            (Ok(Verdict::Good(script) | Verdict::OtherLength { script, .. }), _) => Ok(script),
            // A script of another length is better than none.
            (_, Some(script)) => Ok(script),
            (Ok(Verdict::NoScript(faults)), None) => Err(WriterError::Invalid { reason: faults.join("; ") }),
            (Err(error), None) => Err(error),
        }
    }

    async fn recall(&self, key: MemoKey) -> Option<Script> {
        match self.memo.get(key).await {
            Ok(value) => serde_json::from_slice(open(value.as_deref()?)?).ok(),
            Err(error) => {
                tracing::warn!(%key, %error, "a remembered script cannot be read");
                None
            }
        }
    }

    /// A memo that fails only costs another call.
    async fn remember(&self, key: MemoKey, script: &Script) {
        let stored = async {
            self.memo.put(key, seal(&[&serde_json::to_vec(script)?])).await?;
            Ok::<_, rushes_core::ports::Source>(())
        };
        if let Err(error) = stored.await {
            tracing::warn!(%key, %error, "a script could not be remembered");
        }
    }

    /// The hash of everything that a script depends on.
    fn key(&self, brief: &Brief) -> MemoKey {
        let mut hasher = blake3::Hasher::new();
        let (identity, prompt) = (self.model.identity(), Prompt::new(brief));
        for field in prompt.fields().chain([identity.as_str()]) {
            hasher.update(&(field.len() as u64).to_le_bytes()).update(field.as_bytes());
        }
        MemoKey { kind: MemoKind::Script, hash: *hasher.finalize().as_bytes() }
    }
}

#[async_trait]
impl Writer for ModelWriter {
    async fn write(&self, brief: &Brief) -> Result<Script, WriterError> {
        let key = self.key(brief);
        if let Some(script) = self.recall(key).await {
            tracing::debug!(%key, "the script is remembered");
            return Ok(script);
        }
        let script = self.ask(brief).await?;
        self.remember(key, &script).await;
        Ok(script)
    }
}

/// What a failed call to a model means. Nothing in here comes from the other side's own words.
fn failure(is_transient: bool, status: Option<u16>, error: rushes_core::ports::Source) -> WriterError {
    let hint = match status {
        Some(401 | 403) => "; is the key right, and may it use this model?",
        Some(404) => "; are the address and the model's name right?",
        _ => "",
    };
    let (reason, source) = (format!("{error}{hint}"), Some(error));
    if is_transient { WriterError::Unavailable { reason, source } } else { WriterError::Failed { reason, source } }
}
