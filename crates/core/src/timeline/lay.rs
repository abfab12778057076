//! From scenes to a timeline.

use std::time::Duration;

use super::{
    Backdrop, Heading, SceneSound, SoundFile, SoundPiece, Soundtrack, SpokenScene, SpokenSentence, SpokenVideo,
    TimedLowerThird, TimedSentence, TimedTransition, TimedWord, Timeline, TimelineScene,
};
use crate::narration::Speech;
use crate::spec::{LowerThird, Output, Quality, Transition, TransitionKind, Trim};
use crate::units::FrameRate;

/// Silence after the last sentence of a scene.
const SCENE_TAIL: Duration = Duration::from_millis(250);
/// Silence after a paragraph, on top of the pause that every sentence closes with.
const PARAGRAPH_PAUSE: Duration = Duration::from_millis(450);
/// How long the video's own title stays over its first scene.
const TITLE_DURATION: Duration = Duration::from_secs(4);

impl Timeline {
    /// Lays scenes one after another. A scene begins on a frame boundary and its
    /// sound begins with it, so picture and sound never drift apart.
    #[must_use]
    pub fn lay(output: Output, video: SpokenVideo) -> (Self, Soundtrack) {
        let output = drawn(output, video.quality);
        let mut layer = Layer { rate: output.frame_rate, next_frame: 0, pieces: Vec::new(), effects: Vec::new() };
        let mut scenes: Vec<TimelineScene> = video.scenes.into_iter().map(|scene| layer.scene(scene)).collect();
        if let (Some(text), Some(first)) = (video.title, scenes.first_mut())
            && first.title.is_none()
            && first.card.is_none()
        {
            let end_frame = output.frame_rate.frame_at(TITLE_DURATION).min(first.first_frame + first.frames);
            first.title = Some(Heading { text, end_frame });
        }
        let duration = output.frame_rate.time_of(layer.next_frame);
        let effects = layer.clipped_effects(duration);
        // What has no volume need not be there.
        let music = video.music.filter(|music| music.volume > 0.0);
        let soundtrack = Soundtrack { pieces: layer.pieces, music, effects, duration };
        let timeline = Self {
            output,
            quality: video.quality,
            language: video.language,
            scenes,
            overlays: video.overlays,
            progress_bar: video.progress_bar,
        };
        (timeline, soundtrack)
    }

    /// The same scenes in another shape, which must have the same frame rate.
    #[must_use]
    pub fn in_shape(&self, output: Output) -> Self {
        Self { output: drawn(output, self.quality), ..self.clone() }
    }
}

/// The size in which pictures of that quality are drawn.
fn drawn(output: Output, quality: Quality) -> Output {
    if quality == Quality::Draft { output.halved() } else { output }
}

struct Layer {
    rate: FrameRate,
    next_frame: u64,
    pieces: Vec<SoundPiece>,
    effects: Vec<SoundFile>,
}

impl Layer {
    fn scene(&mut self, scene: SpokenScene) -> TimelineScene {
        let first_frame = self.next_frame;
        let scene_start = self.rate.time_of(first_frame);
        let (mut end, mut pause) = (scene_start, Duration::ZERO);
        let mut sentences = Vec::with_capacity(scene.sentences.len());
        for SpokenSentence { speech, ends_paragraph } in scene.sentences {
            let start = end + pause;
            end = start + speech.duration();
            pause = if ends_paragraph { PARAGRAPH_PAUSE } else { Duration::ZERO };
            sentences.extend(self.sentence(&speech, start));
            self.pieces.push(SoundPiece { start, sample_rate_hz: speech.sample_rate_hz, samples: speech.samples });
        }
        let spoken = if sentences.is_empty() { Duration::ZERO } else { end + SCENE_TAIL - scene_start };
        let duration = spoken.max(scene.minimum_duration);
        let frames = (self.rate.frame_at(scene_start + duration) - first_frame).max(1);
        self.next_frame = first_frame + frames;
        self.sounds(scene_start, &scene.background, scene.clip_volume, scene.sounds);
        TimelineScene {
            first_frame,
            frames,
            background: scene.background,
            overlays: scene.overlays,
            title: scene.title.map(|text| Heading { text, end_frame: self.next_frame }),
            card: scene.card,
            lower_third: scene.lower_third.map(|third| self.lower_third(third, scene_start)),
            captions: scene.captions,
            transition: self.transition(scene.transition, first_frame, frames),
            sentences,
        }
    }

    /// The clip's own sound ends with the scene, an effect where it ends itself.
    fn sounds(&mut self, scene_start: Duration, background: &Backdrop, clip_volume: f64, sounds: Vec<SceneSound>) {
        if let Backdrop::Clip(clip) = background
            && clip_volume > 0.0
        {
            self.effects.push(SoundFile {
                path: clip.path.clone(),
                start: scene_start,
                end: self.rate.time_of(self.next_frame),
                trim: clip.trim,
                is_looped: clip.is_looped,
                volume: clip_volume,
            });
        }
        self.effects.extend(sounds.into_iter().filter(|sound| sound.volume > 0.0).map(|sound| SoundFile {
            path: sound.path,
            start: scene_start + sound.start,
            end: Duration::MAX,
            trim: Trim::default(),
            is_looped: false,
            volume: sound.volume,
        }));
    }

    /// The effects that begin before the video ends, none longer than the video.
    fn clipped_effects(&mut self, duration: Duration) -> Vec<SoundFile> {
        let mut effects = std::mem::take(&mut self.effects);
        effects.retain(|effect| effect.start < duration);
        for effect in &mut effects {
            effect.end = effect.end.min(duration);
        }
        effects
    }

