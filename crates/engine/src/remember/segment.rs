//! Rendered segments in the memo: a checksum, two counts, the damaged pictures that are shown, the stream.

use bytes::Bytes;
use rushes_core::memo::Memorable;
use rushes_core::ports::Source;
use rushes_core::seal::{open, seal};

use crate::encode::EncodedSegment;
use crate::sources::DamagedFile;

impl Memorable for EncodedSegment {
    fn close(&self) -> Result<Bytes, Source> {
        let counts = [self.frames.to_be_bytes(), self.distinct_frames.to_be_bytes()];
        Ok(seal(&[counts.as_flattened(), &DamagedFile::write_all(&self.damaged), &self.stream]))
    }

    fn open(sealed: &[u8]) -> Option<Self> {
        let (frames, rest) = open(sealed)?.split_first_chunk()?;
        let (distinct_frames, rest) = rest.split_first_chunk()?;
        let (damaged, stream) = DamagedFile::read_all(rest)?;
        let (frames, distinct_frames) = (u64::from_be_bytes(*frames), u64::from_be_bytes(*distinct_frames));
        Some(Self { stream: stream.to_vec(), frames, distinct_frames, damaged })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::Damage;

    proptest! {
        #[test]
        fn a_sealed_segment_opens_and_any_damage_is_noticed(
            stream in proptest::collection::vec(any::<u8>(), 0..200), frames: u64, distinct_frames: u64,
            hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..3), at: prop::sample::Index,
        ) {
            let damaged = |hash| DamagedFile { hash, damage: Damage { read_percent: 70 } };
            let damaged = hashes.into_iter().map(damaged).collect();
            let segment = EncodedSegment { stream, frames, distinct_frames, damaged };
            let sealed = segment.close().unwrap();
            prop_assert_eq!(EncodedSegment::open(&sealed), Some(segment));
            let mut damaged = sealed.to_vec();
            damaged[at.index(sealed.len())] ^= 1;
            prop_assert_eq!(EncodedSegment::open(&damaged), None);
            prop_assert_eq!(EncodedSegment::open(&sealed[..at.index(sealed.len())]), None);
        }
    }
}
