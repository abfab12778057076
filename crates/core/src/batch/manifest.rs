//! Manifests: files whose rows are specs, as JSON lines, as one JSON array or as CSV.

mod csv;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::BatchId;
use super::envelope::{self, Envelope};
use crate::json::{Json, utf8_bytes};

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
        let report_bytes = key.len() + 1 + BatchId::LENGTH + RESULTS.len();
        (is_manifest && report_bytes <= MAX_KEY_BYTES).then(|| Self(key.to_owned()))
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of the report on the rows that became `batch`: each upload has its own.
    #[must_use]
    pub fn results_key(&self, batch: BatchId) -> String {
        format!("{}.{batch}{RESULTS}", self.0)
    }
}

/// A manifest that was uploaded, as the bucket announces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Where it lies.
    pub key: ManifestKey,
    /// Names its content, if that is known.
    pub etag: Option<String>,
    /// Tells it from other uploads under its key; the same each time it is announced. Where the announcement does not
    /// say, the moment at which the object was written does.
    pub sequencer: Option<String>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestRow {
    /// Where it stands, from 1: the line of JSON lines, the element of a list, the number that a spreadsheet shows.
    pub number: u64,
    /// A spec in JSON, or why it cannot be read as one.
    pub spec: Result<Bytes, String>,
}

/// The rows of a manifest.
///
/// # Errors
/// Why it has none, for the person who wrote it.
pub fn rows(key: &ManifestKey, bytes: &Bytes) -> Result<Vec<ManifestRow>, String> {
    let text = utf8_bytes(bytes).map_err(|error| error.to_string())?;
    let extension = key.as_str().rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let rows = match extension.as_deref() {
        Some("jsonl" | "ndjson") => lines(&text),
        Some("json") => list(&text)?,
        Some("csv" | "tsv") => csv::rows(&text)?,
        _ => return Err("the name of a manifest ends in .jsonl, .json, .csv or .tsv".to_owned()),
    };
    match rows.len() {
        0 => Err("there is no row in it".to_owned()),
        1..=MAX_ROWS => Ok(rows),
        count => Err(format!("it has {count} rows; cut it into files of at most {MAX_ROWS}")),
    }
}

/// A spec a line; empty lines say nothing.
fn lines(text: &Bytes) -> Vec<ManifestRow> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let numbered = (1..).zip(lines).filter(|(_, line)| !line.is_empty());
    numbered.map(|(number, line)| ManifestRow { number, spec: Ok(text.slice_ref(line)) }).collect()
}

/// The elements of a list, or of `{"videos": […]}`.
fn list(text: &Bytes) -> Result<Vec<ManifestRow>, String> {
    let trimmed = text.trim_ascii();
    let Envelope { specs, channel, is_whole } = match trimmed.first() {
        Some(b'[') => envelope::list(text, &trimmed[1..]),
        Some(b'{') => Envelope::parse(text).map_err(|error| error.to_string())?,
        _ => return Err("it is neither a list of specs nor {\"videos\": [specs]}".to_owned()),
    };
    let is_cut_off = !is_whole && specs.last().is_none_or(|spec| Json::parse(spec).is_ok());
    let specs = specs.into_iter().map(|spec| match &channel {
        Some(channel) => Ok(envelope::in_channel(spec, channel)),
        None => Ok(spec),
    });
    let end = is_cut_off.then(|| Err("the list does not end: the file may be cut off".to_owned()));
    Ok((1..).zip(specs.chain(end)).map(|(number, spec)| ManifestRow { number, spec }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Vec<String>, String> {
        let key = ManifestKey::parse(&format!("batches/{name}")).unwrap();
        let rows = rows(&key, &Bytes::from(text.to_owned()))?;
        Ok(rows.into_iter().map(|row| row.spec.map_or_else(|fault| fault, text_of)).collect())
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
        assert_eq!(ManifestKey::parse(&format!("batches/{}.csv", "a".repeat(978))), None);
        let key = ManifestKey::parse("batches/März 1+2.csv").unwrap();
        let batch: BatchId = "01KAQ50B8R5T1V7W3X9Y2Z4C6D".parse().unwrap();
        assert_eq!(key.results_key(batch), "batches/März 1+2.csv.01KAQ50B8R5T1V7W3X9Y2Z4C6D.results.jsonl");
        assert_eq!(ManifestKey::parse(&key.results_key(batch)), None);
    }

    #[test]
    fn rows_are_lines_or_elements() {
        assert_eq!(
            read("a.jsonl", "\u{feff}{\"a\":1}\r\n\n {\"b\":2}\nno JSON").unwrap(),
            ["{\"a\":1}", "{\"b\":2}", "no JSON"]
        );
        assert_eq!(read("a.JSON", r#" [ {"a": 1} , {"b": [1, {}]},] "#).unwrap(), [r#"{"a": 1}"#, r#"{"b": [1, {}]}"#]);
        assert_eq!(read("a.json", r#"{"videos": [{"a": 1}, 2]}"#).unwrap(), [r#"{"a": 1}"#, "2"]);
        assert_eq!(read("a.json", r#"[{"a": 1}, {"broken": }, {"b": 2"#).unwrap().len(), 3);
        assert_eq!(read("a.json", r#"[{"a": 1}] oops"#).unwrap()[1], "oops");
        let cut_off = read("a.json", r#"{"videos": [{"a": 1},"#).unwrap();
        assert!(cut_off.len() == 2 && cut_off[1].contains("cut off"), "{cut_off:?}");
    }

    #[test]
    fn lines_keep_their_numbers() {
        let key = ManifestKey::parse("batches/a.jsonl").unwrap();
        let rows = rows(&key, &Bytes::from_static(b"{}\n\r\n{}\n")).unwrap();
        assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn a_channel_beside_the_specs_is_that_of_each() {
        let read = read("a.json", r#"{"channel": "c", "videos": [{"a": 1}, {"x" oops}, {"channel": "d"}]}"#).unwrap();
        assert_eq!(read, [r#"{"a":1,"channel":"c"}"#, r#"{"x" oops}"#, r#"{"channel": "d"}"#]);
        for text in [r#"{"videos": [], "colour": 1}"#, r#"{"videos": [{}], "videos": [{}]}"#] {
            assert!(super::tests::read("a.json", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_manifest_is_read_in_the_encodings_of_windows() {
        let utf16 =
            |text: &str| [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        for (name, text) in
            [("a.jsonl", "{\"a\":\"ä\"}\n"), ("a.json", "[{\"a\":\"ä\"}]"), ("a.tsv", "a\tb\r\nä\t\r\n")]
        {
            let key = ManifestKey::parse(&format!("batches/{name}")).unwrap();
            let read = rows(&key, &Bytes::from(utf16(text))).unwrap();
            assert_eq!(read[0].spec.as_ref().unwrap(), "{\"a\":\"ä\"}", "{name}");
        }
        let key = ManifestKey::parse("batches/a.csv").unwrap();
        assert!(rows(&key, &Bytes::from_static(b"PK\x03\x04")).unwrap_err().contains("ZIP"));
    }

    #[test]
    fn a_file_without_rows_says_what_a_manifest_is() {
        for (name, text) in [("a.txt", "{}"), ("a", "{}"), ("a.jsonl", "\n\n"), ("a.json", "[]"), ("a.json", "5")] {
            assert!(read(name, text).is_err(), "{name} {text}");
        }
    }
}
