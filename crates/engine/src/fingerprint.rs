//! The hash of everything that a segment's bytes depend on.

use std::collections::HashMap;
use std::path::PathBuf;

use rushes_core::ports::{MemoKey, MemoKind, RenderError};
use rushes_core::timeline::Backdrop;

use crate::encode::encoder_settings;
use crate::plan::{Look, Segment};
use crate::text::fonts_fingerprint;

/// Raised when the engine draws or codes the same look in another way.
const ENGINE_VERSION: &str = "rushes-engine 1";

/// Hashes of the still pictures of a timeline, by file.
pub type StillHashes = HashMap<PathBuf, blake3::Hash>;

/// Hashes the files that looks refer to, so that keys speak of contents and not of names.
///
/// # Errors
/// [`RenderError::Io`] when a file cannot be read.
pub fn hash_stills<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Result<StillHashes, RenderError> {
    let mut hashes = StillHashes::new();
    for path in paths {
        if !hashes.contains_key(path) {
            let bytes = std::fs::read(path).map_err(|source| RenderError::Io { doing: "reading a picture", source })?;
            hashes.insert(path.clone(), blake3::hash(&bytes));
        }
    }
    Ok(hashes)
}

/// The key under which a rendered segment is remembered.
pub fn segment_key(segment: &Segment, stills: &StillHashes) -> MemoKey {
    let mut text = Text(blake3::Hasher::new());
    text.field(ENGINE_VERSION);
    text.field(fonts_fingerprint());
    text.field(&encoder_settings(&segment.output).join(" "));
    text.field(&format!("{:?}", segment.output));
    for shot in &segment.shots {
        text.field(&shot.frames.to_string());
        text.look(&shot.look, stills);
    }
    MemoKey { kind: MemoKind::Segment, hash: *text.0.finalize().as_bytes() }
}

/// A hasher of fields whose borders count.
struct Text(blake3::Hasher);

impl Text {
    fn field(&mut self, text: &str) {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn look(&mut self, look: &Look, stills: &StillHashes) {
        match &look.backdrop {
            Backdrop::Still(still) => {
                let hash = stills.get(&still.path).map(|hash| hash.to_hex().to_string());
                self.field(&format!("still {hash:?}"));
            }
            computed @ (Backdrop::Color(_) | Backdrop::Gradient(_) | Backdrop::Clip(_)) => {
                self.field(&format!("{computed:?}"));
            }
        }
        self.field(&format!("{:?} {:?}", look.heading, look.caption));
    }
}
