//! Manifests: files whose rows are specs, as JSON lines, as one JSON array or as CSV.

mod csv;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where manifests are dropped.
const FOLDER: &str = "batches/";
/// What is added to a manifest's key for the report on its rows.
const RESULTS: &str = ".results.jsonl";
/// The longest key that S3 takes, in bytes.
const MAX_KEY_BYTES: usize = 1024;
/// The most rows of one manifest.
const MAX_ROWS: usize = 50_000;

/// The key of a manifest in the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ManifestKey(String);

impl ManifestKey {
    /// `None` for a key that is none of a manifest: elsewhere, a folder, or a report on one.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let name = key.strip_prefix(FOLDER)?;
        let is_manifest = !name.is_empty() && !name.ends_with('/') && !name.ends_with(RESULTS);
        (is_manifest && key.len() + RESULTS.len() <= MAX_KEY_BYTES).then(|| Self(key.to_owned()))
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of the report on its rows.
    #[must_use]
    pub fn results_key(&self) -> String {
        format!("{}{RESULTS}", self.0)
    }
}

/// One row: a spec in JSON, or why it cannot be read as one.
pub type ManifestRow = Result<Bytes, String>;

/// The rows of a manifest.
///
/// # Errors
/// Why it has none, for the person who wrote it.
pub fn rows(key: &ManifestKey, bytes: &Bytes) -> Result<Vec<ManifestRow>, String> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").map_or_else(|| bytes.clone(), |text| bytes.slice_ref(text));
    let extension = key.as_str().rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let rows = match extension.as_deref() {
        Some("jsonl" | "ndjson") => lines(&text),
        Some("json") => array(&text)?,
        Some("csv") => csv::rows(&text)?,
        _ => return Err("the name of a manifest ends in .jsonl, .json or .csv".to_owned()),
    };
    match rows.len() {
        0 => Err("there is no row in it".to_owned()),
        1..=MAX_ROWS => Ok(rows),
        count => Err(format!("it has {count} rows; cut it into files of at most {MAX_ROWS}")),
    }
}

/// A spec a line; empty lines say nothing.
fn lines(text: &Bytes) -> Vec<ManifestRow> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    lines.map(|line| Ok(text.slice_ref(line))).collect()
}

/// The elements of an array, or of `{"videos": […]}`. They are told apart by brackets and
/// quotation marks alone, so that one that is no JSON spoils no other.
fn array(text: &Bytes) -> Result<Vec<ManifestRow>, String> {
    let wanted = "it is neither an array of specs nor {\"videos\": [specs]}";
    let trimmed = text.trim_ascii();
    if trimmed.starts_with(b"{") {
        let value: Value = serde_json::from_slice(trimmed).map_err(|error| format!("it is no JSON: {error}"))?;
        let Some(Value::Array(specs)) = value.get("videos") else { return Err(wanted.to_owned()) };
        return Ok(specs.iter().map(|spec| Ok(Bytes::from(spec.to_string()))).collect());
    }
    let Some(inner) = trimmed.strip_prefix(b"[") else { return Err(wanted.to_owned()) };
    Ok(elements(inner).into_iter().map(|element| Ok(text.slice_ref(element))).collect())
}

/// What stands between the commas of an array without its first bracket.
fn elements(inner: &[u8]) -> Vec<&[u8]> {
    let (mut elements, mut start) = (Vec::new(), 0);
    let (mut depth, mut in_string, mut is_escaped) = (0_u32, false, false);
    for (index, byte) in inner.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth > 0 => depth -= 1,
            b',' | b']' if depth == 0 => {
                elements.push(inner[start..index].trim_ascii());
                start = index + 1;
                if *byte == b']' {
                    break;
                }
            }
            _ => {}
        }
    }
    // What follows the last bracket, or a file that ends too early: a row that will be refused.
    elements.push(inner[start..].trim_ascii());
    elements.retain(|element| !element.is_empty());
    elements
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(name: &str, text: &str) -> Result<Vec<String>, String> {
        let key = ManifestKey::parse(&format!("batches/{name}")).unwrap();
        let rows = rows(&key, &Bytes::from(text.to_owned()))?;
        Ok(rows.into_iter().map(|row| row.map_or_else(|fault| fault, text_of)).collect())
    }

    #[expect(clippy::needless_pass_by_value, reason = "reads well where it is used")]
    fn text_of(bytes: Bytes) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn only_files_in_the_folder_are_manifests_and_reports_are_none() {
        for bad in ["a.csv", "batches/", "batches/a/", "batches/a.csv.results.jsonl", "tasks/batches/a.csv"] {
            assert_eq!(ManifestKey::parse(bad), None, "{bad}");
        }
        assert_eq!(ManifestKey::parse(&format!("batches/{}.csv", "a".repeat(1005))), None);
        let key = ManifestKey::parse("batches/März 1+2.csv").unwrap();
        assert_eq!(key.results_key(), "batches/März 1+2.csv.results.jsonl");
        assert_eq!(ManifestKey::parse(&key.results_key()), None);
    }

    #[test]
    fn rows_are_lines_or_elements() {
        assert_eq!(
            read("a.jsonl", "\u{feff}{\"a\":1}\r\n\n {\"b\":2}\nno JSON").unwrap(),
            ["{\"a\":1}", "{\"b\":2}", "no JSON"]
        );
        assert_eq!(
            read("a.JSON", r#" [ {"a": "]\",["} , {"b": [1, {}]},] "#).unwrap(),
            [r#"{"a": "]\",["}"#, r#"{"b": [1, {}]}"#]
        );
        assert_eq!(read("a.json", r#"{"videos": [{"a": 1}, 2]}"#).unwrap(), [r#"{"a":1}"#, "2"]);
        assert_eq!(read("a.json", r#"[{"a": 1}, {"broken": }, {"b": 2"#).unwrap().len(), 3);
    }

    #[test]
    fn a_file_without_rows_says_what_a_manifest_is() {
        for (name, text) in [("a.txt", "{}"), ("a", "{}"), ("a.jsonl", "\n\n"), ("a.json", "[]"), ("a.json", "5")] {
            assert!(read(name, text).is_err(), "{name} {text}");
        }
    }

    proptest! {
        #[test]
        fn an_array_falls_into_the_elements_that_it_was_made_of(
            texts in prop::collection::vec("\\PC*", 1..6)
        ) {
            let specs: Vec<Value> = texts.iter().map(|text| serde_json::json!({"script": text, "x": [text]})).collect();
            let rows = read("a.json", &serde_json::to_string_pretty(&specs).unwrap()).unwrap();
            let read: Vec<Value> = rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
            prop_assert_eq!(read, specs);
        }
    }
}
