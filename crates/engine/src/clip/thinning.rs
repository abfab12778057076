//! Pictures that no frame shows, left out before they are scaled: of a clip with 240 pictures a second, a video
//! with 30 frames a second shows every eighth.

use std::fmt;

use rushes_core::timeline::Clip;
use rushes_core::units::FrameRate;

use super::facts::ClipFacts;

/// For rounding: of a picture's time by its container to a tick, which comes on top, and of ffmpeg's numbers.
const SLACK_NANOS: i128 = 1_000;

/// Which pictures of a clip are kept: all that a frame may show, and few others. It depends on the frames' moments
/// alone, so that wherever reading starts the same are left. All in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thinning {
    /// Frames a second.
    rate: FrameRate,
    /// The moment of some frame.
    moment: i128,
    /// How long before a frame's moment the picture that it shows begins, at most.
    longest: i128,
    /// Up to here all are kept: the first picture is shown before its time, too.
    first: i128,
    /// From here on all are kept: the last picture stays, whatever the frames' moments.
    last: i128,
}

impl Thinning {
    /// For reading the clip from the given frame on until it ends or begins again; `None` where every picture
    /// may be shown.
    pub fn new(facts: &ClipFacts, clip: &Clip, rate: FrameRate, frame: u64) -> Option<Self> {
        let table = &facts.table;
        let slack = table.nanos_of(1) + SLACK_NANOS;
        let ends = table.ticks.iter().skip(1).chain([&table.end_ticks]);
        let longest = table.ticks.iter().zip(ends).map(|(start, end)| end - start).max()?;
        let longest = table.nanos_of(longest) + 2 * slack;
        let period = 1_000_000_000 / i128::from(rate.get());
        let (start, end) = facts.part(clip);
        // In a part that is shorter, a loop may begin again without a step back.
        (longest < period && end - start > 2 * period).then(|| Self {
            rate,
            moment: facts.moment(clip, rate, frame) + slack,
            longest,
            first: table.nanos_of(table.ticks[0]) + slack,
            last: end - longest,
        })
    }
}

/// As an expression of ffmpeg's filter `select`, whose `mod` is never negative.
impl fmt::Display for Thinning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [moment, longest, first, last] = [self.moment, self.longest, self.first, self.last].map(seconds);
        let rate = self.rate.get();
        write!(formatter, "lte(mod({moment}-t\\,1/{rate})\\,{longest})+lte(t\\,{first})+gte(t\\,{last})")
    }
}

fn seconds(nanos: i128) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    format!("{sign}{}.{:09}", nanos.abs() / 1_000_000_000, nanos.abs() % 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::facts::tests::{clip, facts};
    use super::*;

    const TIME_BASE: (u32, u32) = (1, 10_000);

    /// What the expression says.
    fn keeps(thinning: &Thinning, nanos: i128) -> bool {
        let until = ((thinning.moment - nanos) * i128::from(thinning.rate.get())).rem_euclid(1_000_000_000);
        until <= thinning.longest * i128::from(thinning.rate.get()) || nanos <= thinning.first || nanos >= thinning.last
    }

    #[test]
    fn most_pictures_of_a_fast_clip_are_left_out_and_none_of_a_slow_one() {
        let fast = facts((0..240).map(|n| n * 10_000 / 240).collect(), TIME_BASE, 10_000);
        let rate = FrameRate::new(30).unwrap();
        let thinning = Thinning::new(&fast, &clip(0, None, false), rate, 0).unwrap();
        let kept = fast.table.ticks.iter().filter(|ticks| keeps(&thinning, fast.table.nanos_of(**ticks))).count();
        assert!((30..60).contains(&kept), "{kept} of 240");
        let slow = facts((0..30).map(|n| n * 10_000 / 30).collect(), TIME_BASE, 10_000);
        assert_eq!(Thinning::new(&slow, &clip(0, None, false), rate, 0), None);
    }

    proptest! {
        #[test]
        fn every_picture_that_a_frame_shows_is_kept(
            first in 0i64..3_000, gaps in proptest::collection::vec(1i64..250, 20..200), stays in 1i64..250,
            rate in 24u32..=60, start_ms in 0u64..100, is_looped: bool, frame in 0u64..200,
        ) {
            let mut ticks = vec![first];
            ticks.extend(gaps.iter().scan(first, |at, gap| { *at += gap; Some(*at) }));
            let end = ticks[ticks.len() - 1] + stays;
            let (facts, clip, rate) = (facts(ticks, TIME_BASE, end), clip(start_ms, None, is_looped), FrameRate::new(rate).unwrap());
            prop_assume!(facts.check(&clip).is_ok());
            let Some(thinning) = Thinning::new(&facts, &clip, rate, frame) else { return Ok(()) };
            let mut before = facts.moment(&clip, rate, frame);
            for frame in frame..frame + 600 {
                let moment = facts.moment(&clip, rate, frame);
                if moment < before {
                    break;
                }
                before = moment;
                let shown = facts.picture_at(&clip, rate, frame);
                prop_assert!(keeps(&thinning, facts.table.nanos_of(facts.table.ticks[shown])), "{shown}: {thinning:?}");
            }
        }
    }
}
