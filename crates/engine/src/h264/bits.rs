//! Bits of a raw byte sequence payload, and Exp-Golomb codes (clause 9.1).

use super::StreamError;

/// Reads bits from the most significant on.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> BitReader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Bits read so far.
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Bits left to read.
    pub const fn remaining(&self) -> usize {
        self.bytes.len() * 8 - self.position
    }

    /// Whether nothing but the stop bit and its zeros is left (`more_rbsp_data`, clause 7.2).
    pub fn at_end(&self) -> bool {
        let last = self.bytes.iter().rposition(|byte| *byte != 0);
        last.is_none_or(|last| last * 8 + 7 - self.bytes[last].trailing_zeros() as usize <= self.position)
    }

    /// Leaves out `count` bits.
    pub const fn skip(&mut self, count: usize) -> Result<(), StreamError> {
        if count > self.remaining() {
            return Err(StreamError::Truncated("a header"));
        }
        self.position += count;
        Ok(())
    }

    pub fn bit(&mut self) -> Result<bool, StreamError> {
        let byte = self.bytes.get(self.position / 8).ok_or(StreamError::Truncated("a header"))?;
        let bit = byte >> (7 - self.position % 8) & 1;
        self.position += 1;
        Ok(bit == 1)
    }

    /// An unsigned number of `width` bits, at most 32: `u(n)`.
    pub fn bits(&mut self, width: u32) -> Result<u32, StreamError> {
        let mut value = 0u64;
        let mut left = width as usize;
        while left > 0 {
            let byte = *self.bytes.get(self.position / 8).ok_or(StreamError::Truncated("a header"))?;
            let unread = 8 - self.position % 8;
            let taken = unread.min(left);
            value = value << taken | u64::from(byte) >> (unread - taken) & ((1 << taken) - 1);
            left -= taken;
            self.position += taken;
        }
        u32::try_from(value).map_err(|_| StreamError::Unsupported("a number of more than 32 bits"))
    }

    /// `ue(v)`.
    pub fn unsigned(&mut self) -> Result<u32, StreamError> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return Err(StreamError::Unsupported("an Exp-Golomb code of more than 32 bits"));
            }
        }
        let suffix = self.bits(zeros)?;
        Ok((1u32 << zeros) - 1 + suffix)
    }

    /// `se(v)`.
    pub fn signed(&mut self) -> Result<i32, StreamError> {
        let code = i64::from(self.unsigned()?);
        let magnitude = (code + 1) / 2;
        let value = if code % 2 == 0 { -magnitude } else { magnitude };
        i32::try_from(value).map_err(|_| StreamError::Unsupported("a signed Exp-Golomb code of more than 32 bits"))
    }
}

/// Writes bits from the most significant on.
#[derive(Clone, Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    used: usize,
}

impl BitWriter {
    pub fn bit(&mut self, bit: bool) {
        if self.used.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if bit {
            let index = self.used / 8;
            self.bytes[index] |= 0x80 >> (self.used % 8);
        }
        self.used += 1;
    }

    pub fn bits(&mut self, value: u32, width: u32) {
        let mut left = width;
        while left > 0 {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let free = 8 - u32::try_from(self.used % 8).unwrap_or(0);
            let taken = free.min(left);
            left -= taken;
            let piece = u8::try_from(value >> left & ((1 << taken) - 1)).unwrap_or(0);
            if let Some(last) = self.bytes.last_mut() {
                *last |= piece << (free - taken);
            }
            self.used += taken as usize;
        }
    }

    pub fn unsigned(&mut self, value: u32) {
        let code = u64::from(value) + 1;
        let length = 64 - code.leading_zeros();
        for _ in 1..length {
            self.bit(false);
        }
        for shift in (0..length).rev() {
            self.bit(code >> shift & 1 == 1);
        }
    }

    pub fn signed(&mut self, value: i32) {
        let doubled = value.unsigned_abs() * 2;
        self.unsigned(if value > 0 { doubled - 1 } else { doubled });
    }

    /// Fills the last byte with `bit`.
    pub fn align(&mut self, bit: bool) {
        while !self.used.is_multiple_of(8) {
            self.bit(bit);
        }
    }

    /// Appends whole bytes; the writer must stand at a byte boundary.
    pub fn append(&mut self, bytes: &[u8]) {
        debug_assert!(self.used.is_multiple_of(8));
        self.bytes.extend_from_slice(bytes);
        self.used += bytes.len() * 8;
    }

    /// The bytes written; the last is filled with zero bits.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Copies `count` bits.
pub fn copy_bits(reader: &mut BitReader<'_>, writer: &mut BitWriter, count: usize) -> Result<(), StreamError> {
    for _ in 0..count / 32 {
        writer.bits(reader.bits(32)?, 32);
    }
    let rest = u32::try_from(count % 32).unwrap_or(0);
    writer.bits(reader.bits(rest)?, rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(numbers in proptest::collection::vec((0u32..u32::MAX - 1, -1_000_000_000i32..1_000_000_000, 1u32..=32), 0..20)) {
            let mut writer = BitWriter::default();
            for (unsigned, signed, width) in &numbers {
                writer.unsigned(*unsigned);
                writer.signed(*signed);
                writer.bits((u64::from(*unsigned) & ((1u64 << width) - 1)) as u32, *width);
            }
            let bytes = writer.into_bytes();
            let mut reader = BitReader::new(&bytes);
            for (unsigned, signed, width) in &numbers {
                prop_assert_eq!(reader.unsigned().unwrap(), *unsigned);
                prop_assert_eq!(reader.signed().unwrap(), *signed);
                prop_assert_eq!(u64::from(reader.bits(*width).unwrap()), u64::from(*unsigned) & ((1u64 << width) - 1));
            }
        }

        #[test]
        fn copied_bits_are_the_same_at_any_offset(bytes in proptest::collection::vec(any::<u8>(), 8..40), skipped in 0usize..40, lead in 0u32..9) {
            let mut reader = BitReader::new(&bytes);
            reader.skip(skipped).unwrap();
            let mut writer = BitWriter::default();
            writer.bits(0, lead);
            let count = reader.remaining();
            copy_bits(&mut reader.clone(), &mut writer, count).unwrap();
            let copied = writer.into_bytes();
            let mut copy = BitReader::new(&copied);
            copy.skip(lead as usize).unwrap();
            for _ in 0..count {
                prop_assert_eq!(copy.bit().unwrap(), reader.bit().unwrap());
            }
        }
    }
}
