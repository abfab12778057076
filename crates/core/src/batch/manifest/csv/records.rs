//! Rows of a table, read strictly as RFC 4180, §2 has them: a quotation mark that is missing or surplus is a fault of
//! its row, and never makes other rows part of a cell.

use std::borrow::Cow;

/// The longest cell in quotation marks, in bytes: no spec is as large. What seems longer never ends.
const MAX_QUOTED_BYTES: usize = 1 << 20;
const QUOTE: u8 = b'"';

/// The texts of a row's cells.
pub type Cells<'a> = Vec<Cow<'a, [u8]>>;

/// A row as it was written.
#[derive(Debug)]
pub struct Record<'a> {
    /// The number that a spreadsheet shows beside it, from 1.
    pub number: u64,
    /// Its cells, or why it has none.
    pub cells: Result<Cells<'a>, QuoteFault>,
}

impl Record<'_> {
    /// Whether no cell says anything.
    pub fn is_blank(&self) -> bool {
        self.cells.as_ref().is_ok_and(|cells| cells.iter().all(|cell| cell.trim_ascii().is_empty()))
    }
}

/// What is wrong with a row's quotation marks, and in which line of the file, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteFault {
    /// One opens a cell, and none closes it.
    #[error("line {line}: a quotation mark opens a cell and none closes it")]
    NeverClosed {
        /// Where it stands.
        line: u64,
    },
    /// One stands inside a cell.
    #[error("line {line}: a quotation mark stands inside a cell: put the cell in quotation marks and write it twice")]
    Stray {
        /// Where it stands.
        line: u64,
    },
}

/// Reads row by row.
pub struct Records<'a> {
    text: &'a [u8],
    delimiter: u8,
    /// Where the next row begins.
    at: usize,
    /// In which line that is.
    line: u64,
    number: u64,
}

/// A quotation mark that is to blame, and behind which line reading goes on.
struct Blame {
    at: usize,
    is_never_closed: bool,
}

/// A cell that was read.
struct Cell<'a> {
    text: Cow<'a, [u8]>,
    end: usize,
    /// Where it opens, if it goes over lines and its last mark could just as well open a cell of a later row.
    suspect: Option<usize>,
}

impl<'a> Records<'a> {
    /// The rows of `text`, whose first line is the `line`-th of the file.
    pub const fn new(text: &'a [u8], delimiter: u8, line: u64) -> Self {
        Self { text, delimiter, at: 0, line, number: 0 }
    }

    /// The cells of the row at `self.at`, and where the next one begins.
    fn row(&self) -> Result<(Cells<'a>, usize), Blame> {
        let (mut cells, mut at, mut suspect) = (Vec::new(), self.at, None);
        loop {
            // A mark that is wrong tells of one before it that was not what it seemed.
            let cell =
                self.cell(at).map_err(|blame| suspect.map_or(blame, |at| Blame { at, is_never_closed: true }))?;
            suspect = suspect.or(cell.suspect);
            cells.push(cell.text);
            match self.text.get(cell.end) {
                Some(byte) if *byte == self.delimiter => at = cell.end + 1,
                _ => return Ok((cells, behind_line(self.text, cell.end))),
            }
        }
    }

    fn cell(&self, at: usize) -> Result<Cell<'a>, Blame> {
        let opening = self.skip_blanks(at);
        if self.text.get(opening) == Some(&QUOTE) {
            return self.quoted(opening);
        }
        let ends = |byte: &u8| *byte == self.delimiter || is_line_end(*byte);
        let end = self.text[at..].iter().position(ends).map_or(self.text.len(), |length| at + length);
        match self.text[at..end].iter().position(|byte| *byte == QUOTE) {
            Some(index) => Err(Blame { at: at + index, is_never_closed: false }),
            None => Ok(Cell { text: Cow::Borrowed(&self.text[at..end]), end, suspect: None }),
        }
    }

    fn quoted(&self, opening: usize) -> Result<Cell<'a>, Blame> {
        let never_closed = Blame { at: opening, is_never_closed: true };
        let Some(closing) = self.closing(opening + 1) else { return Err(never_closed) };
        let inside = &self.text[opening + 1..closing];
        // What opens a cell follows a delimiter or begins a line.
        let before = inside.iter().rposition(|byte| !self.is_blank(*byte)).map(|index| inside[index]);
        let goes_over_lines = inside.iter().copied().any(is_line_end);
        let could_open = goes_over_lines && before.is_some_and(|byte| byte == self.delimiter || is_line_end(byte));
        let end = self.skip_blanks(closing + 1);
        match self.text.get(end) {
            Some(byte) if *byte != self.delimiter && !is_line_end(*byte) => {
                Err(if could_open { never_closed } else { Blame { at: closing, is_never_closed: false } })
            }
            _ => Ok(Cell { text: unescaped(inside), end, suspect: could_open.then_some(opening) }),
        }
    }

    /// The mark that closes a cell whose text begins at `at`: one that does not stand twice.
    fn closing(&self, mut at: usize) -> Option<usize> {
        let limit = (at + MAX_QUOTED_BYTES).min(self.text.len());
        loop {
            at += self.text[at.min(limit)..limit].iter().position(|byte| *byte == QUOTE)?;
            if self.text.get(at + 1) != Some(&QUOTE) {
                return Some(at);
            }
            at += 2;
        }
    }

    fn skip_blanks(&self, at: usize) -> usize {
        let blanks = self.text[at..].iter().take_while(|byte| self.is_blank(**byte)).count();
        at + blanks
    }

    fn is_blank(&self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\t') && byte != self.delimiter
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        if self.at >= self.text.len() {
            return None;
        }
        self.number += 1;
        let (cells, next) = match self.row() {
            Ok((cells, next)) => (Ok(cells), next),
            Err(Blame { at, is_never_closed }) => {
                let line = self.line + line_ends(&self.text[self.at..at]);
                let fault = if is_never_closed { QuoteFault::NeverClosed { line } } else { QuoteFault::Stray { line } };
                (Err(fault), behind_line(self.text, at))
            }
        };
        self.line += line_ends(&self.text[self.at..next]);
        self.at = next;
        Some(Record { number: self.number, cells })
    }
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Where the line behind that of `at` begins. Lines end with LF, CR LF, or, as old Macs have it, CR.
fn behind_line(text: &[u8], at: usize) -> usize {
    match text[at..].iter().position(|byte| is_line_end(*byte)).map(|length| at + length) {
        Some(end) if text[end..].starts_with(b"\r\n") => end + 2,
        Some(end) => end + 1,
        None => text.len(),
    }
}

