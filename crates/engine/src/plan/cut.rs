//! Where the stream is cut into segments.

/// The shortest segment, in frames. An IDR picture must not follow another directly with the
/// same `idr_pic_id` (clause 7.4.3), so each segment has at least one more picture.
pub const MIN_SEGMENT_FRAMES: u64 = 2;

/// Cuts shots, given by their lengths in frames, into as few runs of at most `longest` frames
/// as can be, of about the same length where that takes no more of them: the last of several
/// that are rendered at once should not be waited for long. Returns the lengths of the runs.
pub fn cut(shots: &[u64], longest: u64) -> Vec<u64> {
    let runs = cut_greedily(shots, longest);
    let frames: u64 = runs.iter().sum();
    let even = cut_greedily(shots, frames.div_ceil(runs.len().max(1) as u64).max(MIN_SEGMENT_FRAMES));
    if even.len() == runs.len() { even } else { runs }
}

/// Cuts where `longest` is reached, or between shots where that leaves no tiny run.
fn cut_greedily(shots: &[u64], longest: u64) -> Vec<u64> {
    let mut runs = Vec::new();
    let mut run = 0;
    for shot in shots {
        let mut frames = *shot;
        if run + frames > longest && run >= longest / 3 {
            runs.push(std::mem::take(&mut run));
        }
        while run + frames > longest {
            let taken = (longest - run).min(frames - MIN_SEGMENT_FRAMES);
            runs.push(run + taken);
            frames -= taken;
            run = 0;
        }
        run += frames;
    }
    runs.push(run);
    runs.retain(|run| *run > 0);
    runs
}

/// Joins runs of fewer than [`MIN_SEGMENT_FRAMES`] to the run before, or the first to the one after.
pub fn join_short(runs: &[u64]) -> Vec<u64> {
    let mut joined: Vec<u64> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(before) if *run < MIN_SEGMENT_FRAMES || *before < MIN_SEGMENT_FRAMES => *before += run,
            _ => joined.push(*run),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cutting_keeps_every_frame_and_leaves_no_segment_too_long_or_too_short(
            shots in proptest::collection::vec(prop_oneof![1u64..40, 200u64..1500], 1..30),
        ) {
            let runs = join_short(&cut(&shots, 300));
            let total: u64 = shots.iter().sum();
            prop_assert_eq!(runs.iter().sum::<u64>(), total);
            for run in runs {
                prop_assert!(run <= 300 + MIN_SEGMENT_FRAMES && (run >= MIN_SEGMENT_FRAMES || total < MIN_SEGMENT_FRAMES));
            }
        }
    }
}
