//! The hash of everything that a segment's bytes depend on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rushes_core::ports::{MemoKey, MemoKind, RenderError};
use rushes_core::timeline::{Backdrop, PlacedPicture, Timeline};

use crate::encode::encoder_settings;
use crate::look::{Dressing, Ground, Look, Moment, Scenery};
use crate::plan::{Plan, Segment};
use crate::text::fonts_fingerprint;

/// Raised when the engine draws or codes the same look in another way.
const ENGINE_VERSION: &str = "rushes-engine 11";

/// Hashes of the media files of a timeline, by path.
pub type FileHashes = HashMap<PathBuf, blake3::Hash>;

/// Hashes the files that looks refer to, so that keys speak of contents and not of names.
///
/// # Errors
/// [`RenderError::Io`] when a file cannot be read.
pub fn hash_files(timeline: &Timeline) -> Result<FileHashes, RenderError> {
    let failed = |source| RenderError::Io { doing: "reading media", source };
    let mut hashes = FileHashes::new();
    for path in files(timeline) {
        if !hashes.contains_key(path) {
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(std::fs::File::open(path).map_err(failed)?).map_err(failed)?;
            hashes.insert(path.to_owned(), hasher.finalize());
        }
    }
    Ok(hashes)
}

fn files(timeline: &Timeline) -> impl Iterator<Item = &Path> {
    let of_scenes = timeline.scenes.iter().flat_map(|scene| {
        let backdrop = match &scene.background {
            Backdrop::Still(still) => Some(still.path.as_path()),
            Backdrop::Clip(clip) => Some(clip.path.as_path()),
            Backdrop::Color(_) | Backdrop::Gradient(_) => None,
        };
        backdrop.into_iter().chain(scene.overlays.iter().map(|overlay| overlay.path.as_path()))
    });
    of_scenes.chain(timeline.overlays.iter().map(|overlay| overlay.path.as_path()))
}

/// The key under which a rendered segment is remembered.
pub fn segment_key(segment: &Segment, hashes: &FileHashes) -> MemoKey {
    let mut text = Text { hasher: blake3::Hasher::new(), hashes };
    text.field(ENGINE_VERSION);
    text.field(fonts_fingerprint());
    text.field(&encoder_settings(segment).join(" "));
    text.field(&format!("{:?}", segment.output));
    for shot in &segment.shots {
        text.field(&shot.frames.to_string());
        text.look(&shot.look);
    }
    MemoKey { kind: MemoKind::Segment, hash: *text.hasher.finalize().as_bytes() }
}

/// The key under which a whole video is remembered, from those of all its segments and of its sound.
pub fn video_key(segments: &[MemoKey], sound: &MemoKey) -> MemoKey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(ENGINE_VERSION.as_bytes()).update(&sound.hash);
    for segment in segments {
        hasher.update(&segment.hash);
    }
    MemoKey { kind: MemoKind::Video, hash: *hasher.finalize().as_bytes() }
}

/// The keys of all segments of a video, in order.
pub fn segment_keys(plan: &Plan, hashes: &FileHashes) -> Vec<MemoKey> {
    plan.segments.iter().map(|frames| segment_key(&plan.segment(frames.clone()), hashes)).collect()
}

/// A hasher of fields whose borders count.
struct Text<'a> {
    hasher: blake3::Hasher,
    hashes: &'a FileHashes,
}

impl Text<'_> {
    fn field(&mut self, text: &str) {
        self.hasher.update(&(text.len() as u64).to_le_bytes());
        self.hasher.update(text.as_bytes());
    }

    fn file(&mut self, path: &Path) {
        let hash = self.hashes.get(path).map(|hash| hash.to_hex().to_string());
        self.field(&format!("{hash:?}"));
    }

    fn look(&mut self, look: &Look) {
        match &look.ground {
            Ground::Scene(scenery) => self.scenery(scenery),
            Ground::Transition(passage) => {
                self.field(&format!("{:?} {:?}", passage.kind, passage.share));
                self.scenery(&passage.from);
                self.scenery(&passage.to);
            }
        }
        self.overlays(&look.overlays);
        self.field(&format!("{:?} {:?}", look.caption, look.progress));
    }

    fn scenery(&mut self, scenery: &Scenery) {
        match &scenery.backdrop {
            Moment::Still(still, share) => {
                self.file(&still.path);
                self.field(&format!("{:?} {:?} {share:?}", still.fit, still.camera));
            }
            Moment::Clip(clip, frame) => {
                self.file(&clip.path);
                self.field(&format!("{:?} {:?} {} {frame}", clip.fit, clip.trim, clip.is_looped));
            }
            computed @ (Moment::Color(_) | Moment::Gradient(_)) => self.field(&format!("{computed:?}")),
        }
        let Dressing { overlays, texts } = &scenery.dressing;
        self.overlays(overlays);
        self.field(&format!("{texts:?}"));
    }

    fn overlays(&mut self, overlays: &[PlacedPicture]) {
        self.field(&overlays.len().to_string());
        for PlacedPicture { path, position, width, margin, opacity } in overlays {
            self.file(path);
            self.field(&format!("{position:?} {width:?} {margin:?} {opacity:?}"));
        }
    }
}
