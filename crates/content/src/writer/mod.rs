//! Scripts written by language models.

mod answer;
mod bedrock;
pub(crate) mod openai;
mod prompt;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use rushes_core::memo::{Json, once};
use rushes_core::ports::{Brief, Memo, MemoKey, MemoKind, Writer, WriterError};
use rushes_core::script::Script;

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

    /// The hash of everything that a script depends on.
    fn key(&self, brief: &Brief) -> MemoKey {
        let (identity, prompt) = (self.model.identity(), Prompt::new(brief));
        MemoKey::of_fields(MemoKind::Script, prompt.fields().chain([identity.as_str()]))
    }
}

#[async_trait]
impl Writer for ModelWriter {
    async fn write(&self, brief: &Brief) -> Result<Script, WriterError> {
        let key = self.key(brief);
        let ask = async { Ok::<_, WriterError>(Json(self.ask(brief).await?).lasting(key.kind.time_to_live())) };
        let script = once(self.memo.as_ref(), key, ask).await?;
        tracing::debug!(%key, is_remembered = script.is_remembered, "a script");
        Ok(script.value.0)
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
