//! The size of a JPEG picture, whatever stands before it: cameras and editors put megabytes of thumbnails,
//! depth maps and colour profiles there.

/// Looks for the frame header (ITU-T T.81, B.2.2) in a stream, and keeps nothing of what comes before.
#[derive(Debug)]
pub struct FrameSearch {
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Between segments. Bytes that belong to none are passed over, as browsers do.
    Between,
    /// Behind a 0xFF: a marker follows, or more of them to fill up.
    AtMarker,
    /// In the length of a segment; its first byte, once it is read.
    InLength { is_frame: bool, first: Option<u8> },
    /// So many bytes of a segment are left.
    InSegment { left: u16 },
    /// In a frame header behind its length.
    InFrame { bytes: [u8; 5], count: usize },
}

/// What the search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The frame has so many pixels.
    Found { width: u16, height: u16 },
    /// More bytes are needed.
    Unfinished,
    /// The picture itself begins, or ends, without a frame header before it.
    Failed,
}

impl FrameSearch {
    /// A search from the first byte of a file.
    pub const fn new() -> Self {
        Self { state: State::Between }
    }

    /// Searches the next bytes.
    pub fn push(&mut self, mut bytes: &[u8]) -> Search {
        while let Some((&byte, rest)) = bytes.split_first() {
            bytes = rest;
            self.state = match self.state {
                State::Between => {
                    if byte == 0xff {
                        State::AtMarker
                    } else {
                        State::Between
                    }
                }
                State::AtMarker => match byte {
                    0xff => State::AtMarker,
                    // Nothing, or a marker that stands alone: TEM, RST, SOI.
                    0x00 | 0x01 | 0xd0..=0xd8 => State::Between,
                    // EOI, SOS.
                    0xd9 | 0xda => return Search::Failed,
                    // SOF, but not DHT, JPG and DAC.
                    0xc0..=0xcf if !matches!(byte, 0xc4 | 0xc8 | 0xcc) => {
                        State::InLength { is_frame: true, first: None }
                    }
                    _ => State::InLength { is_frame: false, first: None },
                },
                State::InLength { is_frame, first: None } => State::InLength { is_frame, first: Some(byte) },
                State::InLength { is_frame: true, first: Some(_) } => State::InFrame { bytes: [0; 5], count: 0 },
                // The length counts itself.
                State::InLength { is_frame: false, first: Some(first) } => {
                    in_segment(u16::from_be_bytes([first, byte]).saturating_sub(2))
                }
                State::InSegment { left } => {
                    let passed = usize::from(left - 1).min(bytes.len());
                    bytes = &bytes[passed..];
                    in_segment(left - 1 - u16::try_from(passed).unwrap_or(left - 1))
                }
                State::InFrame { bytes: mut read, count } => {
                    read[count] = byte;
                    let [_precision, y1, y0, x1, x0] = read;
                    if count + 1 == read.len() {
                        let (width, height) = (u16::from_be_bytes([x1, x0]), u16::from_be_bytes([y1, y0]));
                        return Search::Found { width, height };
                    }
                    State::InFrame { bytes: read, count: count + 1 }
                }
            };
        }
        Search::Unfinished
    }
}

const fn in_segment(left: u16) -> State {
    if left == 0 { State::Between } else { State::InSegment { left } }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jpeg() -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(640, 48).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    /// A picture with `segments` of their length before its own.
    fn behind(segments: &[(u8, usize)]) -> Vec<u8> {
        let jpeg = jpeg();
        let segment = |(marker, size): &(u8, usize)| {
            let length = u16::try_from(size + 2).unwrap().to_be_bytes();
            // Its bytes look like markers.
            [&[0xff, *marker][..], &length, &[0xff, 0xc0, 0xda].repeat(*size)[..*size]].concat()
        };
        [&jpeg[..2], &segments.iter().flat_map(segment).collect::<Vec<_>>(), &jpeg[2..]].concat()
    }

    fn found(bytes: &[u8], piece: usize) -> Search {
        let mut search = FrameSearch::new();
        let mut results = bytes.chunks(piece.max(1)).map(|piece| search.push(piece));
        results.find(|result| *result != Search::Unfinished).unwrap_or(Search::Unfinished)
    }

    #[test]
    fn megabytes_before_the_frame_are_passed_over() {
        let wanted = Search::Found { width: 640, height: 48 };
        assert_eq!(found(&behind(&[(0xe1, 65_533); 90]), 1 << 16), wanted);
        let filled = [&jpeg()[..2], b"junk\xff\xff\xff", &jpeg()[3..]].concat();
        assert_eq!(found(&filled, 1), wanted);
    }

    #[test]
    fn a_picture_without_a_frame_is_none() {
        assert_eq!(found(b"\xff\xd8\xff\xda\0\x0c", 1), Search::Failed);
        assert_eq!(found(b"\xff\xd8\xff\xd9", 4), Search::Failed);
        assert_eq!(found(&jpeg()[..20], 3), Search::Unfinished);
    }

    proptest! {
        #[test]
        fn a_frame_is_found_however_the_bytes_are_cut(
            segments in prop::collection::vec((prop_oneof![Just(0xe0_u8), Just(0xe1), Just(0xe2), Just(0xfe), Just(0xdb)], 0_usize..300), 0..6),
            piece in 1_usize..200,
        ) {
            prop_assert_eq!(found(&behind(&segments), piece), Search::Found { width: 640, height: 48 });
        }

        #[test]
        fn no_bytes_confuse_it(bytes: Vec<u8>, piece in 1_usize..20) {
            prop_assert_eq!(found(&bytes, piece), found(&bytes, 1));
        }
    }
}
