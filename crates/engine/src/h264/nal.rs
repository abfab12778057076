//! NAL units in a byte stream (Annex B) and emulation prevention (clause 7.4.1.1).

/// `nal_unit_type` (table 7-1) of the units handled here.
pub mod kind {
    pub const SLICE: u8 = 1;
    pub const IDR_SLICE: u8 = 5;
    pub const SEQUENCE_PARAMETERS: u8 = 7;
    pub const PICTURE_PARAMETERS: u8 = 8;
}

/// `nal_unit_type` of a unit.
pub fn kind_of(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |header| header & 0x1f)
}

/// The units of a byte stream, without their start codes.
pub fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut next = find_start(stream, 0);
    std::iter::from_fn(move || {
        let start = next?;
        let following = find_start(stream, start);
        let end = following.map_or(stream.len(), |begin| begin - 3);
        next = following;
        let unit = &stream[start..end];
        // Zero bytes before the next start code belong to the stream, not to the unit.
        let length = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        Some(&unit[..length])
    })
    .filter(|unit| !unit.is_empty())
}

/// The position after the next start code at or after `from`.
fn find_start(stream: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at + 3 <= stream.len() {
        match stream[at + 2] {
            0 => at += 1,
            1 if stream[at] == 0 && stream[at + 1] == 0 => return Some(at + 3),
            _ => at += 3,
        }
    }
    None
}

/// Takes the emulation prevention bytes out of a unit's payload.
pub fn unescape(payload: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(payload.len());
    let mut zeros = 0;
    for byte in payload {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    plain
}

/// Appends `plain` to `unit` with emulation prevention bytes.
pub fn escape_into(unit: &mut Vec<u8>, plain: &[u8]) {
    unit.reserve(plain.len() + 8);
    let mut zeros = 0;
    for byte in plain {
        if zeros == 2 && *byte <= 3 {
            unit.push(3);
            zeros = 0;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        unit.push(*byte);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn escaped_bytes_hold_no_start_code_and_come_back(mut plain in proptest::collection::vec(prop_oneof![3 => Just(0u8), 1 => 0u8..5], 1..60)) {
            plain.push(0x80);
            let mut unit = Vec::new();
            escape_into(&mut unit, &plain);
            prop_assert!(!unit.windows(3).any(|three| three[0] == 0 && three[1] == 0 && three[2] <= 2));
            prop_assert_eq!(unescape(&unit), plain);
        }

        #[test]
        fn units_are_found_whatever_the_length_of_their_start_codes(
            payloads in proptest::collection::vec((any::<bool>(), proptest::collection::vec(1u8..=255, 1..9)), 0..9),
        ) {
            let mut stream = Vec::new();
            for (long, payload) in &payloads {
                stream.extend_from_slice(if *long { &[0, 0, 0, 1] } else { &[0, 0, 1] });
                stream.extend_from_slice(payload);
            }
            let found: Vec<&[u8]> = units(&stream).collect();
            let wanted: Vec<&[u8]> = payloads.iter().map(|(_, payload)| payload.as_slice()).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
