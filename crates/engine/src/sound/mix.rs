//! Voice, music and effects together, in stereo.

use super::limiter::Limiter;
use super::loudness::{Block, Playable, linear};
use super::placed::Placed;
use super::time::{RATE_HZ, index};

/// Samples of one block.
const BLOCK: usize = 4096;
/// The highest true peak before coding, in dBTP: coding adds some.
const FIRST_CEILING_DBTP: f64 = -2.0;

/// A whole soundtrack in stereo.
#[derive(Clone, Debug)]
pub struct Mix {
    placed: Vec<Placed>,
    length: u64,
    volume: f32,
    ceiling_dbtp: f64,
}

impl Mix {
    /// So many samples of sounds in their places. `volume` is what all of it is multiplied by at the end, at most 1.
    pub const fn new(placed: Vec<Placed>, length: u64, volume: f32) -> Self {
        Self { placed, length, volume, ceiling_dbtp: FIRST_CEILING_DBTP }
    }

    /// The same mix, limited by so much more.
    pub fn lowered_by(&self, more_db: f64) -> Self {
        Self { ceiling_dbtp: self.ceiling_dbtp - more_db, ..self.clone() }
    }
}

impl Playable<2> for Mix {
    fn rate_hz(&self) -> u32 {
        RATE_HZ
    }

    fn play(&self) -> impl Iterator<Item = Block<2>> {
        (0..self.length.div_ceil(BLOCK as u64)).map(|number| {
            let position = number * BLOCK as u64;
            let mut block = vec![[0.0; 2]; BLOCK.min(index(self.length - position))];
            self.placed.iter().try_for_each(|placed| placed.add_to(position, &mut block))?;
            Ok(block)
        })
    }

    fn limiter(&self) -> Limiter<2> {
        Limiter::of_true_peaks(linear(self.ceiling_dbtp), RATE_HZ)
    }

    fn volume(&self) -> f32 {
        self.volume
    }
}
