//! Amazon Bedrock's Converse.

use std::time::Duration;

use async_trait::async_trait;
use rushes_core::ports::{CloudService, WriterError};
use serde::Deserialize;
use serde_json::{Value, json};

use super::prompt::{Prompt, SCHEMA};
use super::{Model, failure};
use crate::http::Call;
use crate::signed::{SignedCalls, SignedError, path_encoded};

const SERVICE: CloudService = CloudService { endpoint_name: "bedrock-runtime", signing_name: "bedrock" };
const MAX_BYTES: usize = 2 << 20;
const DEADLINE: Duration = Duration::from_secs(240);
/// What every model may write.
const MAX_TOKENS: u32 = 8_000;
/// The tool that the model "calls" with the script: Bedrock's way to a schema.
const TOOL: &str = "script";

/// A model of Bedrock.
#[derive(Clone)]
pub struct BedrockModel {
    calls: SignedCalls,
    model: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Conversed {
    output: Output,
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Output {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Vec<Block>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    text: Option<String>,
    tool_use: Option<ToolUse>,
}

#[derive(Deserialize)]
struct ToolUse {
    input: Value,
}

impl BedrockModel {
    /// The model, or the inference profile, of that id.
    #[must_use]
    pub(crate) const fn new(calls: SignedCalls, model: String) -> Self {
        Self { calls, model }
    }

    async fn converse(&self, prompt: &Prompt, with_tool: bool) -> Result<Conversed, SignedError> {
        let turn =
            |(role, text): &(super::prompt::Role, String)| json!({"role": role.as_str(), "content": [{"text": text}]});
        let mut body = json!({
            "system": [{"text": prompt.system}],
            "messages": prompt.turns.iter().map(turn).collect::<Vec<_>>(),
            "inferenceConfig": {"maxTokens": prompt.max_tokens.min(MAX_TOKENS)},
        });
        if with_tool {
            let tool = json!({"name": TOOL, "description": "Hands in the script.", "inputSchema": {"json": *SCHEMA}});
            body["toolConfig"] = json!({"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": TOOL}}});
        }
        let path = format!("/model/{}/converse", path_encoded(&self.model));
        let limits = |call: Call| call.limits(MAX_BYTES, DEADLINE);
        let answer = self.calls.post_json(SERVICE, &path, &[], body.to_string().into_bytes(), limits).await?;
        Ok(answer.json()?)
    }
}

#[async_trait]
impl Model for BedrockModel {
    fn identity(&self) -> String {
        format!("bedrock {}", self.model)
    }

    async fn answer(&self, prompt: &Prompt) -> Result<String, WriterError> {
        let told = |error: SignedError| failure(error.is_transient(), error.status(), error.into());
        let conversed = match self.converse(prompt, true).await {
            // Not every model uses tools. The prompt tells the schema, too.
            Err(error) if error.status() == Some(400) => self.converse(prompt, false).await.map_err(told)?,
            other => other.map_err(told)?,
        };
        if matches!(conversed.stop_reason.as_deref(), Some("guardrail_intervened" | "content_filtered")) {
            return Err(WriterError::Refused);
        }
        let blocks = conversed.output.message.content;
        let script = blocks.iter().find_map(|block| block.tool_use.as_ref()).map(|used| used.input.to_string());
        let texts = || blocks.iter().filter_map(|block| block.text.as_deref()).collect();
        Ok(script.unwrap_or_else(texts))
    }
}
