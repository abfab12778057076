//! A soundtrack as a stream of samples, silence included, block by block.

use std::time::Duration;

use rushes_core::timeline::Soundtrack;

/// Samples of one block.
const BLOCK: usize = 4096;

/// The samples of a soundtrack, −1 to 1, in blocks of at most 4,096.
pub struct Blocks<'a> {
    soundtrack: &'a Soundtrack,
    rate_hz: u32,
    piece: usize,
    position: usize,
    end: usize,
}

impl<'a> Blocks<'a> {
    /// `None` for a soundtrack without sound.
    pub fn new(soundtrack: &'a Soundtrack) -> Option<Self> {
        let rate_hz = soundtrack.pieces.first()?.sample_rate_hz;
        let end = sample_at(soundtrack.duration, rate_hz);
        Some(Self { soundtrack, rate_hz, piece: 0, position: 0, end })
    }

    /// Samples a second.
    pub const fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Adds what the current piece has for the block that begins at `position`.
    fn fill(&mut self, block: &mut [f32]) {
        while let Some(piece) = self.soundtrack.pieces.get(self.piece) {
            let start = sample_at(piece.start, self.rate_hz);
            let end = start + piece.samples.len();
            let (from, to) = (start.max(self.position), end.min(self.position + block.len()));
            if from < to {
                let samples = &piece.samples[from - start..to - start];
                for (target, sample) in block[from - self.position..].iter_mut().zip(samples) {
                    *target = f32::from(*sample) / 32768.0;
                }
            }
            if end > self.position + block.len() {
                break;
            }
            self.piece += 1;
        }
    }
}

impl Iterator for Blocks<'_> {
    type Item = Vec<f32>;

    fn next(&mut self) -> Option<Vec<f32>> {
        let length = BLOCK.min(self.end.checked_sub(self.position)?);
        if length == 0 {
            return None;
        }
        let mut block = vec![0.0; length];
        self.fill(&mut block);
        self.position += length;
        Some(block)
    }
}

fn sample_at(time: Duration, rate_hz: u32) -> usize {
    let samples = (time.as_nanos() * u128::from(rate_hz) + 500_000_000) / 1_000_000_000;
    usize::try_from(samples).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use rushes_core::timeline::SoundPiece;

    use super::*;

    #[test]
    fn every_sample_lies_where_the_timeline_puts_it() {
        let piece = |start_ms, value, length| SoundPiece {
            start: Duration::from_millis(start_ms),
            sample_rate_hz: 1000,
            samples: vec![value; length],
        };
        let soundtrack = Soundtrack {
            pieces: vec![piece(0, 16384, 5000), piece(5000, 8192, 3), piece(9000, -16384, 700)],
            duration: Duration::from_millis(10_000),
            ..Soundtrack::default()
        };
        let samples: Vec<f32> = Blocks::new(&soundtrack).unwrap().flatten().collect();
        assert_eq!(samples.len(), 10_000);
        for (index, sample) in samples.iter().enumerate() {
            let wanted = match index {
                0..5000 => 0.5,
                5000..5003 => 0.25,
                9000..9700 => -0.5,
                _ => 0.0,
            };
            assert_eq!(*sample, wanted, "{index}");
        }
    }
}
