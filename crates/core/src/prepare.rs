//! Before anything is spoken or drawn: a topic becomes a script, wishes for footage become clips.

use std::path::Path;

use crate::footage::{self, Findings};
use crate::ports::{Progress, WriterError};
use crate::produce::{ProduceError, Studio};
use crate::script::ScriptReport;
use crate::spec::VideoSpec;
use crate::task::Stage;

/// A spec of which everything is known, and how it came to be.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// With scenes, and without wishes.
    pub spec: VideoSpec,
    /// What the writer says about the video.
    pub script: Option<ScriptReport>,
    /// Whom to thank, and what could not be found.
    pub findings: Findings,
}

impl Studio {
    /// Has a script written where the spec has a topic, and footage found where it wishes for some.
    ///
    /// # Errors
    /// [`ProduceError`] when there is no script. Footage that cannot be had is only a warning.
    pub async fn prepare(
        &self,
        spec: &VideoSpec,
        directory: &Path,
        progress: &dyn Progress,
    ) -> Result<Prepared, ProduceError> {
        progress.report(Stage::Planning, 0.0);
        let Some(topic) = &spec.topic else {
            let mut spec = spec.clone();
            let findings = footage::find(&self.footage, self.media.as_ref(), &mut spec, directory).await;
            return Ok(Prepared { spec, script: None, findings });
        };
        let writer = self.writer.as_ref().ok_or_else(|| {
            let reason = "no writer is set up (RUSHES_WRITER names one)".to_owned();
            WriterError::Failed { reason, source: None }
        })?;
        let script = writer.write(&topic.brief(spec.voice.rate_wpm)).await?;
        tracing::info!(scenes = script.scenes.len(), words = script.words(), "a script was written");
        let mut told = spec.told(topic, &script);
        let findings = footage::find(&self.footage, self.media.as_ref(), &mut told, directory).await;
        Ok(Prepared { script: Some(script.report(topic, &findings.credits)), spec: told, findings })
    }
}
