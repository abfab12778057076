//! From a spec to scenes that can be laid: names of media become files, sentences become speech.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::spec::{Background, Gradient, Media, MediaSource, Overlay, Scene, VideoSpec};
use crate::timeline::{
    Backdrop, Clip, MusicTrack, PlacedPicture, SceneSound, SpokenScene, SpokenSentence, SpokenVideo, Still,
};

/// Where every piece of media of a spec lies on this machine.
#[derive(Debug)]
pub struct Shelf(pub HashMap<MediaSource, PathBuf>);

impl Shelf {
    /// The spec with its media and its speech, a list of sentences a scene.
    #[must_use]
    pub fn dress(&self, spec: &VideoSpec, sentences: Vec<Vec<SpokenSentence>>) -> SpokenVideo {
        SpokenVideo {
            title: spec.title.clone(),
            quality: spec.quality,
            language: spec.language(),
            scenes: spec.scenes.iter().zip(sentences).map(|(scene, sentences)| self.scene(scene, sentences)).collect(),
            overlays: self.overlays(&spec.overlays),
            progress_bar: spec.progress_bar,
            music: spec.music.as_ref().map(|music| MusicTrack {
                path: self.path(&music.media),
                trim: music.trim,
                is_looped: music.is_looped,
                volume: music.volume,
                fade_in: music.fade_in,
                fade_out: music.fade_out,
                ducking_db: music.ducking_db,
            }),
        }
    }

    fn scene(&self, scene: &Scene, sentences: Vec<SpokenSentence>) -> SpokenScene {
        let sounds = scene.sounds.iter().map(|sound| SceneSound {
            path: self.path(&sound.media),
            start: sound.start,
            volume: sound.volume,
        });
        SpokenScene {
            background: self.backdrop(&scene.background),
            clip_volume: match &scene.background {
                Background::Video(video) => video.volume,
                Background::Color(_) | Background::Gradient(_) | Background::Image(_) | Background::Footage(_) => 0.0,
            },
            overlays: self.overlays(&scene.overlays),
            title: scene.title.clone(),
            card: scene.card.clone(),
            lower_third: scene.lower_third.clone(),
            captions: scene.captions,
            transition: scene.transition,
            sounds: sounds.collect(),
            minimum_duration: scene.minimum_duration,
            sentences,
        }
    }

    fn backdrop(&self, background: &Background) -> Backdrop {
        match background {
            Background::Color(color) => Backdrop::Color(*color),
            Background::Gradient(gradient) => Backdrop::Gradient(*gradient),
            // What was not found is not shown.
            Background::Footage(_) => Backdrop::Gradient(Gradient::default()),
            Background::Image(image) => {
                Backdrop::Still(Still { path: self.path(&image.media), fit: image.fit, camera: image.camera })
            }
            Background::Video(video) => Backdrop::Clip(Clip {
                path: self.path(&video.media),
                fit: video.fit,
                trim: video.trim,
                is_looped: video.is_looped,
            }),
        }
    }

    fn overlays(&self, overlays: &[Overlay]) -> Vec<PlacedPicture> {
        let placed = |overlay: &Overlay| PlacedPicture {
            path: self.path(&overlay.media),
            position: overlay.position,
            width: overlay.width,
            margin: overlay.margin,
            opacity: overlay.opacity,
        };
        overlays.iter().map(placed).collect()
    }

    /// A name that is not on the shelf leads to a file that is not there: the renderer then says so.
    fn path(&self, media: &Media) -> PathBuf {
        self.0.get(&media.source).cloned().unwrap_or_default()
    }
}
