//! Frames of MPEG audio behind something else: zeros, a tag of an unknown kind, the remains of a transfer.

/// Frames in a row that are no chance.
const FRAMES_IN_A_ROW: usize = 4;
/// Kilobits a second by `bitrate_index` 1 to 14, of MPEG-1 layers 1, 2 and 3, of MPEG-2 layer 1, and of its layers 2
/// and 3 (ISO/IEC 11172-3, 2.4.2.3; ISO/IEC 13818-3, 2.4.2.3).
const KBIT_S: [[usize; 14]; 5] = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/// Samples a second of MPEG-1 by `sampling_frequency`; MPEG-2 has half, MPEG-2.5 a quarter.
const RATES_HZ: [usize; 3] = [44_100, 48_000, 32_000];

/// Whether some frames follow each other somewhere in `bytes`.
pub fn has_frames(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| bytes[at] == 0xff && is_run(&bytes[at..]))
}

fn is_run(mut bytes: &[u8]) -> bool {
    for _ in 0..FRAMES_IN_A_ROW {
        let Some(length) = frame_length(bytes).filter(|length| *length <= bytes.len()) else { return false };
        bytes = &bytes[length..];
    }
    true
}

/// The bytes of the frame that begins here; `None` when none does.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    let [0xff, second, third, fourth, fifth, sixth, ..] = *bytes else { return None };
    if second & 0xf6 == 0xf0 {
        // ADTS: `sampling_frequency_index`, then a length of 13 bits, header included (ISO/IEC 13818-7, 6.2).
        let length = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth >> 5);
        return (third >> 2 & 15 < 13 && length > 7).then_some(length);
    }
    if second & 0xe0 != 0xe0 {
        return None;
    }
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    // Versions 3, 2 and 0 are MPEG-1, 2 and 2.5; layers are numbered from behind.
    let (is_first, slower) = match version {
        3 => (true, 1),
        2 => (false, 2),
        0 => (false, 4),
        _ => return None,
    };
    let table = match (is_first, layer) {
        (true, 3) => 0,
        (true, 2) => 1,
        (true, 1) => 2,
        (false, 3) => 3,
        (false, 1 | 2) => 4,
        _ => return None,
    };
    let bits_s = KBIT_S[table].get(usize::from(third >> 4).checked_sub(1)?)? * 1_000;
    let rate_hz = RATES_HZ.get(usize::from(third >> 2 & 3))? / slower;
    let padding = usize::from(third >> 1 & 1);
    Some(match layer {
        3 => (12 * bits_s / rate_hz + padding) * 4,
        1 if !is_first => 72 * bits_s / rate_hz + padding,
        _ => 144 * bits_s / rate_hz + padding,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Frames of MP3 at 128 kbit/s and 44.1 kHz: 417 bytes each.
    pub fn mp3(frames: usize) -> Vec<u8> {
        [&[0xff, 0xfb, 0x90, 0x64][..], &[0; 413]].concat().repeat(frames)
    }

    #[test]
    fn frames_are_found_behind_anything() {
        let adts = [&[0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc][..], &[7; 9]].concat().repeat(5);
        let web: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n";
        for before in [&[0; 3_000][..], web, &[0xff; 77], b""] {
            for frames in [mp3(5), adts.clone()] {
                assert!(has_frames(&[before, &frames].concat()));
            }
            assert!(!has_frames(&[before, &mp3(3)].concat()));
            assert!(!has_frames(before));
        }
    }

    proptest! {
        #[test]
        fn a_frame_is_never_empty(bytes in proptest::collection::vec(any::<u8>(), 0..8)) {
            prop_assert!(frame_length(&bytes).is_none_or(|length| length > 7));
        }
    }
}
