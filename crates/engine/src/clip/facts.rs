//! What is known of a clip before it is decoded.

use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::spec::Trim;
use rushes_core::timeline::Clip;
use rushes_core::units::FrameRate;

use super::stored::Stored;

/// By how much a picture may be late and still be shown. Containers round times to a millisecond;
/// without it a picture that belongs to a frame could miss it now and then.
const TOLERANCE: Duration = Duration::from_millis(2);

/// What is known of a clip before it is decoded. Cloning it is cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipFacts {
    /// Pixels across as displayed: turned upright, and square.
    pub width: u32,
    /// Pixels down as displayed.
    pub height: u32,
    /// From the start of the clip to the end of its last picture.
    pub duration: Duration,
    /// Whether it has sound.
    pub has_sound: bool,
    /// How its numbers become colours.
    pub colors: Colors,
    /// How its pictures are stored.
    pub stored: Stored,
    pub(super) table: Arc<PictureTable>,
}

/// How a clip's numbers become colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colors {
    /// The file says which matrix turns them into red, green and blue (or they are that already).
    pub has_matrix: bool,
    /// They are those of BT.2020, whose colours reach further than BT.709's.
    pub is_wide: bool,
    /// How they become light.
    pub transfer: Transfer,
}

/// How numbers become light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// As on any screen.
    Standard,
    /// SMPTE ST 2084: absolute light, up to 10,000 cd/m².
    PerceptualQuantizer,
    /// ARIB STD-B67: light relative to the screen's.
    HybridLogGamma,
}

/// When each picture of a clip is shown.
#[derive(Debug, PartialEq, Eq)]
pub struct PictureTable {
    /// Times of the pictures in the order shown, in ticks from the clip's start; never empty.
    pub ticks: Vec<i64>,
    /// Which of `ticks` can be decoded without the pictures before, in order.
    pub keys: Vec<usize>,
    /// Seconds in a tick, as numerator and denominator.
    pub time_base: (u32, u32),
    /// End of the last picture.
    pub end_ticks: i64,
    /// All pictures last equally long but for the rounding of their times, which is then undone.
    pub is_regular: bool,
}

impl PictureTable {
    /// The table of pictures with these times, in any order; `None` when there are none.
    pub fn new(mut pictures: Vec<(i64, bool)>, time_base: (u32, u32), end_ticks: i64) -> Option<Self> {
        pictures.sort_unstable();
        pictures.dedup_by_key(|(ticks, _)| *ticks);
        let keys = pictures.iter().enumerate().filter(|(_, (_, is_key))| *is_key).map(|(index, _)| index).collect();
        let ticks: Vec<i64> = pictures.into_iter().map(|(ticks, _)| ticks).collect();
        let last = *ticks.last()?;
        let mean = last.saturating_sub(ticks[0]) / i64::try_from(ticks.len() - 1).unwrap_or(1).max(1);
        let end_ticks = if end_ticks > last { end_ticks } else { last + mean.max(1) };
        let is_regular = is_regular(&ticks);
        Some(Self { ticks, keys, time_base, end_ticks, is_regular })
    }

    /// The moment of a picture, in nanoseconds from the clip's start.
    fn nanos(&self, index: usize) -> i128 {
        let (first, last) = (i128::from(self.ticks[0]), i128::from(self.ticks[self.ticks.len() - 1]));
        let (numerator, denominator) = self.nanos_in_tick();
        if self.is_regular {
            let steps = self.ticks.len() as i128 - 1;
            return (first * steps + (last - first) * index as i128) * numerator / (denominator * steps);
        }
        self.nanos_of(self.ticks[index])
    }

    /// So many ticks in nanoseconds, rounded down.
    pub fn nanos_of(&self, ticks: i64) -> i128 {
        let (numerator, denominator) = self.nanos_in_tick();
        (i128::from(ticks) * numerator).div_euclid(denominator)
    }

