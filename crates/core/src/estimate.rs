//! How long making a video will take, before any of it is made. A rough figure, on the long
//! side: it decides where the work is done, and nothing of what is made.

use std::sync::Arc;
use std::time::Duration;

use crate::ports::TaskQueue;
use crate::spec::{Background, Scene, VideoSpec};

/// Characters that a word has, with the space behind it.
const CHARACTERS_PER_WORD: f64 = 5.7;
/// Seconds of work for a second of 1080p30, on a function of two processors.
const STILL_FACTOR: f64 = 0.06;
/// The same where every frame is another.
const MOVING_FACTOR: f64 = 0.7;
/// Pixels in a second of 1080p30.
const PIXELS_PER_SECOND: f64 = 1920.0 * 1080.0 * 30.0;

/// Where tasks go that take too long for here.
#[derive(Clone)]
pub struct ElsewhereWhenLong {
    /// The longest work that is begun here.
    pub limit: Duration,
    /// Whose workers have all the time they need.
    pub queue: Arc<dyn TaskQueue>,
}

/// About how long the video of `spec` takes to make; nothing for a topic, of which no script is written yet.
#[must_use]
pub fn rendering_time(spec: &VideoSpec) -> Duration {
    let characters_per_second = f64::from(spec.voice.rate_wpm) * CHARACTERS_PER_WORD / 60.0;
    let of_scene = |scene: &Scene| {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let spoken = scene.text.chars().count() as f64 / characters_per_second;
        let seconds = spoken.max(scene.minimum_duration.as_secs_f64());
        seconds * if is_moving(scene) { MOVING_FACTOR } else { STILL_FACTOR }
    };
    let at_1080p30: f64 = spec.scenes.iter().map(of_scene).sum();
    let pixels_per_second = spec
        .outputs
        .iter()
        .map(|output| f64::from(output.width) * f64::from(output.height) * f64::from(output.frame_rate.get()));
    Duration::from_secs_f64(at_1080p30 * pixels_per_second.sum::<f64>() / PIXELS_PER_SECOND)
}

const fn is_moving(scene: &Scene) -> bool {
    match &scene.background {
        Background::Video(_) | Background::Footage(_) => true,
        Background::Image(image) => image.camera.is_some(),
        Background::Color(_) | Background::Gradient(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::MediaOrigin;

    fn seconds(spec: &serde_json::Value) -> f64 {
        let spec = VideoSpec::from_json(spec.to_string().as_bytes(), MediaOrigin::Remote).unwrap();
        rendering_time(&spec).as_secs_f64()
    }

    #[test]
    fn a_minute_of_captions_takes_seconds_and_an_hour_of_moving_pictures_too_long_for_a_function() {
        let minute = json!({"script": "word ".repeat(200)});
        assert!((1.0..10.0).contains(&seconds(&minute)), "{}", seconds(&minute));
        let clip = json!({"type": "video", "url": "https://example.com/a.mp4"});
        let hour = json!({"scenes": vec![json!({"duration_s": 600, "background": clip}); 6]});
        assert!(seconds(&hour) > 1800.0, "{}", seconds(&hour));
    }

    #[test]
    fn more_pixels_and_more_shapes_take_longer() {
        let of = |outputs: &[&str]| seconds(&json!({"script": "word ".repeat(200), "outputs": outputs}));
        let small = of(&["16:9 720p"]);
        assert!(of(&["16:9 1080p"]) > 2.0 * small && of(&["16:9 720p", "9:16 720p"]) > 1.9 * small);
    }
}
