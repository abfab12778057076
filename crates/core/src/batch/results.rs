//! The report on a manifest: a line of JSON for each row.

use bytes::Bytes;
use serde::Serialize;

use super::rows::{Refusal, RowOutcome};
use crate::task::TaskId;

/// A report that grows row by row.
#[derive(Debug, Default)]
pub struct Results(Vec<u8>);

#[derive(Serialize)]
struct Line<'a> {
    /// As [`super::ManifestRow`] counts; none where the manifest as a whole is meant.
    row: Option<u64>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<TaskId>,
    #[serde(flatten)]
    refusal: Option<&'a Refusal>,
}

impl Results {
    /// The first `rows` lines of a report that was begun before.
    pub fn resume(begun: &[u8], rows: u64) -> Self {
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        let lines = begun.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        Self(lines.take(rows).flatten().copied().collect())
    }

    /// Adds why a manifest is not read (to its end).
    pub fn add_unreadable(&mut self, reason: String) {
        let refusal = Refusal::new("invalid_manifest", reason);
        self.push(&Line { row: None, status: "rejected", id: None, refusal: Some(&refusal) });
    }

    /// Adds what became of a row; nothing for one of which nothing is known.
    pub fn add(&mut self, row: u64, outcome: &RowOutcome) {
        let row = Some(row);
        match outcome {
            RowOutcome::Accepted(id) => self.push(&Line { row, status: "accepted", id: Some(*id), refusal: None }),
            RowOutcome::Rejected(refusal) => {
                self.push(&Line { row, status: "rejected", id: None, refusal: Some(refusal) });
            }
            RowOutcome::Unavailable(_) => {}
        }
    }

    /// The whole report so far.
    pub fn to_bytes(&self) -> Bytes {
        Bytes::copy_from_slice(&self.0)
    }

    fn push(&mut self, line: &Line<'_>) {
        // Texts and numbers: there is nothing in it that cannot be written.
        if let Ok(text) = serde_json::to_vec(line) {
            self.0.extend_from_slice(&text);
            self.0.push(b'\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_goes_on_where_it_is_certain() {
        let mut results = Results::default();
        for row in 1..=3 {
            results.add(row, &RowOutcome::Accepted(TaskId::generate()));
        }
        let whole = results.to_bytes();
        assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count(), 3);
        let begun = Results::resume(&whole[..whole.len() - 1], 3).to_bytes();
        assert_eq!(begun, Results::resume(&whole, 2).to_bytes());
        assert!(whole.starts_with(&begun) && begun.ends_with(b"\n"));
    }

    #[test]
    fn a_refused_row_says_why() {
        let mut results = Results::default();
        let refusal = Refusal::new("invalid_spec", "no".to_owned());
        results.add(7, &RowOutcome::Rejected(refusal));
        assert_eq!(
            results.to_bytes(),
            "{\"row\":7,\"status\":\"rejected\",\"code\":\"invalid_spec\",\"detail\":\"no\"}\n"
        );
    }
}
