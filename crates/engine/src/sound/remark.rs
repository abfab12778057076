//! What is to be said about the files of a soundtrack: what of them is not heard, and why.

use std::time::Duration;

use rushes_core::ports::RenderWarning;
use rushes_core::timeline::{MusicTrack, SoundFile, Soundtrack};

use super::decode::Condition;
use super::gather::Files;
use super::time::{RATE_HZ, sample_at};

/// A sentence about a file of a soundtrack, by the file's number: the same soundtrack of files with other names
/// deserves the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// 0 is the music; effects follow in order.
    pub file: u32,
    /// A sentence for people, without a full stop.
    pub words: String,
}

/// What is to be said about decoded files.
pub fn remarks(soundtrack: &Soundtrack, files: &Files) -> Vec<Remark> {
    let music = soundtrack.music.iter().flat_map(|music| of_music(music, soundtrack.duration, files));
    let music = music.map(|words| Remark { file: 0, words });
    let effects = (1..).zip(&soundtrack.effects);
    let effects = effects.filter_map(|(file, effect)| Some(Remark { file, words: of_effect(effect, files)? }));
    music.chain(effects).collect()
}

/// The same with the names that the files have here, each said once.
pub fn warnings(soundtrack: &Soundtrack, remarks: Vec<Remark>) -> Vec<RenderWarning> {
    let mut warnings: Vec<RenderWarning> = Vec::new();
    for Remark { file, words } in remarks {
        let path = match file.checked_sub(1) {
            None => soundtrack.music.as_ref().map(|music| &music.path),
            Some(effect) => soundtrack.effects.get(effect as usize).map(|effect| &effect.path),
        };
        let warning = RenderWarning { path: path.cloned(), words };
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    warnings
}

fn of_music(music: &MusicTrack, video: Duration, files: &Files) -> Vec<String> {
    let Some((condition, frames)) = files.condition(&music.path, music.trim) else { return Vec::new() };
    let mut words: Vec<String> = of_condition(condition, frames, music.trim.start).into_iter().collect();
    if !music.is_looped && (1..sample_at(video, RATE_HZ)).contains(&frames) {
        let fades = [("fade_in_s", music.fade_in), ("fade_out_s", music.fade_out)];
        let long = fades.into_iter().filter(|(_, fade)| sample_at(*fade, RATE_HZ) > frames);
        words.extend(long.map(|(name, fade)| {
            format!("`{name}` is {} s, and the music lasts {:.1} s", fade.as_secs_f64(), seconds(frames))
        }));
    }
    words
}

fn of_effect(effect: &SoundFile, files: &Files) -> Option<String> {
    let (condition, frames) = files.condition(&effect.path, effect.trim)?;
    of_condition(condition, frames, effect.trim.start)
}

fn of_condition(condition: Condition, frames: u64, start: Duration) -> Option<String> {
    match condition {
        Condition::Whole => None,
        Condition::Soundless => Some("it has no sound, and its volume is without effect".to_owned()),
        Condition::Empty if start.is_zero() => Some("it holds nothing that could be heard".to_owned()),
        Condition::Empty => Some(format!("nothing of it is heard: its sound ends before {} s", start.as_secs_f64())),
        Condition::Incomplete => {
            Some(format!("the file is cut off or damaged; what can be read of it is heard, {:.1} s", seconds(frames)))
        }
    }
}

fn seconds(frames: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let seconds = frames as f64 / f64::from(RATE_HZ);
    seconds
}
