//! Frames in a stream of AAC (ISO/IEC 14496-3, 1.A.3: ADTS).

use std::io::{BufReader, Read};
use std::ops::ControlFlow;

use rushes_core::ports::RenderError;

/// Without a checksum.
const HEADER_BYTES: usize = 7;
const CHECKSUM_BYTES: usize = 2;
const BUFFER_BYTES: usize = 1 << 16;
/// `profile_ObjectType` of AAC-LC, less one; 48 kHz (table 1.18).
const AAC_LC: u8 = 1;
const FREQUENCY_48_KHZ: u8 = 3;

/// Calls `each` with every raw frame of an ADTS stream.
///
/// # Errors
/// [`RenderError::Broken`] when the stream is something else, and what `each` returns.
pub fn split(stream: impl Read, mut each: impl FnMut(&[u8]) -> Result<(), RenderError>) -> Result<(), RenderError> {
    let mut stream = BufReader::with_capacity(BUFFER_BYTES, stream);
    let mut frame = Vec::new();
    while next_frame(&mut stream, &mut frame)?.is_continue() {
        each(&frame)?;
    }
    Ok(())
}

fn next_frame(stream: &mut impl Read, frame: &mut Vec<u8>) -> Result<ControlFlow<()>, RenderError> {
    let mut header = [0; HEADER_BYTES];
    if stream.read(&mut header[..1]).map_err(unreadable)? == 0 {
        return Ok(ControlFlow::Break(()));
    }
    stream.read_exact(&mut header[1..]).map_err(unreadable)?;
    let [0xff, second @ 0xf0..=0xff, _, fourth, fifth, sixth, _] = header else {
        return Err(RenderError::Broken { reason: "the sound stream is not ADTS".to_owned(), source: None });
    };
    let length = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth >> 5);
    let checksum = if second & 1 == 1 { 0 } else { CHECKSUM_BYTES };
    frame.resize(length.saturating_sub(HEADER_BYTES), 0);
    stream.read_exact(frame).map_err(unreadable)?;
    frame.drain(..checksum.min(frame.len()));
    Ok(ControlFlow::Continue(()))
}

fn unreadable(source: std::io::Error) -> RenderError {
    RenderError::Broken { reason: "a sound frame is cut off".to_owned(), source: Some(source.into()) }
}

/// The header before a raw stereo frame of `size` bytes.
pub fn header(size: usize) -> [u8; HEADER_BYTES] {
    let length = size + HEADER_BYTES;
    #[expect(clippy::cast_possible_truncation, reason = "the bits of a length of 13")]
    let [high, middle, low] = [(length >> 11 & 3) as u8, (length >> 3 & 0xff) as u8, (length & 7) as u8];
    let channels = 2u8;
    // No checksum; buffer fullness 0x7ff: a variable rate.
    [0xff, 0xf1, AAC_LC << 6 | FREQUENCY_48_KHZ << 2, channels << 6 | high, middle, low << 5 | 0x1f, 0xfc]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn frames_come_back_out_of_their_stream(
            frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..3000), 0..6), cut: prop::sample::Index,
        ) {
            let stream: Vec<u8> = frames.iter().flat_map(|frame| [&header(frame.len())[..], frame].concat()).collect();
            let mut found = Vec::new();
            split(stream.as_slice(), |frame| { found.push(frame.to_vec()); Ok(()) }).unwrap();
            prop_assert_eq!(&found, &frames);
            let cut = cut.index(stream.len().max(1));
            let mut starts = frames.iter().scan(0, |at, frame| { let start = *at; *at += frame.len() + HEADER_BYTES; Some(start) });
            prop_assert!(stream.is_empty() || starts.any(|start| start == cut) || split(&stream[..cut], |_| Ok(())).is_err());
        }
    }
}
