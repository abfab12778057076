//! Results as they lie in a memo: a checksum (BLAKE3), then the content. A memo may lose or
//! damage what it holds; who opens it notices.

use bytes::{BufMut, Bytes, BytesMut};

const HASH_BYTES: usize = 32;

/// The parts one after another, under their checksum.
#[must_use]
pub fn seal(parts: &[&[u8]]) -> Bytes {
    let content: usize = parts.iter().map(|part| part.len()).sum();
    let mut sealed = BytesMut::with_capacity(HASH_BYTES + content);
    sealed.put_bytes(0, HASH_BYTES);
    parts.iter().for_each(|part| sealed.put_slice(part));
    let hash = blake3::hash(&sealed[HASH_BYTES..]);
    sealed[..HASH_BYTES].copy_from_slice(hash.as_bytes());
    sealed.freeze()
}

/// The content; `None` when it is not what was sealed.
#[must_use]
pub fn open(sealed: &[u8]) -> Option<&[u8]> {
    let (hash, content) = sealed.split_at_checked(HASH_BYTES)?;
    (blake3::hash(content).as_bytes() == hash).then_some(content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_any_damage_is_noticed(
            content in proptest::collection::vec(any::<u8>(), 0..200), cut: prop::sample::Index, at: prop::sample::Index,
        ) {
            let (first, second) = content.split_at(cut.index(content.len() + 1));
            let sealed = seal(&[first, second]);
            prop_assert_eq!(open(&sealed), Some(&content[..]));
            let mut damaged = sealed.to_vec();
            damaged[at.index(sealed.len())] ^= 1;
            prop_assert_eq!(open(&damaged), None);
            prop_assert_eq!(open(&sealed[..at.index(sealed.len())]), None);
        }
    }
}
