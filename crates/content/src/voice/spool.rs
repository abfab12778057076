//! A file of samples, so that an hour of speech takes no memory.

use std::path::Path;
use std::sync::Arc;

use rushes_core::narration::Samples;
use rushes_core::ports::VoiceError;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter};

/// Takes samples one speech after another.
pub struct Spool {
    path: Arc<Path>,
    file: BufWriter<File>,
    spooled: u64,
}

impl Spool {
    pub async fn create(path: &Path) -> Result<Self, VoiceError> {
        let file = BufWriter::new(File::create(path).await.map_err(not_stored)?);
        Ok(Self { path: path.into(), file, spooled: 0 })
    }

    /// Stores samples; returns where they lie.
    pub async fn put(&mut self, samples: &[i16]) -> Result<Samples, VoiceError> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        self.file.write_all(&bytes).await.map_err(not_stored)?;
        let (first, count) = (self.spooled, samples.len() as u64);
        self.spooled += count;
        Ok(Samples::Spooled { path: Arc::clone(&self.path), first, count })
    }

    pub async fn finish(mut self) -> Result<(), VoiceError> {
        self.file.flush().await.map_err(not_stored)
    }
}

fn not_stored(error: std::io::Error) -> VoiceError {
    VoiceError::Failed { reason: "the speech could not be stored".to_owned(), source: Some(error.into()) }
}
