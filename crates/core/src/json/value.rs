//! JSON as it was written: fields in their order, doubled ones included.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::utf8;
use crate::spec::Violation;

const NOT_UTF8: &str = "it is not UTF-8: save it as UTF-8";

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads a whole document.
    ///
    /// # Errors
    /// With the place where it stops being JSON.
    pub fn parse(bytes: &[u8]) -> Result<Self, Violation> {
        let text = utf8(bytes).map_err(|error| Violation::new("", error.to_string()))?;
        Self::of_text(&text).map_err(|fault| {
            if std::str::from_utf8(&text).is_ok() { fault } else { Violation::new(fault.pointer, NOT_UTF8) }
        })
    }

    fn of_text(text: &[u8]) -> Result<Self, Violation> {
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let json = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| Violation::new(pointer(error.path()), error.inner().to_string()))?;
        deserializer.end().map_err(|error| Violation::new("", error.to_string()))?;
        Ok(json)
    }

    /// Reads the value that `text` begins with; tells where it ends.
    pub fn first_of(text: &[u8]) -> Option<(Self, usize)> {
        let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Self>();
        let value = values.next()?.ok()?;
        Some((value, values.byte_offset()))
    }

    /// An object with these fields, as text.
    pub fn written(fields: &[(String, Self)]) -> String {
        let fields: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), value.to_text())).collect();
        format!("{{{}}}", fields.join(","))
    }

    /// What a list has at an index; missing elements are made of nothing. `None` for what is no list.
    pub fn element(&mut self, index: usize) -> Option<&mut Self> {
        if *self == Self::Null {
            *self = Self::List(Vec::new());
        }
        let Self::List(items) = self else { return None };
        if items.len() <= index {
            items.resize(index + 1, Self::Null);
        }
        items.get_mut(index)
    }

    /// What an object has in a field, which is made where it is missing. `None` for what is no object.
    pub fn field(&mut self, name: &str) -> Option<&mut Self> {
        if *self == Self::Null {
            *self = Self::Object(Vec::new());
        }
        let Self::Object(fields) = self else { return None };
        let at = fields.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            fields.push((name.to_owned(), Self::Null));
            fields.len() - 1
        });
        fields.get_mut(at).map(|(_, value)| value)
    }

    /// The value in JSON.
    pub fn to_text(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Boolean(boolean) => boolean.to_string(),
            // The shortest text that is read as the same number; whole ones have no point.
            Self::Number(number) => number.to_string(),
            Self::Text(text) => Value::from(text.as_str()).to_string(),
            Self::List(items) => format!("[{}]", items.iter().map(Self::to_text).collect::<Vec<_>>().join(",")),
            Self::Object(fields) => Self::written(fields),
        }
    }

    /// What it is, for a message.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// A field's name in a JSON pointer (RFC 6901, §3).
pub fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", escaped(key))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Boolean(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "no field takes a number that large")]
    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "no field takes a number that large")]
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Json::Object(entries))
    }
}