    fn lower_third(&self, third: LowerThird, scene_start: Duration) -> TimedLowerThird {
        let at = |time: Duration| self.rate.frame_at(scene_start.saturating_add(time)).min(self.next_frame);
        TimedLowerThird {
            first_frame: at(third.start),
            end_frame: at(third.start.saturating_add(third.duration)),
            title: third.title,
            subtitle: third.subtitle,
            color: third.color,
        }
    }

    fn transition(&self, transition: Transition, first_frame: u64, frames: u64) -> Option<TimedTransition> {
        let wanted = self.rate.frame_at(transition.duration).min(frames);
        let is_seen = transition.kind != TransitionKind::Cut && first_frame > 0 && wanted > 0;
        is_seen.then_some(TimedTransition { kind: transition.kind, frames: wanted })
    }

    fn sentence(&self, speech: &Speech, start: Duration) -> Option<TimedSentence> {
        let words: Vec<TimedWord> = speech
            .words
            .iter()
            .map(|word| TimedWord {
                text: word.text.clone(),
                is_joined: word.is_joined,
                first_frame: self.rate.frame_at(start + word.start),
                end_frame: self.rate.frame_at(start + word.end),
            })
            .collect();
        let end_frame = self.rate.frame_at(start + speech.duration());
        (!words.is_empty()).then_some(TimedSentence { words, end_frame })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::narration::SpokenWord;
    use crate::units::Color;

    fn output(fps: u32) -> Output {
        Output { width: 1920, height: 1080, frame_rate: FrameRate::new(fps).unwrap() }
    }

    fn speech(samples: usize) -> Speech {
        let end = crate::narration::samples_duration(samples as u64, 22_050);
        let words = vec![SpokenWord { text: "word".to_owned(), is_joined: false, start: Duration::ZERO, end }];
        Speech { samples: vec![0; samples].into(), sample_rate_hz: 22_050, words }
    }

    fn scene(sentences: &[usize], minimum_ms: u64) -> SpokenScene {
        SpokenScene {
            minimum_duration: Duration::from_millis(minimum_ms),
            sentences: sentences.iter().map(|samples| speech(*samples).into()).collect(),
            ..SpokenScene::plain(Backdrop::Color(Color::rgb(0, 0, 0)))
        }
    }

    fn lay(fps: u32, title: Option<&str>, scenes: Vec<SpokenScene>) -> (Timeline, Soundtrack) {
        Timeline::lay(output(fps), SpokenVideo { title: title.map(str::to_owned), ..SpokenVideo::plain(scenes) })
    }

    #[test]
    fn a_scene_lasts_at_least_as_long_as_asked() {
        let (timeline, soundtrack) = lay(30, None, vec![scene(&[22_050], 5_000), scene(&[], 2_000)]);
        assert_eq!(timeline.scenes.iter().map(|scene| scene.frames).collect::<Vec<_>>(), [150, 60]);
        assert_eq!(soundtrack.duration, Duration::from_secs(7));
    }

    #[test]
    fn a_voice_rests_between_paragraphs_but_not_behind_the_last() {
        let mut scene = scene(&[22_050; 3], 0);
        scene.sentences[0].ends_paragraph = true;
        scene.sentences[2].ends_paragraph = true;
        let (timeline, soundtrack) = lay(30, None, vec![scene]);
        let starts: Vec<_> = soundtrack.pieces.iter().map(|piece| piece.start.as_millis()).collect();
        assert_eq!(starts, [0, 1_450, 2_450]);
        assert_eq!(soundtrack.duration, timeline.output.frame_rate.time_of(111), "3.45 s and the tail");
        let ends: Vec<_> = timeline.scenes[0].sentences.iter().map(|sentence| sentence.end_frame).collect();
        assert_eq!(ends, [30, 74, 104], "no caption stands while nobody speaks");
    }

    #[test]
    fn the_title_of_the_video_leaves_after_four_seconds() {
        let (timeline, _) = lay(30, Some("Sky"), vec![scene(&[], 9_000)]);
        assert_eq!(timeline.scenes[0].title, Some(Heading { text: "Sky".to_owned(), end_frame: 120 }));
    }

    #[test]
    fn a_draft_is_half_as_large_in_every_shape() {
        let video = SpokenVideo { quality: Quality::Draft, ..SpokenVideo::plain(vec![scene(&[], 1_000)]) };
        let (timeline, _) = Timeline::lay(output(30), video);
        let tall = timeline.in_shape(Output { width: 1080, height: 1920, ..output(30) });
        assert_eq!((timeline.output.width, timeline.output.height), (960, 540));
        assert_eq!((tall.output.width, tall.output.height), (540, 960));
        assert_eq!(tall.scenes, timeline.scenes);
    }

    proptest! {
        #[test]
        fn scenes_follow_each_other_and_hold_their_words(
            fps in 24u32..=60,
            scenes in proptest::collection::vec((proptest::collection::vec(1usize..60_000, 0..4), 1u64..3000), 1..8),
        ) {
            let scenes: Vec<_> = scenes.iter().map(|(sentences, minimum)| scene(sentences, *minimum)).collect();
            let (timeline, soundtrack) = lay(fps, None, scenes);
            let mut next = 0;
            for scene in &timeline.scenes {
                prop_assert_eq!(scene.first_frame, next);
                prop_assert!(scene.frames > 0);
                next += scene.frames;
                for word in scene.sentences.iter().flat_map(|sentence| &sentence.words) {
                    prop_assert!(scene.first_frame <= word.first_frame && word.end_frame <= next);
                }
            }
            prop_assert_eq!(timeline.frames(), next);
            for pair in soundtrack.pieces.windows(2) {
                let end = pair[0].start + crate::narration::samples_duration(pair[0].samples.count(), 22_050);
                prop_assert!(end <= pair[1].start);
            }
        }
    }
}
