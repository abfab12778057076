//! What a server sends, piece by piece.

use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, CONTENT_RANGE, HeaderMap};
use rushes_core::ports::MediaError;

use super::decode::Decoder;
use super::hosts::Place;
use super::refusal;
use crate::http::OpenAnswer;

/// Packed bytes that are unpacked at once: at most a megabyte comes of them.
const UNPACKED_AT_ONCE: usize = 1 << 10;

/// An answer that is no redirect.
#[derive(Debug)]
pub struct Answer {
    open: OpenAnswer,
    /// `None` once the body has ended.
    decoder: Option<Decoder>,
    packed: Bytes,
    received_bytes: u64,
    /// The longest wait for the next piece.
    read: Duration,
    place: Option<Place>,
}

/// A range of bytes and the size of the whole, where that is known (RFC 9110, §14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ContentRange {
    first: u64,
    last: u64,
    whole: Option<u64>,
}

impl Answer {
    pub fn new(open: OpenAnswer, place: Option<Place>, read: Duration) -> Self {
        Self { open, decoder: Some(Decoder::Plain), packed: Bytes::new(), received_bytes: 0, read, place }
    }

    /// Whether the server will not, or cannot, send a part: it is to be asked for the whole.
    pub fn refuses_range(&self) -> bool {
        match self.open.response.status().as_u16() {
            206 => content_range(self.headers()).is_none_or(|range| range.first != 0),
            401 | 404 | 408 | 410 | 425 | 429 => false,
            status => (400..500).contains(&status),
        }
    }

    /// Whether the file goes on behind what this answer brings.
    pub fn is_part(&self) -> bool {
        let range = content_range(self.headers());
        let ends_early = |range: ContentRange| range.whole.is_none_or(|whole| range.last.saturating_add(1) < whole);
        self.open.response.status() == StatusCode::PARTIAL_CONTENT && range.is_none_or(ends_early)
    }

    /// Sorts answers into files, refusals and failures that may pass. A host that asks for patience gets it.
    ///
    /// # Errors
    /// What the status means, where it brings no file.
    pub fn accept(&mut self) -> Result<(), MediaError> {
        if let Some(error) = refusal::of_status(self.open.response.status(), self.headers()) {
            if let (Some(place), Some(asked)) = (&self.place, error.retry_after()) {
                place.leave_alone(asked);
            }
            return Err(error);
        }
        self.decoder = Some(Decoder::of(self.headers())?);
        Ok(())
    }

    /// The size of the whole file, where the server says so.
    pub fn announced_bytes(&self) -> Option<u64> {
        match content_range(self.headers()) {
            Some(range) => range.whole,
            None if self.headers().contains_key(CONTENT_ENCODING) => None,
            None => self.open.response.content_length(),
        }
    }

    /// The next piece of the file; none may keep us waiting.
    ///
    /// # Errors
    /// When it does not come, or cannot be unpacked.
    pub async fn next(&mut self) -> Result<Option<Bytes>, MediaError> {
        loop {
            let is_part = self.is_part();
            let Some(decoder) = &mut self.decoder else { return Ok(None) };
            if !self.packed.is_empty() {
                let some = self.packed.split_to(self.packed.len().min(UNPACKED_AT_ONCE));
                let unpacked = decoder.push(&some)?;
                if unpacked.is_empty() {
                    continue;
                }
                return Ok(Some(unpacked.into()));
            }
            let is_plain = matches!(decoder, Decoder::Plain);
            match self.receive().await? {
                Some(bytes) if is_plain => return Ok(Some(bytes)),
                Some(bytes) => self.packed = bytes,
                None => {
                    let rest = self.decoder.take().map(|decoder| decoder.finish(is_part)).transpose()?;
                    return Ok(rest.filter(|rest| !rest.is_empty()).map(Bytes::from));
                }
            }
        }
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, MediaError> {
        // What is left, and what has come.
        let announced = self.open.response.content_length().map(|left| left.saturating_add(self.received_bytes));
        let received = tokio::time::timeout(self.read, self.open.chunk());
        let Ok(received) = received.await else { return Err(MediaError::unavailable("the server took too long")) };
        let broken = |error| refusal::of_broken(error, self.cut_off(announced));
        let bytes = received.map_err(broken)?;
        self.received_bytes += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Ok(bytes)
    }

    fn cut_off(&self, announced: Option<u64>) -> String {
        let received = self.received_bytes;
        match announced {
            Some(announced) => format!("the server sent {received} of {announced} bytes and broke off"),
            None => format!("the server broke off after {received} bytes"),
        }
    }

    fn headers(&self) -> &HeaderMap {
        self.open.response.headers()
    }
}

fn content_range(headers: &HeaderMap) -> Option<ContentRange> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?.trim();
    let (unit, rest) = text.split_once([' ', '\t', '='])?;
    let (range, whole) = rest.trim().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = ContentRange { first: number(first)?, last: number(last)?, whole: number(whole) };
    unit.eq_ignore_ascii_case("bytes").then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_with_and_without_the_size_of_the_whole() {
        let read = |text: &str| content_range(&HeaderMap::from_iter([(CONTENT_RANGE, text.parse().unwrap())]));
        assert_eq!(read("bytes 0-9/100"), Some(ContentRange { first: 0, last: 9, whole: Some(100) }));
        assert_eq!(read("Bytes 5-9/*"), Some(ContentRange { first: 5, last: 9, whole: None }));
        for text in ["bytes */100", "", "bytes", "lines 0-9/10", "bytes 0-/10", "bytes a-b/c"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
