//! What soundtracks and phrases are remembered by.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushes_core::narration::Samples;
use rushes_core::ports::{MemoKey, MemoKind, RenderError};
use rushes_core::timeline::Soundtrack;

use super::aac::coder_settings;
use super::time::index;
use super::voice::SampleReader;

/// Raised when the same soundtrack is mixed or coded in another way.
const SOUND_VERSION: &str = "rushes-sound 4";
/// Samples hashed at once.
const SAMPLES_AT_ONCE: u64 = 1 << 16;

/// The hash of everything that a finished soundtrack depends on.
///
/// # Errors
/// [`RenderError`] when speech or a sound cannot be read.
pub async fn sound_key(soundtrack: Arc<Soundtrack>) -> Result<MemoKey, RenderError> {
    let hashing = tokio::task::spawn_blocking(move || hash(&soundtrack));
    hashing.await.map_err(|error| RenderError::Broken {
        reason: "hashing sound panicked".to_owned(),
        source: Some(error.into()),
    })?
}

fn hash(soundtrack: &Soundtrack) -> Result<MemoKey, RenderError> {
    let mut hasher = Hasher::default();
    hasher.field(SOUND_VERSION);
    hasher.field(&format!("{:?} {:?} {:?}", coder_settings(1), coder_settings(2), soundtrack.duration));
    hasher.pieces(soundtrack)?;
    if let Some(music) = &soundtrack.music {
        hasher.file(&music.path)?;
        hasher.field(&format!(
            "music {:?} {} {} {:?} {:?} {}",
            music.trim, music.is_looped, music.volume, music.fade_in, music.fade_out, music.ducking_db
        ));
    }
    for effect in &soundtrack.effects {
        hasher.file(&effect.path)?;
        hasher.field(&format!(
            "effect {:?} {:?} {:?} {} {}",
            effect.start, effect.end, effect.trim, effect.is_looped, effect.volume
        ));
    }
    Ok(hasher.key())
}

/// The hash of everything that the coded frames of a phrase depend on.
///
/// # Errors
/// [`RenderError`] when speech cannot be read.
pub fn phrase_key(phrase: &Soundtrack, gain: f32) -> Result<MemoKey, RenderError> {
    let mut hasher = Hasher::default();
    hasher.field(SOUND_VERSION);
    hasher.field(&format!("phrase {:?} {:?} {gain:?}", coder_settings(1), phrase.duration));
    hasher.pieces(phrase)?;
    Ok(hasher.key())
}

/// A hasher of fields whose borders count.
#[derive(Default)]
struct Hasher {
    hash: blake3::Hasher,
    files: HashMap<PathBuf, blake3::Hash>,
    reader: SampleReader,
}

impl Hasher {
    fn field(&mut self, text: &str) {
        self.hash.update(&(text.len() as u64).to_le_bytes());
        self.hash.update(text.as_bytes());
    }

    fn pieces(&mut self, soundtrack: &Soundtrack) -> Result<(), RenderError> {
        self.field(&format!("{} pieces", soundtrack.pieces.len()));
        for piece in &soundtrack.pieces {
            self.field(&format!("{:?} {} {}", piece.start, piece.sample_rate_hz, piece.samples.count()));
            self.samples(&piece.samples)?;
        }
        Ok(())
    }

    fn key(&self) -> MemoKey {
        MemoKey { kind: MemoKind::Sound, hash: *self.hash.finalize().as_bytes() }
    }

    /// Their number is hashed before.
    fn samples(&mut self, samples: &Samples) -> Result<(), RenderError> {
        match samples {
            Samples::Held(held) => {
                let bytes: Vec<u8> = held.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                self.hash.update(&bytes);
            }
            Samples::Spooled { path, first, count } => {
                let end = first + count;
                let mut at = *first;
                while at < end {
                    let run = SAMPLES_AT_ONCE.min(end - at);
                    self.hash.update(self.reader.bytes(path, at, index(run))?);
                    at += run;
                }
            }
        }
        Ok(())
    }

    /// What the file holds, whatever its name.
    fn file(&mut self, path: &Path) -> Result<(), RenderError> {
        let failed = |source| RenderError::Io { doing: "reading a sound", source };
        if !self.files.contains_key(path) {
            let mut content = blake3::Hasher::new();
            content.update_reader(File::open(path).map_err(failed)?).map_err(failed)?;
            self.files.insert(path.to_owned(), content.finalize());
        }
        if let Some(content) = self.files.get(path) {
            self.hash.update(content.as_bytes());
        }
        Ok(())
    }
}
