//! CSV: the header names places in a spec (`title`, `output.fps`, `scenes.0.text`), each row
//! has what stands there. An empty cell says nothing.

use bytes::Bytes;
use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value};

use super::ManifestRow;

/// Places whose cells are text even where they read like a number.
const TEXTS: [&str; 7] = ["title", "script", "topic", "text", "name", "subtitle", "channel"];
/// The highest index that a place may have.
const MAX_INDEX: usize = 499;
/// The column that holds whole specs in JSON; other columns are added to them.
const SPEC: &str = "spec";

/// The rows below the header.
pub fn rows(text: &Bytes) -> Result<Vec<ManifestRow>, String> {
    let header_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // What spreadsheets write where the comma is the decimal sign.
    let delimiter = if header_line.contains(&b';') && !header_line.contains(&b',') { b';' } else { b',' };
    let mut reader = ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(text.as_ref());
    let header = reader.headers().map_err(|error| format!("its header cannot be read: {error}"))?;
    let places: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    if places.iter().all(String::is_empty) {
        return Err("its first line names no field of a spec".to_owned());
    }
    let records = reader.byte_records().map(|record| record.map_err(|error| error.to_string()));
    Ok(records.map(|record| row(&places, &record?)).collect())
}

fn row(places: &[String], record: &ByteRecord) -> ManifestRow {
    if record.len() > places.len() {
        return Err(format!("the row has {} cells, the header {}", record.len(), places.len()));
    }
    let mut cells = Vec::with_capacity(record.len());
    for (place, cell) in places.iter().zip(record) {
        let cell = std::str::from_utf8(cell).map_err(|_| format!("the cell of {place} is not UTF-8"))?;
        cells.push((place.as_str(), cell));
    }
    cells.retain(|(place, cell)| !place.is_empty() && !cell.trim().is_empty());
    let mut spec = Value::Object(Map::new());
    if let Some((_, cell)) = cells.iter().find(|(place, _)| *place == SPEC) {
        spec = serde_json::from_str(cell).map_err(|error| format!("the cell of spec is no JSON: {error}"))?;
    }
    for (place, cell) in cells.into_iter().filter(|(place, _)| *place != SPEC) {
        insert(&mut spec, place, value(place, cell))?;
    }
    Ok(Bytes::from(spec.to_string()))
}

/// What a cell means: text in places of text, else JSON where it reads like that.
fn value(place: &str, cell: &str) -> Value {
    let last = place.rsplit('.').next().unwrap_or_default();
    if TEXTS.contains(&last) {
        return Value::String(cell.to_owned());
    }
    match serde_json::from_str(cell) {
        Ok(Value::Null | Value::String(_)) | Err(_) => Value::String(cell.trim().to_owned()),
        Ok(value) => value,
    }
}

/// Puts a value where a place says, making what is missing on the way.
fn insert(spec: &mut Value, place: &str, value: Value) -> Result<(), String> {
    let conflict = || format!("the column {place} does not fit the others");
    let mut here = spec;
    for part in place.split('.') {
        here = match part.parse::<usize>() {
            Ok(index) if index > MAX_INDEX => return Err(format!("the column {place} counts too far")),
            Ok(index) => {
                if here.is_null() {
                    *here = Value::Array(Vec::new());
                }
                let items = here.as_array_mut().ok_or_else(conflict)?;
                if items.len() <= index {
                    items.resize(index + 1, Value::Null);
                }
                &mut items[index]
            }
            Err(_) => {
                if here.is_null() {
                    *here = Value::Object(Map::new());
                }
                here.as_object_mut().ok_or_else(conflict)?.entry(part).or_insert(Value::Null)
            }
        };
    }
    *here = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Vec<Result<Value, String>> {
        let rows = rows(&Bytes::from(text.to_owned())).unwrap();
        rows.into_iter().map(|row| row.map(|json| serde_json::from_slice(&json).unwrap())).collect()
    }

    #[test]
    fn columns_are_places_in_the_spec() {
        let text = "title,script,output.fps,output.aspect,captions.box,scenes.0.text,scenes.1.text\r\n\
            2024,\"Hello, \"\"world\"\".\",25,9:16,true,,\r\n,,,,,One.,\"Two\nlines.\"\r\n";
        assert_eq!(
            read(text),
            [
                Ok(json!({"title": "2024", "script": "Hello, \"world\".", "output": {"fps": 25, "aspect": "9:16"},
                "captions": {"box": true}})),
                Ok(json!({"scenes": [{"text": "One."}, {"text": "Two\nlines."}]})),
            ]
        );
    }

    #[test]
    fn a_column_holds_whole_specs_and_others_add_to_them() {
        let text = "spec;title\n\"{\"\"script\"\": \"\"a\"\"}\";First\nno JSON;Second\n";
        let read = read(text);
        assert_eq!(read[0], Ok(json!({"script": "a", "title": "First"})));
        assert!(read[1].as_ref().unwrap_err().contains("no JSON"));
    }

    #[test]
    fn a_bad_row_spoils_no_other() {
        let text = b"script,output.fps\nfirst,25\na,b,c\n\xff,25\nlast,25\n";
        let rows = rows(&Bytes::from_static(text)).unwrap();
        assert_eq!(rows.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, true]);
        assert!(read("a,a.b\nx,y\n")[0].is_err());
        assert!(read("scenes.99999.text\nx\n")[0].is_err());
        assert!(super::rows(&Bytes::from_static(b"\n")).is_err());
    }
}
