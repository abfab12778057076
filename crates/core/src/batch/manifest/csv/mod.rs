//! CSV: the header names places in a spec (`title`, `output.fps`, `scenes.0.text`), each row
//! has what stands there. An empty cell says nothing, and nor does a row of such.

mod cells;
mod records;

use std::borrow::Cow;
use std::collections::HashSet;

use bytes::Bytes;

use self::records::{Record, Records};
use super::ManifestRow;
use crate::excerpt::Quoted;
use crate::json::Json;

/// The highest index that a place may have.
const MAX_INDEX: usize = 499;
/// The column that holds whole specs in JSON; other columns are added to them.
const SPEC: &str = "spec";
const NOT_UTF8: &str = "is not UTF-8: save the file as UTF-8 (in Excel: CSV UTF-8)";

/// The rows below the header.
pub fn rows(text: &Bytes) -> Result<Vec<ManifestRow>, String> {
    let layout = Layout::of(text);
    let mut records = Records::new(&text[layout.start..], layout.delimiter, layout.line);
    let header = records.find(|record| !record.is_blank()).ok_or("there is no row in it")?;
    let table = Table { places: places(header)?, has_decimal_comma: layout.delimiter != b',' };
    let rows = records.filter(|record| !record.is_blank()).map(|record| ManifestRow {
        number: record.number,
        spec: record.cells.map_err(|fault| fault.to_string()).and_then(|cells| table.spec(&cells)),
    });
    Ok(rows.collect())
}

/// What stands between cells, and where the header begins.
struct Layout {
    delimiter: u8,
    start: usize,
    line: u64,
}

impl Layout {
    fn of(text: &[u8]) -> Self {
        let line = |text: &[u8]| text.split(|byte| matches!(byte, b'\n' | b'\r')).next().map_or(0, <[u8]>::len);
        let first = &text[..line(text)];
        // What Excel reads, and some programs write for it.
        let mark = first.strip_prefix(b"\"").and_then(|first| first.strip_suffix(b"\"")).unwrap_or(first);
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] = mark {
            let end = if text[first.len()..].starts_with(b"\r\n") { 2 } else { 1 };
            return Self { delimiter: *delimiter, start: (first.len() + end).min(text.len()), line: 2 };
        }
        // Names of places hold none of them. A semicolon is what spreadsheets write where the comma is the decimal sign.
        let header = text.trim_ascii_start();
        let header = &header[..line(header)];
        let count = |delimiter: &u8| header.iter().filter(|byte| *byte == delimiter).count();
        let delimiter = [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',');
        Self { delimiter, start: 0, line: 1 }
    }
}

/// The names in a header, each once.
fn places(header: Record<'_>) -> Result<Vec<String>, String> {
    let unreadable = |reason: &str| format!("its header cannot be read: {reason}");
    let cells = header.cells.map_err(|fault| unreadable(&fault.to_string()))?;
    let mut known = HashSet::new();
    let mut places = Vec::with_capacity(cells.len());
    for cell in &cells {
        let place = std::str::from_utf8(cell).map_err(|_| unreadable(&format!("it {NOT_UTF8}")))?.trim();
        if !place.is_empty() && !known.insert(place) {
            return Err(format!("two of its columns are named {}", Quoted(place)));
        }
        places.push(place.to_owned());
    }
    Ok(places)
}

/// What the header says of the rows below it.
struct Table {
    places: Vec<String>,
    has_decimal_comma: bool,
}

