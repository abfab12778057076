//! The spec with every duration known: what is visible at which frame, and what
//! sounds when.

use std::path::PathBuf;
use std::time::Duration;

use crate::narration::Speech;
use crate::spec::{CaptionStyle, Gradient, Output};
use crate::units::{Color, FrameRate};

/// Silence after the last sentence of a scene.
const SCENE_TAIL: Duration = Duration::from_millis(250);
/// How long the video's own title stays over its first scene.
const TITLE_DURATION: Duration = Duration::from_secs(4);

/// Everything that is visible, by frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// Shape and rate of the pictures.
    pub output: Output,
    /// How words are written.
    pub captions: CaptionStyle,
    /// In order, without gaps.
    pub scenes: Vec<TimelineScene>,
}

/// A run of frames with one background.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineScene {
    /// First frame, counted from the start of the video.
    pub first_frame: u64,
    /// How many frames; at least one.
    pub frames: u64,
    /// What lies behind the text.
    pub background: Backdrop,
    /// Heading, and the frame (of the video) at which it goes away.
    pub title: Option<Heading>,
    /// Sentences in the order spoken.
    pub sentences: Vec<TimedSentence>,
}

/// A heading and how long it stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The words.
    pub text: String,
    /// First frame of the video without it.
    pub end_frame: u64,
}

/// A background that can be drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Backdrop {
    /// One colour.
    Color(Color),
    /// A straight blend.
    Gradient(Gradient),
    /// A picture file that was fetched and checked.
    Still(PathBuf),
}

/// A sentence and when its words are spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedSentence {
    /// In the order spoken; never empty.
    pub words: Vec<TimedWord>,
    /// First frame after the sentence.
    pub end_frame: u64,
}

/// A word and the frames during which it is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedWord {
    /// As written.
    pub text: String,
    /// First frame of the word.
    pub first_frame: u64,
    /// First frame after it.
    pub end_frame: u64,
}

/// Everything that sounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Soundtrack {
    /// Pieces in order; they do not overlap.
    pub pieces: Vec<SoundPiece>,
    /// Length of the whole, which is the length of the pictures.
    pub duration: Duration,
}

/// A piece of one-channel sound and when it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundPiece {
    /// Moment of its first sample.
    pub start: Duration,
    /// Samples a second.
    pub sample_rate_hz: u32,
    /// 16-bit samples.
    pub samples: Vec<i16>,
}

/// A scene as it goes into the timeline: its backdrop is fetched, its sentences are spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenScene {
    /// What lies behind the text.
    pub background: Backdrop,
    /// Heading of the scene.
    pub title: Option<String>,
    /// The scene lasts at least this long.
    pub minimum_duration: Duration,
    /// Sentences in order.
    pub sentences: Vec<Speech>,
}

impl Timeline {
    /// Lays scenes one after another. A scene begins on a frame boundary and its
    /// sound begins with it, so picture and sound never drift apart.
    #[must_use]
    pub fn lay(
        output: Output,
        captions: CaptionStyle,
        title: Option<&str>,
        scenes: Vec<SpokenScene>,
    ) -> (Self, Soundtrack) {
        let mut layer = Layer { rate: output.frame_rate, next_frame: 0, pieces: Vec::new() };
        let mut laid: Vec<TimelineScene> = scenes.into_iter().map(|scene| layer.scene(scene)).collect();
        if let (Some(text), Some(first)) = (title, laid.first_mut())
            && first.title.is_none()
        {
            let end_frame = output.frame_rate.frame_at(TITLE_DURATION).min(first.first_frame + first.frames);
            first.title = Some(Heading { text: text.to_owned(), end_frame });
        }
        let duration = output.frame_rate.time_of(layer.next_frame);
        (Self { output, captions, scenes: laid }, Soundtrack { pieces: layer.pieces, duration })
    }

    /// Frames of the whole video.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.scenes.last().map_or(0, |scene| scene.first_frame + scene.frames)
    }
}

struct Layer {
    rate: FrameRate,
    next_frame: u64,
    pieces: Vec<SoundPiece>,
}

