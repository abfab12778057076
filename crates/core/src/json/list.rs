//! The elements of a list in JSON of which some may be broken: each is found for itself, so that what is wrong with
//! one spoils no other.

use std::ops::ControlFlow;

use serde::de::IgnoredAny;

/// How far the end of a broken element is looked for, in bytes: no row is as long.
const MAX_BROKEN_BYTES: usize = 1 << 20;
/// How often reading is taken up again behind an element that never ends. It bounds the work on what was made to be
/// tiresome.
const MAX_RESUMPTIONS: usize = 1000;

/// What stands between the brackets of a list.
pub struct Elements<'a> {
    /// Each without the blanks around it; whether it is JSON is for its reader to say.
    pub spans: Vec<&'a [u8]>,
    /// What follows the closing bracket; `None` where there is none.
    pub rest: Option<&'a [u8]>,
}

/// The elements of a list; `inner` begins behind its opening bracket.
pub fn elements(inner: &[u8]) -> Elements<'_> {
    let (mut spans, mut at, mut resumptions) = (Vec::new(), 0, 0);
    let mut resume = |from: usize| {
        resumptions += 1;
        (resumptions <= MAX_RESUMPTIONS).then(|| next_element(inner, from)).flatten()
    };
    loop {
        at = skip_blanks(inner, at);
        let end = match inner.get(at) {
            None => return Elements { spans, rest: None },
            Some(b',') => {
                at += 1;
                continue;
            }
            Some(b']') if is_end(&inner[at + 1..]) => return Elements { spans, rest: Some(&inner[at + 1..]) },
            // It belongs to a broken element.
            Some(b']') => match resume(at) {
                Some(next) => {
                    at = next;
                    continue;
                }
                None => return Elements { spans, rest: Some(&inner[at + 1..]) },
            },
            Some(_) => whole(inner, at).or_else(|| closed(inner, at)).or_else(|| resume(at)).unwrap_or(inner.len()),
        };
        let span = inner[at..end].trim_ascii_end();
        // An element that never ended goes as far as the one behind the comma.
        spans.push(span.strip_suffix(b",").unwrap_or(span).trim_ascii_end());
        at = end;
    }
}

/// The place of the next byte that is no blank (RFC 8259, §2).
pub fn skip_blanks(text: &[u8], from: usize) -> usize {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    text[from..].iter().position(|byte| !blank(byte)).map_or(text.len(), |count| from + count)
}

/// Whether what follows a bracket lets it be the list's last one: nothing, or the rest of the object around it.
fn is_end(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii();
    match rest.split_first() {
        None => true,
        Some((b'}', rest)) => rest.is_empty(),
        Some((b',', rest)) => rest.trim_ascii_start().starts_with(b"\""),
        Some(_) => false,
    }
}

/// Where the value at `at` ends, if it is JSON and the list goes on behind it.
fn whole(text: &[u8], at: usize) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_slice(&text[at..]).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    let end = at + values.byte_offset();
    matches!(text.get(skip_blanks(text, end)), None | Some(b',' | b']')).then_some(end)
}

/// Where a broken element ends by its brackets and quotation marks: at a comma or bracket of the list.
fn closed(text: &[u8], at: usize) -> Option<usize> {
    let mut brackets = Brackets::default();
    for (index, byte) in text[at..].iter().take(MAX_BROKEN_BYTES).enumerate() {
        match brackets.pass(*byte) {
            ControlFlow::Continue(()) => {}
            ControlFlow::Break(true) => return Some(at + index),
            ControlFlow::Break(false) => return None,
        }
    }
    None
}

/// The brackets that are open, and whether a text is.
#[derive(Default)]
struct Brackets {
    open: Vec<u8>,
    is_in_text: bool,
    is_escaped: bool,
}

