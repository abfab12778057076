//! Whatever the bytes, the stream reader answers; what it repeats can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rushes_engine::h264::{ParameterSets, RepeatFinder, repeat_pictures, split_access_units};

/// Larger pictures only take longer.
const MAX_MACROBLOCKS: u32 = 4096;

fuzz_target!(|input: (u8, &[u8])| {
    let (longest, stream) = input;
    let Ok(sets) = ParameterSets::find(stream) else { return };
    if sets.sequence.macroblocks > MAX_MACROBLOCKS {
        return;
    }
    let _ = RepeatFinder::new(&sets).map(|finder| finder.is_repetition(stream));
    let Ok(pictures) = split_access_units(stream, &sets) else { return };
    let durations: Vec<u64> = (0..pictures.len() as u64).map(|at| 1 + at % (1 + u64::from(longest) % 5)).collect();
    let Ok(repeated) = repeat_pictures(stream, &durations) else { return };
    let again = ParameterSets::find(&repeated).expect("the sets are written as they were read");
    assert_eq!(sets, again);
    let found = split_access_units(&repeated, &again).expect("what is written can be read");
    assert_eq!(found.len() as u64, durations.iter().sum::<u64>());
});