impl Layer {
    fn scene(&mut self, scene: SpokenScene) -> TimelineScene {
        let first_frame = self.next_frame;
        let scene_start = self.rate.time_of(first_frame);
        let mut clock = scene_start;
        let mut sentences = Vec::with_capacity(scene.sentences.len());
        for speech in scene.sentences {
            let end = clock + speech.duration();
            sentences.extend(self.sentence(&speech, clock));
            self.pieces.push(SoundPiece {
                start: clock,
                sample_rate_hz: speech.sample_rate_hz,
                samples: speech.samples,
            });
            clock = end;
        }
        let spoken = if sentences.is_empty() { Duration::ZERO } else { clock + SCENE_TAIL - scene_start };
        let duration = spoken.max(scene.minimum_duration);
        let frames = (self.rate.frame_at(scene_start + duration) - first_frame).max(1);
        self.next_frame = first_frame + frames;
        let title = scene.title.map(|text| Heading { text, end_frame: self.next_frame });
        TimelineScene { first_frame, frames, background: scene.background, title, sentences }
    }

    fn sentence(&self, speech: &Speech, start: Duration) -> Option<TimedSentence> {
        let words: Vec<TimedWord> = speech
            .words
            .iter()
            .map(|word| TimedWord {
                text: word.text.clone(),
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
    use crate::spec::{CaptionMode, CaptionPosition};

    fn output(fps: u32) -> Output {
        Output { width: 1920, height: 1080, frame_rate: FrameRate::new(fps).unwrap() }
    }

    fn captions() -> CaptionStyle {
        let white = Color::rgb(255, 255, 255);
        CaptionStyle {
            mode: CaptionMode::Highlight,
            position: CaptionPosition::Bottom,
            color: white,
            highlight_color: white,
            font_scale: 1.0,
        }
    }

    fn speech(samples: usize) -> Speech {
        let end = crate::narration::samples_duration(samples as u64, 22_050);
        let words = vec![SpokenWord { text: "word".to_owned(), start: Duration::ZERO, end }];
        Speech { samples: vec![0; samples], sample_rate_hz: 22_050, words }
    }

    fn scene(sentences: &[usize], minimum_ms: u64) -> SpokenScene {
        SpokenScene {
            background: Backdrop::Color(Color::rgb(0, 0, 0)),
            title: None,
            minimum_duration: Duration::from_millis(minimum_ms),
            sentences: sentences.iter().map(|samples| speech(*samples)).collect(),
        }
    }

    #[test]
    fn a_scene_lasts_at_least_as_long_as_asked() {
        let (timeline, soundtrack) =
            Timeline::lay(output(30), captions(), None, vec![scene(&[22_050], 5_000), scene(&[], 2_000)]);
        assert_eq!(timeline.scenes.iter().map(|scene| scene.frames).collect::<Vec<_>>(), [150, 60]);
        assert_eq!(soundtrack.duration, Duration::from_secs(7));
    }

    #[test]
    fn the_title_of_the_video_leaves_after_four_seconds() {
        let (timeline, _) = Timeline::lay(output(30), captions(), Some("Sky"), vec![scene(&[], 9_000)]);
        assert_eq!(timeline.scenes[0].title, Some(Heading { text: "Sky".to_owned(), end_frame: 120 }));
    }

    proptest! {
        #[test]
        fn scenes_follow_each_other_and_hold_their_words(
            fps in 24u32..=60,
            scenes in proptest::collection::vec((proptest::collection::vec(1usize..60_000, 0..4), 1u64..3000), 1..8),
        ) {
            let scenes: Vec<_> = scenes.iter().map(|(sentences, minimum)| scene(sentences, *minimum)).collect();
            let (timeline, soundtrack) = Timeline::lay(output(fps), captions(), None, scenes);
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
                let end = pair[0].start + crate::narration::samples_duration(pair[0].samples.len() as u64, 22_050);
                prop_assert!(end <= pair[1].start);
            }
        }
    }
}
