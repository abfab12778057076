//! What is not heard as the spec asks for it, as far as times alone tell.

use std::time::Duration;

use super::Timeline;
use crate::spec::{Music, VideoSpec};

impl Timeline {
    /// A sentence for each sound that begins after the end of the video and each fade of the music that is longer than
    /// the video: where the spec says so, and what is the matter.
    #[must_use]
    pub fn unheard(&self, spec: &VideoSpec) -> Vec<String> {
        let end = self.output.frame_rate.time_of(self.frames());
        let fades = spec.music.iter().flat_map(|music| long_fades(music, end));
        self.late_sounds(spec, end).chain(fades).collect()
    }

    fn late_sounds(&self, spec: &VideoSpec, end: Duration) -> impl Iterator<Item = String> {
        let scenes = self.scenes.iter().zip(&spec.scenes);
        scenes.flat_map(move |(timed, scene)| {
            let scene_start = self.output.frame_rate.time_of(timed.first_frame);
            let late = scene.sounds.iter().filter(move |sound| scene_start + sound.start >= end);
            late.map(move |sound| {
                let place = sound.media.pointer.rsplit_once('/').map_or("", |(place, _)| place);
                let start = (scene_start + sound.start).as_secs_f64();
                format!(
                    "{place}/at_s: the sound would begin at {start:.1} s, and the video ends at {:.1} s",
                    end.as_secs_f64()
                )
            })
        })
    }
}

/// The defaults are meant for videos of any length.
fn long_fades(music: &Music, end: Duration) -> impl Iterator<Item = String> {
    let fades =
        [("fade_in_s", music.fade_in, Music::DEFAULT_FADE_IN), ("fade_out_s", music.fade_out, Music::DEFAULT_FADE_OUT)];
    let long = fades.into_iter().filter(move |(_, fade, default)| *fade > end && fade != default);
    long.map(move |(name, fade, _)| {
        format!("/music/{name}: the fade takes {} s, and the video {:.1} s", fade.as_secs_f64(), end.as_secs_f64())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{MediaOrigin, Output};
    use crate::timeline::{Backdrop, SpokenScene, SpokenVideo};
    use crate::units::Color;

    #[test]
    fn a_sound_after_the_end_and_a_fade_longer_than_the_video_are_told() {
        let spec = r#"{"scenes": [{"duration_s": 2, "sounds": [{"url": "https://a.b/c.wav", "at_s": 4.5}, {"url": "https://a.b/c.wav", "at_s": 5}]},
            {"duration_s": 3, "sounds": [{"url": "https://a.b/c.wav", "at_s": 2.9}, {"url": "https://a.b/c.wav", "at_s": 9}]}],
            "music": {"url": "https://a.b/c.mp3", "fade_in_s": 6, "fade_out_s": 5}}"#;
        let spec = VideoSpec::from_json(spec.as_bytes(), MediaOrigin::Remote).unwrap();
        let scene = |seconds| SpokenScene {
            minimum_duration: Duration::from_secs(seconds),
            ..SpokenScene::plain(Backdrop::Color(Color::rgb(0, 0, 0)))
        };
        let (timeline, _) = Timeline::lay(Output::default(), SpokenVideo::plain(vec![scene(2), scene(3)]));
        let told = [
            "/scenes/0/sounds/1/at_s: the sound would begin at 5.0 s, and the video ends at 5.0 s",
            "/scenes/1/sounds/1/at_s: the sound would begin at 11.0 s, and the video ends at 5.0 s",
            "/music/fade_in_s: the fade takes 6 s, and the video 5.0 s",
        ];
        assert_eq!(timeline.unheard(&spec), told);
    }
}