impl Table {
    /// The spec that a row is.
    fn spec(&self, cells: &[Cow<'_, [u8]>]) -> Result<Bytes, String> {
        let mut said = Vec::with_capacity(cells.len());
        for (index, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.trim_ascii().is_empty()) {
            let place = self.places.get(index).filter(|place| !place.is_empty());
            let place =
                place.ok_or_else(|| format!("its cell number {} stands below no name of the header", index + 1))?;
            let cell = std::str::from_utf8(cell).map_err(|_| format!("the cell of {} {NOT_UTF8}", Quoted(place)))?;
            said.push((place.as_str(), cell));
        }
        let mut spec = Json::Object(Vec::new());
        if let Some((_, cell)) = said.iter().find(|(place, _)| *place == SPEC) {
            let fault = |message: String| format!("the cell of spec is not valid JSON: {message}");
            spec = Json::parse(cell.as_bytes()).map_err(|violation| fault(violation.message))?;
        }
        for (place, cell) in said.into_iter().filter(|(place, _)| *place != SPEC) {
            insert(&mut spec, place, cells::value(place, cell, self.has_decimal_comma))?;
        }
        Ok(Bytes::from(spec.to_text()))
    }
}

/// Puts a value where a place says, making what is missing on the way.
fn insert(spec: &mut Json, place: &str, value: Json) -> Result<(), String> {
    let conflict = || format!("the column {} does not fit the others", Quoted(place));
    let mut here = spec;
    for part in place.split('.') {
        here = match index(part) {
            Some(index) if index > MAX_INDEX => return Err(format!("the column {} counts too far", Quoted(place))),
            Some(index) => here.element(index).ok_or_else(conflict)?,
            None => here.field(part).ok_or_else(conflict)?,
        };
    }
    *here = value;
    Ok(())
}

/// A part of a place that is an index, written as one is.
fn index(part: &str) -> Option<usize> {
    part.parse().ok().filter(|index: &usize| index.to_string() == part)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(text: &str) -> Vec<Result<Value, String>> {
        let rows = rows(&Bytes::from(text.to_owned())).unwrap();
        rows.into_iter().map(|row| row.spec.map(|json| serde_json::from_slice(&json).unwrap())).collect()
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
        assert!(read[1].as_ref().unwrap_err().contains("not valid JSON"));
    }

    #[test]
    fn a_bad_row_spoils_no_other() {
        let text = b"script,output.fps\nfirst,25\na,b,c\n\xff,25\nlast,25\n";
        let rows = rows(&Bytes::from_static(text)).unwrap();
        assert_eq!(rows.iter().map(|row| row.spec.is_ok()).collect::<Vec<_>>(), [true, false, false, true]);
        assert!(read("a,a.b\nx,y\n")[0].is_err());
        assert!(read("scenes.99999.text\nx\n")[0].is_err());
        assert!(super::rows(&Bytes::from_static(b"\n")).is_err());
    }

    fn numbers(text: &str) -> Vec<(u64, bool)> {
        let rows = rows(&Bytes::from(text.to_owned())).unwrap();
        rows.into_iter().map(|row| (row.number, row.spec.is_ok())).collect()
    }

    #[test]
    fn rows_that_say_nothing_are_skipped_and_others_keep_their_numbers() {
        let text = "\n,,\ntitle,scenes.0.duration_s,quality\ne,1,draft\n,,,\n\n , ,\nf,1,draft,\n\"\",\"\",\"\"\n";
        assert_eq!(numbers(text), [(4, true), (8, true)]);
        assert_eq!(numbers("title,script\none,\"a\nb\"\ntwo,\"c\nthree,d"), [(2, true), (3, false), (4, true)]);
    }

    #[test]
    fn a_cell_below_no_name_is_a_fault_only_where_it_says_something() {
        assert_eq!(numbers("title,,script\na,,b,,\na,x,b\na,,b,x\n"), [(2, true), (3, false), (4, false)]);
    }

    #[test]
    fn tables_are_read_whatever_stands_between_their_cells() {
        let wanted = Ok(json!({"title": "d", "scenes": [{"duration_s": 1.5}]}));
        for text in [
            "title;scenes.0.duration_s\nd;1,5\n",
            "sep=;\r\ntitle;scenes.0.duration_s\r\nd;1,5\r\n",
            "\"sep=|\"\ntitle|scenes.0.duration_s\nd|1.5\n",
            "SEP=\t\rtitle\tscenes.0.duration_s\rd\t1,5",
            "title\tscenes.0.duration_s\nd\t1,5",
            "title,scenes.0.duration_s\nd,1.5",
        ] {
            assert_eq!(read(text)[..], *std::slice::from_ref(&wanted), "{text}");
        }
        assert_eq!(read("script\na\n"), [Ok(json!({"script": "a"}))]);
    }

    #[test]
    fn a_column_named_twice_is_refused() {
        let reason = rows(&Bytes::from_static(b"title, title\na,b\n")).unwrap_err();
        assert_eq!(reason, "two of its columns are named `title`");
        assert!(rows(&Bytes::from_static(b"title,\"b\na,b\n")).unwrap_err().contains("header"));
    }

    #[test]
    fn a_field_of_a_spec_in_a_cell_that_is_given_twice_stays_so() {
        let rows = rows(&Bytes::from_static(b"spec\n\"{\"\"a\"\": 1, \"\"a\"\": 2}\"\n")).unwrap();
        assert_eq!(rows[0].spec.as_ref().unwrap(), "{\"a\":1,\"a\":2}");
    }
}