impl Brackets {
    /// Goes on by a byte. Breaks with `true` where the element ends, with `false` where the list does and the
    /// element has not.
    fn pass(&mut self, byte: u8) -> ControlFlow<bool> {
        match byte {
            // No text of JSON goes over a line's end (RFC 8259, §7): a mark is missing.
            b'\n' => (self.is_in_text, self.is_escaped) = (false, false),
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' if self.is_in_text => self.is_escaped = true,
            b'"' => self.is_in_text = !self.is_in_text,
            _ if self.is_in_text => {}
            b'[' | b'{' => self.open.push(byte),
            b'}' => _ = self.close(b'{'),
            b']' if !self.close(b'[') => return ControlFlow::Break(self.open.is_empty()),
            b',' if self.open.is_empty() => return ControlFlow::Break(true),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    /// Closes a bracket and all that were opened since; whether it was open.
    fn close(&mut self, bracket: u8) -> bool {
        let at = self.open.iter().rposition(|open| *open == bracket);
        self.open.truncate(at.unwrap_or(self.open.len()));
        at.is_some()
    }
}

/// Where the next object begins behind a comma that is whole and stands in the list.
fn next_element(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += text.get(at..)?.iter().position(|byte| *byte == b',')? + 1;
        let start = skip_blanks(text, at);
        if text.get(start) == Some(&b'{')
            && let Some(end) = whole(text, start)
            && is_followed_by_more(text, end)
        {
            return Some(start);
        }
    }
}

fn is_followed_by_more(text: &[u8], end: usize) -> bool {
    let at = skip_blanks(text, end);
    match text.get(at) {
        Some(b']') => is_end(&text[at + 1..]),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(inner: &str) -> Vec<String> {
        let found = elements(inner.as_bytes());
        found.spans.into_iter().map(|span| String::from_utf8(span.to_vec()).unwrap()).collect()
    }

    #[test]
    fn elements_stand_between_commas_and_the_rest_behind_the_bracket() {
        let found = elements(br#" {"a": "]\",["} , 5, {"b": [1, {}]},] , "x": 1}"#);
        assert_eq!(found.spans, [&br#"{"a": "]\",["}"#[..], b"5", br#"{"b": [1, {}]}"#]);
        assert_eq!(found.rest, Some(&br#" , "x": 1}"#[..]));
        assert_eq!(elements(b"{}").rest, None);
        assert!(elements(b" ]").spans.is_empty());
    }

    /// Each way to break a row, between two that are whole.
    #[test]
    fn a_broken_element_swallows_none_of_those_behind_it() {
        let broken = [
            r#"{"title":"x" oops}"#,
            r#"{"title":}"#,
            r#"{"title":"x}"#,
            r#"{"title":"x"#,
            r#"{"title":"x""#,
            r#"{"title":x"}"#,
            r#"{"title":"x"}}"#,
            r#"{"scenes":[{"text":"x"}]]}"#,
            r#"{"scenes":[{"text":"x"}}"#,
            r#"{"scenes":[{"text":"x"},{"text":"y]}"#,
            r#"{"scenes":[{"text":"x},{"text":"y"}]}"#,
            r#"{"scenes":[{"text":"x""#,
            "{\"title\":\"x\ny\"}",
            "oops",
        ];
        for row in broken {
            for separator in [",", ",\n", " ,\r\n  "] {
                let (first, last) = (r#"{"title":"a"}"#, r#"{"title":"b","scenes":[{"text":"c"}]}"#);
                for end in ["]", "]}", "],\"channel\":\"c\"}"] {
                    let text = [first, row, last].join(separator) + end;
                    let found = split(&text);
                    assert_eq!(found.first().map(String::as_str), Some(first), "{text}");
                    assert_eq!(found.last().map(String::as_str), Some(last), "{text}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn what_was_made_to_be_tiresome_is_given_up() {
        let text = r#"{"a":[,{},"#.repeat(5000);
        assert!(split(&text).len() <= 3 * MAX_RESUMPTIONS);
    }

    proptest! {
        #[test]
        fn a_list_falls_into_the_elements_that_it_was_made_of(
            texts in prop::collection::vec("\\PC*", 1..6)
        ) {
            let values: Vec<_> = texts.iter().map(|text| serde_json::json!({"script": text, "x": [text]})).collect();
            let text = serde_json::to_string_pretty(&values).unwrap();
            let read: Vec<serde_json::Value> =
                split(&text[1..]).iter().map(|row| serde_json::from_str(row).unwrap()).collect();
            prop_assert_eq!(read, values);
        }

        #[test]
        fn any_bytes_are_taken_apart(bytes in prop::collection::vec(prop::sample::select(b"[]{},\"\\:1a\n ".to_vec()), 0..60)) {
            let found = elements(&bytes);
            prop_assert!(found.spans.iter().all(|span| span.len() <= bytes.len()));
        }
    }
}