    /// As numerator and denominator.
    fn nanos_in_tick(&self) -> (i128, i128) {
        (i128::from(self.time_base.0) * 1_000_000_000, i128::from(self.time_base.1))
    }

    pub fn duration(&self) -> Duration {
        Duration::from_nanos(u64::try_from(self.nanos_of(self.end_ticks)).unwrap_or(0))
    }

    /// The picture on screen at `nanos`; before the first one, the first.
    fn at(&self, nanos: i128) -> usize {
        let (mut low, mut high) = (0, self.ticks.len());
        while high - low > 1 {
            let middle = low.midpoint(high);
            if self.nanos(middle) <= nanos { low = middle } else { high = middle }
        }
        low
    }
}

/// Whether times lie within one tick of a constant rate.
fn is_regular(ticks: &[i64]) -> bool {
    let (Some(first), Some(last)) = (ticks.first().copied(), ticks.last().copied()) else { return false };
    let steps = ticks.len() as i128 - 1;
    let span = i128::from(last) - i128::from(first);
    steps > 0
        && ticks.iter().enumerate().all(|(index, ticks)| {
            let off = (i128::from(*ticks) - i128::from(first)) * steps - span * index as i128;
            off.abs() <= steps
        })
}

/// After what time a looped clip whose pictures last `duration` begins again, in picture and in sound.
#[must_use]
pub fn lap(trim: Trim, duration: Duration) -> Duration {
    trim.end.unwrap_or(Duration::MAX).min(duration).saturating_sub(trim.start)
}

impl ClipFacts {
    /// The part of the clip that is shown, in nanoseconds from its start; never empty.
    pub(super) fn part(&self, clip: &Clip) -> (i128, i128) {
        let nanos = |time: Duration| i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
        let start = nanos(clip.trim.start);
        (start, start + nanos(lap(clip.trim, self.duration)).max(1))
    }

    /// Whether there is anything to show of `clip`.
    ///
    /// # Errors
    /// [`RenderError::Medium`] when it is to start after its end.
    pub fn check(&self, clip: &Clip) -> Result<(), RenderError> {
        if clip.trim.start < self.duration {
            return Ok(());
        }
        let (start, duration) = (clip.trim.start.as_secs_f64(), self.duration.as_secs_f64());
        Err(RenderError::medium(
            &clip.path,
            format!("it lasts {duration:.3} s, so it cannot start at {start:.3} s (start_s)"),
        ))
    }

    /// Index of the picture that is on screen `frame` frames after the clip began. Equal indices are
    /// equal pictures. A looped clip begins again when its part has passed, to the nanosecond, as its
    /// sound does; otherwise the part's last picture stays.
    #[must_use]
    pub fn picture_at(&self, clip: &Clip, rate: FrameRate, frame: u64) -> usize {
        self.table.at(self.moment(clip, rate, frame))
    }

    /// What time it is in the clip `frame` frames after it began, in nanoseconds from its start.
    pub(super) fn moment(&self, clip: &Clip, rate: FrameRate, frame: u64) -> i128 {
        let (start, end) = self.part(clip);
        let length = end - start;
        let passed = i128::from(frame) * 1_000_000_000 / i128::from(rate.get()) + TOLERANCE.as_nanos() as i128;
        start + if clip.is_looped { passed % length } else { passed.min(length - 1) }
    }
}

#[cfg(test)]
pub mod tests {
    use proptest::prelude::*;
    use rushes_core::spec::Fit;

    use super::*;

    pub fn facts(ticks: Vec<i64>, time_base: (u32, u32), end_ticks: i64) -> ClipFacts {
        let pictures = ticks.into_iter().map(|ticks| (ticks, true)).collect();
        let table = PictureTable::new(pictures, time_base, end_ticks).unwrap();
        ClipFacts {
            width: 2,
            height: 2,
            duration: table.duration(),
            has_sound: false,
            colors: Colors { has_matrix: true, is_wide: false, transfer: Transfer::Standard },
            stored: Stored { size: (2, 2), may_be_interlaced: false, has_alpha: false, decoder: None },
            table: Arc::new(table),
        }
    }