fn line_ends(text: &[u8]) -> u64 {
    let (mut count, mut at) = (0, 0);
    while let Some(length) = text[at..].iter().position(|byte| is_line_end(*byte)) {
        at = behind_line(text, at + length);
        count += 1;
    }
    count
}

/// The text of a cell, in which a mark stands for two.
fn unescaped(inside: &[u8]) -> Cow<'_, [u8]> {
    if !inside.contains(&QUOTE) {
        return Cow::Borrowed(inside);
    }
    let mut text = Vec::with_capacity(inside.len());
    let mut was_quote = false;
    for byte in inside {
        was_quote = *byte == QUOTE && !was_quote;
        if !was_quote {
            text.push(*byte);
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<Result<Vec<String>, QuoteFault>> {
        let texts =
            |cells: Cells<'_>| cells.into_iter().map(|cell| String::from_utf8(cell.into_owned()).unwrap()).collect();
        Records::new(text.as_bytes(), b',', 1).map(|record| record.cells.map(texts)).collect()
    }

    fn cells(texts: &[&str]) -> Result<Vec<String>, QuoteFault> {
        Ok(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn a_cell_in_marks_holds_delimiters_lines_and_marks() {
        assert_eq!(
            read("a,\"b, \"\"c\"\"\",d\r\n \"two\nlines\" ,\"\",\r\rlast"),
            [cells(&["a", "b, \"c\"", "d"]), cells(&["two\nlines", "", ""]), cells(&[""]), cells(&["last"])]
        );
    }

    /// Rows that are whole stand before and behind each that is not.
    #[test]
    fn a_mark_that_never_closes_costs_one_row_whatever_follows() {
        let behind: [&[&str]; 7] = [
            &["three,hello,draft", "four,hello,draft"],
            &["three,\"quoted, text\",draft", "four,hello,draft"],
            &["\"three\",\"hello\",\"draft\""],
            &["three,\"\",draft", "four,\"x\",draft"],
            &["three,\", text\",draft", "four,hello,draft"],
            &["three,hello", "\"four\",x,draft"],
            &[],
        ];
        for broken in ["two,\"hello,draft", "\"two,hello,draft", "two,hello,\"draft", "two,\"say \"\"hi\"\",draft"] {
            for rows in behind {
                let text = [&["one,\"a\nb\",draft", broken], rows].concat().join("\n");
                let read = read(&text);
                assert_eq!(read[0], cells(&["one", "a\nb", "draft"]), "{text}");
                assert_eq!(read[1], Err(QuoteFault::NeverClosed { line: 3 }), "{text}");
                assert_eq!(read.len(), rows.len() + 2, "{text}");
                assert!(read[2..].iter().all(Result::is_ok), "{text}: {read:?}");
            }
        }
    }

    #[test]
    fn a_surplus_mark_costs_its_row() {
        for broken in ["5\" disk,b", "a,b\"", "a,\"b\"c", "a,\"b\"\"\"c", "\"a\"b,\"c\"", "a,\"b\" \"c\""] {
            let read = read(&format!("one,a\n{broken}\nthree,b\n"));
            assert_eq!(
                read,
                [cells(&["one", "a"]), Err(QuoteFault::Stray { line: 2 }), cells(&["three", "b"])],
                "{broken}"
            );
        }
        assert_eq!(read("a,\"two\nlines\"x\nb,c"), [Err(QuoteFault::Stray { line: 2 }), cells(&["b", "c"])]);
        assert_eq!(read("\"two\nlines\",x\"\nb,c"), [Err(QuoteFault::Stray { line: 2 }), cells(&["b", "c"])]);
    }

    proptest! {
        #[test]
        fn what_was_written_by_the_rules_is_read_as_it_was(
            rows in prop::collection::vec(prop::collection::vec("[a-c\", \r\n]{0,6}", 2..4), 1..6),
        ) {
            let cell = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(",");
            let text = rows.iter().map(line).collect::<Vec<_>>().join("\r\n");
            prop_assert_eq!(read(&text), rows.into_iter().map(Ok).collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(prop::sample::select(b"ab\",\n\r ".to_vec()), 0..60)) {
            let numbers: Vec<u64> = Records::new(&bytes, b',', 1).map(|record| record.number).collect();
            prop_assert_eq!(numbers.clone(), (1..=numbers.len() as u64).collect::<Vec<_>>());
        }
    }
}
