//! Music steps back while someone speaks.

use std::ops::Range;

use super::loudness::{Block, linear};
use super::time::RATE_HZ;

/// The music is down when a word begins, and has this long to get there.
const ATTACK: u64 = milliseconds(150);
/// It comes back within this time.
const RELEASE: u64 = milliseconds(400);
/// In a shorter pause it stays down.
const SHORTEST_PAUSE: u64 = milliseconds(600);
/// Speech is looked for in pieces of this length.
const WINDOW: usize = milliseconds(10) as usize;
/// What is this much quieter than the speech as a whole is a pause, in dB.
const PAUSE_DB: f64 = 25.0;
/// The gain is computed at every so many samples and is straight between.
const STEP: u64 = milliseconds(1);

const fn milliseconds(count: u64) -> u64 {
    count * RATE_HZ as u64 / 1000
}

/// Where someone speaks, in samples of 48 kHz; in order, with pauses worth the name between.
///
/// # Errors
/// Those of `voice`.
pub fn spans_of_speech(
    voice: impl Iterator<Item = Block<2>>,
    loudness_lufs: f64,
) -> Result<Vec<Range<u64>>, rushes_core::ports::RenderError> {
    // Loudness sums up both sides and has an offset of −0.691 (BS.1770-5, annex 1).
    let threshold = 10f64.powf((loudness_lufs - PAUSE_DB + 0.691) / 10.0) / 2.0;
    let mut spans: Vec<Range<u64>> = Vec::new();
    let mut position = 0;
    let mut window = Vec::with_capacity(WINDOW);
    let mut close = |window: &mut Vec<f32>| {
        let energy: f64 = window.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        let end = position + window.len() as u64;
        if energy > threshold * window.len() as f64 {
            match spans.last_mut().filter(|span| position < span.end + SHORTEST_PAUSE) {
                Some(span) => span.end = end,
                None => spans.push(position..end),
            }
        }
        position = end;
        window.clear();
    };
    for block in voice {
        for [sample, _] in block? {
            window.push(sample);
            if window.len() == WINDOW {
                close(&mut window);
            }
        }
    }
    close(&mut window);
    Ok(spans)
}

/// A gain that falls while someone speaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Ducking {
    spans: Vec<Range<u64>>,
    depth_db: f64,
}

impl Ducking {
    /// Lowers by `depth_db` decibels during `spans`.
    pub const fn new(spans: Vec<Range<u64>>, depth_db: f64) -> Self {
        Self { spans, depth_db }
    }

    /// Lowers what begins at sample `position`.
    pub fn apply(&self, position: u64, block: &mut [[f32; 2]]) {
        let mut step = position / STEP;
        let (mut from, mut to) = (self.gain(step * STEP), self.gain((step + 1) * STEP));
        for (at, frame) in (position..).zip(block) {
            if at / STEP != step {
                step = at / STEP;
                (from, to) = (to, self.gain((step + 1) * STEP));
            }
            #[expect(clippy::cast_precision_loss, reason = "some fifty")]
            let gain = from + (to - from) * (at % STEP) as f32 / STEP as f32;
            *frame = frame.map(|sample| sample * gain);
        }
    }

    fn gain(&self, at: u64) -> f32 {
        let next = self.spans.partition_point(|span| span.end <= at);
        let ahead = self.spans.get(next).map_or(0.0, |span| share(span.start.saturating_sub(at), ATTACK));
        let behind = next.checked_sub(1).map_or(0.0, |before| share(at - self.spans[before].end, RELEASE));
        linear(-self.depth_db * ahead.max(behind))
    }
}

/// From 1 at no distance to 0 at `length`, smooth at both ends.
fn share(distance: u64, length: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
    let left = 1.0 - distance.min(length) as f64 / length as f64;
    left * left * (3.0 - 2.0 * left)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ducking(span: Range<u64>, depth_db: f64) -> Ducking {
        Ducking::new(std::iter::once(span).collect(), depth_db)
    }

    fn gains(ducking: &Ducking, length: usize, block: usize) -> Vec<f32> {
        let mut frames = vec![[1.0f32; 2]; length];
        for (number, frames) in frames.chunks_mut(block).enumerate() {
            ducking.apply((number * block) as u64, frames);
        }
        frames.into_iter().map(|[left, _]| left).collect()
    }

    #[test]
    fn music_is_down_when_a_word_begins_and_back_after_it() {
        let ducking = ducking(48_000..96_000, 12.0);
        let gains = gains(&ducking, 48_000 * 4, 4096);
        let low = linear(-12.0);
        assert!(gains[..48_000 - 7200].iter().all(|gain| *gain == 1.0));
        assert!(gains[48_000..96_000].iter().all(|gain| (gain - low).abs() < 1e-6));
        assert!(gains[96_000 + 19_200..].iter().all(|gain| *gain == 1.0));
        assert!(gains.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 3e-4), "the gain jumps");
    }

    #[test]
    fn short_pauses_are_no_pauses_and_silence_around_speech_is() {
        let second = |amplitude: f32| vec![[amplitude; 2]; 48_000];
        let pause = |count: usize| vec![[0.0001; 2]; count];
        let sound = [pause(48_000), second(0.1), pause(24_000), second(0.1), pause(36_000), second(0.1)].concat();
        let blocks = sound.chunks(1000).map(|block| Ok(block.to_vec()));
        let spans = spans_of_speech(blocks, -20.0 + 3.0 - 0.691).unwrap();
        assert_eq!(spans, [48_000..168_000, 204_000..252_000]);
    }

    proptest! {
        #[test]
        fn blocks_do_not_matter(block in 1usize..3000, start in 0u64..9000, length in 1u64..9000) {
            let ducking = ducking(start..start + length, 20.0);
            prop_assert_eq!(gains(&ducking, 30_000, block), gains(&ducking, 30_000, 30_000));
        }
    }
}