    pub fn clip(start_ms: u64, end_ms: Option<u64>, is_looped: bool) -> Clip {
        let trim = Trim { start: Duration::from_millis(start_ms), end: end_ms.map(Duration::from_millis) };
        Clip { path: "clip.mp4".into(), fit: Fit::Cover, trim, is_looped }
    }

    fn shown(facts: &ClipFacts, clip: &Clip, rate: u32, frames: u64) -> Vec<usize> {
        let rate = FrameRate::new(rate).unwrap();
        (0..frames).map(|frame| facts.picture_at(clip, rate, frame)).collect()
    }

    #[test]
    fn a_clip_of_the_videos_own_rate_is_shown_picture_by_picture_however_its_times_were_rounded() {
        let rounded: Vec<i64> = (0..2_000).map(|n: i64| (n * 1_000 + 15) / 30).collect();
        let facts = facts(rounded, (1, 1_000), 66_667);
        assert_eq!(shown(&facts, &clip(0, None, false), 30, 2_000), (0..2_000).collect::<Vec<_>>());
    }

    #[test]
    fn another_rate_is_met_by_leaving_pictures_out_or_repeating_them_evenly() {
        let sixty = facts((0..60).collect(), (1, 60), 60);
        assert_eq!(shown(&sixty, &clip(0, None, false), 30, 30), (0..60).step_by(2).collect::<Vec<_>>());
        let film = facts((0..24).collect(), (1, 24), 24);
        assert_eq!(shown(&film, &clip(0, None, false), 30, 10), [0, 0, 1, 2, 3, 4, 4, 5, 6, 7]);
        let ntsc = facts((0..2_000).map(|n| n * 1_001).collect(), (1, 30_000), 2_000 * 1_001);
        let shown = shown(&ntsc, &clip(0, None, false), 30, 2_000);
        assert_eq!(shown.windows(2).filter(|pair| pair[0] == pair[1]).count(), 2, "one in 1001 is repeated");
        assert!(shown.windows(2).all(|pair| pair[1] - pair[0] <= 1));
    }

    #[test]
    fn a_loop_begins_again_and_what_is_not_looped_stays_at_its_last_picture() {
        let facts = facts((0..30).collect(), (1, 30), 30);
        let looped = clip(100, Some(300), true);
        assert_eq!(shown(&facts, &looped, 30, 14), [3, 4, 5, 6, 7, 8, 3, 4, 5, 6, 7, 8, 3, 4]);
        let held = clip(900, None, false);
        assert_eq!(shown(&facts, &held, 30, 6), [27, 28, 29, 29, 29, 29]);
        assert_eq!(shown(&facts, &clip(0, None, true), 30, 62)[58..], [28, 29, 0, 1]);
    }

    #[test]
    fn a_clip_that_is_to_start_after_its_end_is_an_error() {
        let facts = facts((0..30).collect(), (1, 30), 30);
        assert!(facts.check(&clip(999, None, false)).is_ok());
        assert!(matches!(facts.check(&clip(1_000, None, false)), Err(RenderError::Medium { .. })));
    }

    proptest! {
        #[test]
        fn pictures_follow_in_order_whatever_their_times(
            ticks in proptest::collection::vec(-50i64..100_000, 1..50), rate in 24u32..=60, start_ms in 0u64..1_000,
        ) {
            let end = ticks.iter().copied().max().unwrap_or(0) + 500;
            let facts = facts(ticks, (1, 10_000), end);
            let shown = shown(&facts, &clip(start_ms, None, false), rate, 700);
            prop_assert!(shown.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(shown.iter().all(|index| *index < facts.table.ticks.len()));
        }
    }
}
