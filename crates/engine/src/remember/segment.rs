//! Rendered segments in the memo: a checksum, two counts, the stream.

use bytes::Bytes;
use rushes_core::ports::{Memo, MemoKey};
use rushes_core::seal::{open, seal};

use super::get;
use crate::encode::EncodedSegment;

/// The segment, if it is remembered and whole. A memo that fails only costs work.
pub async fn recall(memo: &dyn Memo, key: MemoKey, frames: u64) -> Option<EncodedSegment> {
    let sealed = get(memo, key).await?;
    let segment = read(&sealed).filter(|segment| segment.frames == frames);
    if segment.is_none() {
        tracing::warn!(%key, "a remembered segment is damaged and is made again");
    }
    segment
}

/// Remembers the segment. A memo that fails only costs work later.
pub async fn remember(memo: &dyn Memo, key: MemoKey, segment: &EncodedSegment) {
    if let Err(error) = memo.put(key, close(segment)).await {
        tracing::warn!(%key, %error, "a segment could not be remembered");
    }
}

fn close(segment: &EncodedSegment) -> Bytes {
    let counts = [segment.frames.to_be_bytes(), segment.distinct_frames.to_be_bytes()].concat();
    seal(&[&counts, &segment.stream])
}

fn read(sealed: &[u8]) -> Option<EncodedSegment> {
    let (frames, rest) = open(sealed)?.split_first_chunk::<8>()?;
    let (distinct_frames, stream) = rest.split_first_chunk::<8>()?;
    Some(EncodedSegment {
        stream: stream.to_vec(),
        frames: u64::from_be_bytes(*frames),
        distinct_frames: u64::from_be_bytes(*distinct_frames),
    })
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
            let sealed = close(&segment);
            prop_assert_eq!(read(&sealed), Some(segment));
            let mut damaged = sealed.to_vec();
            damaged[at.index(sealed.len())] ^= 1;
            prop_assert_eq!(read(&damaged), None);
            prop_assert_eq!(read(&sealed[..at.index(sealed.len())]), None);
        }
    }
}
