//! What stands around the specs of a batch: `{"videos": [spec, …], "channel": name}`, alike in requests and in manifests.

use bytes::Bytes;

use crate::excerpt::Quoted;
use crate::json::{Json, elements, escaped, skip_blanks};
use crate::spec::{CHANNEL, Draft, Violation};

const VIDEOS: &str = "videos";

/// The specs of a batch, each for itself, and what is said beside them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// In order. One that is broken is for its reader to refuse.
    pub specs: Vec<Bytes>,
    /// From what channel those take that name none.
    pub channel: Option<String>,
    /// Whether the list of specs ends with its bracket. Where it does not, the text may be cut off.
    pub is_whole: bool,
}

/// Why something is no batch.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// It is no JSON, and not only for what stands in one of the specs.
    #[error("it is not valid JSON: {}", .0.message)]
    Syntax(Violation),
    /// It is JSON of another kind.
    #[error("{}", .0.message)]
    Invalid(Violation),
}

fn invalid(name: &str, message: impl Into<String>) -> EnvelopeError {
    EnvelopeError::Invalid(Violation::new(format!("/{}", escaped(name)), message))
}

impl Envelope {
    /// Takes `{"videos": […]}` apart; `text` is UTF-8.
    ///
    /// # Errors
    /// [`EnvelopeError`] for what is nothing of that kind.
    pub fn parse(text: &Bytes) -> Result<Self, EnvelopeError> {
        let mut reader = Reader { text, at: 0 };
        if !reader.take(b'{') {
            return Err(match Json::parse(text) {
                Ok(other) => {
                    let message = format!("an object with `{VIDEOS}` is needed here, not {}", other.name());
                    EnvelopeError::Invalid(Violation::new("", message))
                }
                Err(fault) => EnvelopeError::Syntax(fault),
            });
        }
        let mut envelope = Self::default();
        let mut known: Vec<String> = Vec::new();
        while !reader.take(b'}') {
            let is_next = known.is_empty() || reader.take(b',');
            let name = reader.name().filter(|_| is_next).ok_or_else(|| reader.fault())?;
            if known.contains(&name) {
                return Err(invalid(&name, format!("{} is given twice", Quoted(&name))));
            }
            envelope.read_field(&name, &mut reader)?;
            if name == VIDEOS && !envelope.is_whole {
                return Ok(envelope);
            }
            known.push(name);
        }
        if skip_blanks(text, reader.at) < text.len() {
            return Err(reader.fault());
        }
        if !known.iter().any(|name| name == VIDEOS) {
            return Err(invalid(VIDEOS, format!("`{VIDEOS}` is needed: a list of specs")));
        }
        Ok(envelope)
    }

    fn read_field(&mut self, name: &str, reader: &mut Reader<'_>) -> Result<(), EnvelopeError> {
        match name {
            VIDEOS if reader.take(b'[') => (self.specs, self.is_whole) = reader.list(),
            VIDEOS => {
                let other = reader.value()?;
                return Err(invalid(name, format!("a list of specs is needed here, not {}", other.name())));
            }
            CHANNEL => match reader.value()? {
                Json::Null => {}
                Json::Text(channel) => self.channel = Some(channel),
                other => return Err(invalid(name, format!("a text is needed here, not {}", other.name()))),
            },
            _ => {
                let fields = format!("only `{CHANNEL}` and `{VIDEOS}`");
                return Err(invalid(name, format!("there is no field {} here, {fields}", Quoted(name))));
            }
        }
        Ok(())
    }
}

/// The elements of a list of specs; `inner` is the part of `text` behind its bracket. What follows the last bracket
/// is one more, to be refused.
pub fn list(text: &Bytes, inner: &[u8]) -> Envelope {
    let found = elements(inner);
    let surplus = found.rest.map(<[u8]>::trim_ascii).filter(|rest| !rest.is_empty());
    let specs = found.spans.into_iter().chain(surplus).map(|span| text.slice_ref(span)).collect();
    Envelope { specs, channel: None, is_whole: found.rest.is_some() }
}

