//! Rendered segments in the memo: a checksum, two counts, the stream.

use bytes::{BufMut, Bytes, BytesMut};
use rushes_core::ports::{Memo, MemoKey};

use crate::encode::EncodedSegment;

const HASH_BYTES: usize = 32;
const HEAD_BYTES: usize = HASH_BYTES + 16;

/// The segment, if it is remembered and whole. A memo that fails only costs work.
pub async fn recall(memo: &dyn Memo, key: MemoKey, frames: u64) -> Option<EncodedSegment> {
    match memo.get(key).await {
        Ok(Some(value)) => {
            let segment = open(&value).filter(|segment| segment.frames == frames);
            if segment.is_none() {
                tracing::warn!(%key, "a remembered segment is damaged and is made again");
            }
            segment
        }
        Ok(None) => None,
        Err(error) => {
            tracing::warn!(%key, %error, "a remembered segment cannot be read");
            None
        }
    }
}

/// Remembers the segment. A memo that fails only costs work later.
pub async fn remember(memo: &dyn Memo, key: MemoKey, segment: &EncodedSegment) {
    if let Err(error) = memo.put(key, seal(segment)).await {
        tracing::warn!(%key, %error, "a segment could not be remembered");
    }
}

fn seal(segment: &EncodedSegment) -> Bytes {
    let mut sealed = BytesMut::with_capacity(HEAD_BYTES + segment.stream.len());
    sealed.put_bytes(0, HASH_BYTES);
    sealed.put_u64(segment.frames);
    sealed.put_u64(segment.distinct_frames);
    sealed.put_slice(&segment.stream);
    let hash = blake3::hash(&sealed[HASH_BYTES..]);
    sealed[..HASH_BYTES].copy_from_slice(hash.as_bytes());
    sealed.freeze()
}

fn open(sealed: &[u8]) -> Option<EncodedSegment> {
    let (hash, content) = sealed.split_at_checked(HASH_BYTES)?;
    if blake3::hash(content).as_bytes() != hash {
        return None;
    }
    let (frames, rest) = content.split_first_chunk::<8>()?;
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
            let sealed = seal(&segment);
            prop_assert_eq!(open(&sealed), Some(segment));
            let mut damaged = sealed.to_vec();
            damaged[at.index(sealed.len())] ^= 1;
            prop_assert_eq!(open(&damaged), None);
            prop_assert_eq!(open(&sealed[..at.index(sealed.len())]), None);
        }
    }
}
