//! From a timeline to segments: which picture is on screen for how many frames,
//! and where the stream is cut.

use rushes_core::spec::{CaptionMode, CaptionStyle, Output};
use rushes_core::timeline::{Backdrop, Timeline, TimelineScene};

use crate::text::{Page, PageText, Typesetter, paginate};

/// The longest segment, in seconds: players can start at each segment's beginning.
const MAX_SEGMENT_SECONDS: u64 = 10;
/// The shortest segment. An IDR picture must not follow another directly with the
/// same `idr_pic_id` (clause 7.4.3), so each segment has at least one more picture.
const MIN_SEGMENT_FRAMES: u64 = 2;

/// Everything that decides what a frame shows. Equal looks are equal pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// What lies behind the text.
    pub backdrop: Backdrop,
    /// The heading, if any.
    pub heading: Option<String>,
    /// The caption, if any.
    pub caption: Option<Caption>,
}

/// A caption page and which of its words stands out.
#[derive(Clone, Debug, PartialEq)]
pub struct Caption {
    /// What is written.
    pub text: PageText,
    /// Index of the word being spoken.
    pub spoken_word: Option<usize>,
    /// How it is written.
    pub style: CaptionStyle,
}

/// A look and for how many frames it stays; at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Shot {
    /// What is visible.
    pub look: Look,
    /// For how many frames.
    pub frames: u64,
}

/// A run of frames rendered on its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Shape and rate of the pictures.
    pub output: Output,
    /// In order; neighbours differ unless a long one was cut.
    pub shots: Vec<Shot>,
}

impl Segment {
    /// Frames of the segment.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.shots.iter().map(|shot| shot.frames).sum()
    }
}

/// Cuts a timeline into segments: at every scene, and inside a scene where it is long.
#[must_use]
pub fn plan(timeline: &Timeline, typesetter: &mut Typesetter) -> Vec<Segment> {
    let longest = MAX_SEGMENT_SECONDS * u64::from(timeline.output.frame_rate.get());
    let mut runs: Vec<Vec<Shot>> = Vec::new();
    for scene in &timeline.scenes {
        let shots = shots(scene, timeline, typesetter);
        runs.extend(cut(shots, longest));
    }
    join_short(runs).into_iter().map(|shots| Segment { output: timeline.output, shots }).collect()
}

/// The looks of a scene, one after another.
fn shots(scene: &TimelineScene, timeline: &Timeline, typesetter: &mut Typesetter) -> Vec<Shot> {
    let pages: Vec<Page> = match scene.captions.mode {
        CaptionMode::None => Vec::new(),
        CaptionMode::Highlight | CaptionMode::Pop | CaptionMode::Block => scene
            .sentences
            .iter()
            .flat_map(|sentence| paginate(sentence, &timeline.output, &scene.captions, typesetter))
            .collect(),
    };
    let end = scene.first_frame + scene.frames;
    let mut shots: Vec<Shot> = Vec::new();
    let boundaries = boundaries(scene, &pages);
    for (index, frame) in boundaries.iter().enumerate() {
        let frames = boundaries.get(index + 1).copied().unwrap_or(end) - frame;
        let look = look(scene, &pages, *frame);
        match shots.last_mut() {
            Some(shot) if shot.look == look => shot.frames += frames,
            _ => shots.push(Shot { look, frames }),
        }
    }
    shots
}

/// The frames at which the look may change, in order, the scene's first included.
fn boundaries(scene: &TimelineScene, pages: &[Page]) -> Vec<u64> {
    let mut frames = vec![scene.first_frame];
    frames.extend(scene.title.iter().map(|heading| heading.end_frame));
    for page in pages {
        frames.extend([page.first_frame, page.end_frame]);
        if scene.captions.mode == CaptionMode::Highlight {
            frames.extend(&page.word_frames);
        }
    }
    frames.retain(|frame| (scene.first_frame..scene.first_frame + scene.frames).contains(frame));
    frames.sort_unstable();
    frames.dedup();
    frames
}

fn look(scene: &TimelineScene, pages: &[Page], frame: u64) -> Look {
    let page = pages.iter().find(|page| (page.first_frame..page.end_frame).contains(&frame));
    let caption = page.map(|page| Caption {
        text: page.text.clone(),
        spoken_word: match scene.captions.mode {
            CaptionMode::Highlight => page.word_frames.iter().rposition(|first| *first <= frame),
            CaptionMode::Block | CaptionMode::Pop | CaptionMode::None => None,
        },
        style: scene.captions,
    });
    let heading = scene.title.iter().find(|heading| frame < heading.end_frame).map(|heading| heading.text.clone());
    Look { backdrop: scene.background.clone(), heading, caption }
}

/// Cuts shots into runs of at most `longest` frames, between shots where that leaves no tiny run.
fn cut(shots: Vec<Shot>, longest: u64) -> Vec<Vec<Shot>> {
    let mut runs: Vec<Vec<Shot>> = Vec::new();
    let mut run: Vec<Shot> = Vec::new();
    let mut length = 0;
    for mut shot in shots {
        if length + shot.frames > longest && length >= longest / 3 {
            runs.push(std::mem::take(&mut run));
            length = 0;
        }
        while length + shot.frames > longest {
            let taken = (longest - length).min(shot.frames - MIN_SEGMENT_FRAMES);
            run.push(Shot { look: shot.look.clone(), frames: taken });
            runs.push(std::mem::take(&mut run));
            shot.frames -= taken;
            length = 0;
        }
        length += shot.frames;
        run.push(shot);
    }
    runs.push(run);
    runs.retain(|run| !run.is_empty());
    runs
}

/// Joins runs of fewer than [`MIN_SEGMENT_FRAMES`] to the run before, or the first to the one after.
fn join_short(runs: Vec<Vec<Shot>>) -> Vec<Vec<Shot>> {
    let length = |run: &[Shot]| run.iter().map(|shot| shot.frames).sum::<u64>();
    let mut joined: Vec<Vec<Shot>> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(before) if length(&run) < MIN_SEGMENT_FRAMES || length(before) < MIN_SEGMENT_FRAMES => {
                before.extend(run);
            }
            _ => joined.push(run),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rushes_core::units::Color;

    use super::*;

    fn shot(frames: u64, shade: u8) -> Shot {
        let backdrop = Backdrop::Color(Color::rgb(shade, shade, shade));
        Shot { look: Look { backdrop, heading: None, caption: None }, frames }
    }

    proptest! {
        #[test]
        fn cutting_keeps_every_frame_and_leaves_no_segment_too_long_or_too_short(
            lengths in proptest::collection::vec(prop_oneof![1u64..40, 200u64..1500], 1..30),
        ) {
            let shots: Vec<Shot> = lengths.iter().enumerate().map(|(index, frames)| shot(*frames, index as u8)).collect();
            let frames_of = |shots: &[Shot]| -> Vec<Look> {
                shots.iter().flat_map(|shot| std::iter::repeat_n(shot.look.clone(), shot.frames as usize)).collect()
            };
            let runs = join_short(cut(shots.clone(), 300));
            prop_assert_eq!(frames_of(&runs.concat()), frames_of(&shots));
            let total: u64 = lengths.iter().sum();
            for run in &runs {
                let length: u64 = run.iter().map(|shot| shot.frames).sum();
                prop_assert!(run.iter().all(|shot| shot.frames > 0));
                prop_assert!(length <= 300 + MIN_SEGMENT_FRAMES && (length >= MIN_SEGMENT_FRAMES || total < MIN_SEGMENT_FRAMES));
            }
        }
    }
}