/// A spec that takes from `channel` unless it says itself from which.
pub fn in_channel(spec: Bytes, channel: &str) -> Bytes {
    match Draft::parse(&spec) {
        Ok(mut draft) if !draft.has(CHANNEL) => {
            draft.add_text(CHANNEL, channel);
            draft.to_json()
        }
        // What cannot be read is refused by whoever reads it next.
        _ => spec,
    }
}

/// Goes through the fields of an object.
struct Reader<'a> {
    text: &'a Bytes,
    at: usize,
}

impl Reader<'_> {
    /// Passes a byte, if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let at = skip_blanks(self.text, self.at);
        let is_next = self.text.get(at) == Some(&byte);
        if is_next {
            self.at = at + 1;
        }
        is_next
    }

    /// The name of a field.
    fn name(&mut self) -> Option<String> {
        match Json::first_of(&self.text[self.at..])? {
            (Json::Text(name), length) => {
                self.at += length;
                self.take(b':').then_some(name)
            }
            _ => None,
        }
    }

    fn value(&mut self) -> Result<Json, EnvelopeError> {
        let (value, length) = Json::first_of(&self.text[self.at..]).ok_or_else(|| self.fault())?;
        self.at += length;
        Ok(value)
    }

    /// The elements of a list behind its bracket, and whether it ends.
    fn list(&mut self) -> (Vec<Bytes>, bool) {
        let found = elements(&self.text[self.at..]);
        self.at = self.text.len() - found.rest.map_or(0, <[u8]>::len);
        (found.spans.into_iter().map(|span| self.text.slice_ref(span)).collect(), found.rest.is_some())
    }

    /// Why it cannot go on.
    fn fault(&self) -> EnvelopeError {
        let fault = Json::parse(self.text).err();
        EnvelopeError::Syntax(fault.unwrap_or_else(|| Violation::new("", "it is not JSON")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Envelope, EnvelopeError> {
        Envelope::parse(&Bytes::from(text.to_owned()))
    }

    fn pointer(text: &str) -> String {
        match parse(text).unwrap_err() {
            EnvelopeError::Syntax(fault) => format!("syntax {}", fault.pointer),
            EnvelopeError::Invalid(fault) => fault.pointer,
        }
    }

    #[test]
    fn a_broken_spec_leaves_those_beside_it_and_the_channel() {
        let text =
            r#"{"videos":[{"title":"a","scenes":[{"duration_s":1}]},{"title":"x" oops},{"title":"b"}],"channel":"c"}"#;
        let envelope = parse(text).unwrap();
        assert_eq!(envelope.specs[1..], [&br#"{"title":"x" oops}"#[..], br#"{"title":"b"}"#]);
        assert_eq!((envelope.channel.as_deref(), envelope.is_whole), (Some("c"), true));
        assert_eq!(parse(r#" {"channel": null, "videos": [{}, 5] } "#).unwrap().specs, [&b"{}"[..], b"5"]);
        assert!(!parse(r#"{"videos": [{}, {"a""#).unwrap().is_whole);
    }

    #[test]
    fn what_is_no_batch_is_refused_with_the_place_of_its_fault() {
        for (text, wanted) in [
            ("[]", ""),
            ("{}", "/videos"),
            (r#"{"videos": {}}"#, "/videos"),
            (r#"{"videos": [], "a/b": 2}"#, "/a~1b"),
            (r#"{"videos": [], "videos": []}"#, "/videos"),
            (r#"{"videos": [], "channel": 5}"#, "/channel"),
            ("", "syntax "),
            ("{", "syntax "),
            (r#"{"videos": [] "channel": "c"}"#, "syntax "),
            (r#"{"videos": []} {}"#, "syntax "),
        ] {
            assert_eq!(pointer(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_spec_takes_from_the_channel_beside_it_unless_it_names_one() {
        let filled = |spec: &'static str| in_channel(Bytes::from_static(spec.as_bytes()), "c");
        assert_eq!(filled(r#"{"script":"a"}"#), r#"{"script":"a","channel":"c"}"#);
        for left in [r#"{"channel":"d"}"#, r#"{"channel":null}"#, "{", "5"] {
            assert_eq!(filled(left), left);
        }
    }
}
