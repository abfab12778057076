//! Rendered segments in the memo: a checksum, two counts, the stream.

use bytes::Bytes;
use rushes_core::memo::Memorable;
use rushes_core::ports::Source;
use rushes_core::seal::{open, seal};

use crate::encode::EncodedSegment;

impl Memorable for EncodedSegment {
    fn close(&self) -> Result<Bytes, Source> {
        let counts = [self.frames.to_be_bytes(), self.distinct_frames.to_be_bytes()];
        Ok(seal(&[counts.as_flattened(), &self.stream]))
    }

    fn open(sealed: &[u8]) -> Option<Self> {
        let (frames, rest) = open(sealed)?.split_first_chunk()?;
        let (distinct_frames, stream) = rest.split_first_chunk()?;
        let (frames, distinct_frames) = (u64::from_be_bytes(*frames), u64::from_be_bytes(*distinct_frames));
        Some(Self { stream: stream.to_vec(), frames, distinct_frames })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sealed_segment_opens_and_any_damage_is_noticed(
            stream in proptest::collection::vec(any::<u8>(), 0..200), frames: u64, distinct_frames: u64, at: prop::sample::Index,
        ) {
            let segment = EncodedSegment { stream, frames, distinct_frames };
            let sealed = segment.close().unwrap();
            prop_assert_eq!(EncodedSegment::open(&sealed), Some(segment));
            let mut damaged = sealed.to_vec();
            damaged[at.index(sealed.len())] ^= 1;
            prop_assert_eq!(EncodedSegment::open(&damaged), None);
            prop_assert_eq!(EncodedSegment::open(&sealed[..at.index(sealed.len())]), None);
        }
    }
}
