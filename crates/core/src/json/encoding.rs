//! The text in bytes that people send: UTF-8, or UTF-16 as Windows programs write it.

use std::borrow::Cow;

use bytes::Bytes;

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_LITTLE_ENDIAN_MARK: &[u8] = b"\xff\xfe";
const UTF16_BIG_ENDIAN_MARK: &[u8] = b"\xfe\xff";
const UTF32_MARKS: [&[u8]; 2] = [b"\xff\xfe\0\0", b"\0\0\xfe\xff"];
/// RFC 1952, §2.3.1.
const GZIP_MARK: &[u8] = b"\x1f\x8b";
/// How a ZIP file begins (APPNOTE, §4.3.7), and so what spreadsheet programs save by themselves.
const ZIP_MARK: &[u8] = b"PK\x03\x04";

/// Why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Marked as UTF-16, but not.
    #[error("it begins like UTF-16 and is damaged: save it as UTF-8")]
    DamagedUtf16,
    /// Nobody writes it.
    #[error("it is UTF-32: save it as UTF-8")]
    Utf32,
    /// Packed.
    #[error("it is packed with gzip: unpack it first")]
    Gzip,
    /// A ZIP file: most likely a workbook.
    #[error("it is a ZIP file, as spreadsheet programs save workbooks: save it as CSV (UTF-8)")]
    Zip,
}

/// The text in UTF-8, without a byte order mark. What has no mark and is not UTF-16 comes back as it is:
/// whether it is UTF-8 is seen where it is read.
///
/// # Errors
/// [`EncodingError`] for what is no text, or not whole.
pub fn utf8(bytes: &[u8]) -> Result<Cow<'_, [u8]>, EncodingError> {
    if UTF32_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(EncodingError::Utf32);
    }
    if bytes.starts_with(GZIP_MARK) {
        return Err(EncodingError::Gzip);
    }
    if bytes.starts_with(ZIP_MARK) {
        return Err(EncodingError::Zip);
    }
    if let Some(text) = bytes.strip_prefix(UTF8_MARK) {
        return Ok(Cow::Borrowed(text));
    }
    if let Some(units) = bytes.strip_prefix(UTF16_LITTLE_ENDIAN_MARK) {
        return utf16(units, u16::from_le_bytes);
    }
    if let Some(units) = bytes.strip_prefix(UTF16_BIG_ENDIAN_MARK) {
        return utf16(units, u16::from_be_bytes);
    }
    match bytes {
        // Without a mark: JSON and headers of tables begin with ASCII, whose other half is nothing (RFC 4627, §3).
        [first, 0, ..] if *first != 0 => utf16(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => utf16(bytes, u16::from_be_bytes),
        _ => Ok(Cow::Borrowed(bytes)),
    }
}

/// [`utf8`] that copies nothing where nothing changes.
///
/// # Errors
/// As there.
pub fn utf8_bytes(bytes: &Bytes) -> Result<Bytes, EncodingError> {
    Ok(match utf8(bytes)? {
        Cow::Borrowed(text) => bytes.slice_ref(text),
        Cow::Owned(text) => Bytes::from(text),
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, [u8]>, EncodingError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text.into_bytes())),
        _ => Err(EncodingError::DamagedUtf16),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    proptest! {
        #[test]
        fn a_text_is_read_whatever_mark_and_encoding_it_has(rest in "\\PC*") {
            let text = format!("[{rest}");
            let (little, big) = (utf16(&text, u16::to_le_bytes), utf16(&text, u16::to_be_bytes));
            let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
            for bytes in [
                text.clone().into_bytes(),
                marked(b"\xef\xbb\xbf", text.as_bytes()),
                marked(b"\xff\xfe", &little),
                marked(b"\xfe\xff", &big),
                little,
                big,
            ] {
                prop_assert_eq!(utf8(&bytes).unwrap().into_owned(), text.as_bytes());
            }
        }
    }

    #[test]
    fn what_is_no_text_is_called_by_its_name() {
        let of = |bytes: &'static [u8]| utf8(bytes).unwrap_err();
        assert_eq!(of(b"\xff\xfe{"), EncodingError::DamagedUtf16);
        assert_eq!(of(b"\xff\xfe\x00\xd8"), EncodingError::DamagedUtf16);
        assert_eq!(of(b"\xff\xfe\0\0{\0\0\0"), EncodingError::Utf32);
        assert_eq!(of(b"\x1f\x8b\x08"), EncodingError::Gzip);
        assert_eq!(of(b"PK\x03\x04"), EncodingError::Zip);
        let plain = Bytes::from_static(b"\xe4");
        assert_eq!(utf8_bytes(&plain).unwrap(), plain);
    }
}
