//! Rows of a plane that are about to be weighed.

use std::ops::Range;

use super::sums::widen;

/// A plane of samples.
#[derive(Clone, Copy)]
pub struct Plane<'a> {
    pub samples: &'a [u8],
    pub width: usize,
}

/// The rows that one row of the result is made of. The next one is made of most of them too, so each is made
/// ready once: row `n` stands in the place that is `n` modulo the number of places.
#[derive(Default)]
pub struct Window {
    columns: Range<usize>,
    places: usize,
    /// The row after the last that was taken.
    end: isize,
    samples: Vec<i16>,
}

impl Window {
    /// Begins with a plane of which only `columns` are needed, `places` rows at a time, from `first_row` on.
    pub fn open(&mut self, columns: Range<usize>, places: usize, first_row: isize) {
        self.samples.resize(columns.len() * places, 0);
        (self.columns, self.places, self.end) = (columns, places, first_row);
    }

    /// Takes what it does not have yet of `rows`, which begin no earlier than those before and are as many as
    /// there are places. Rows beyond the edges of `source` look like the edges.
    pub fn advance(&mut self, source: Plane<'_>, rows: Range<isize>) {
        let last = (source.samples.len() / source.width).saturating_sub(1);
        for row in self.end.max(rows.start)..rows.end {
            let inside = usize::try_from(row).unwrap_or(0).min(last);
            let samples = &source.samples[inside * source.width..][self.columns.clone()];
            let place = self.place(row);
            widen(samples, &mut self.samples[place]);
        }
        self.end = rows.end;
    }

    /// A row that was taken.
    pub fn row(&self, row: isize) -> &[i16] {
        &self.samples[self.place(row)]
    }

    fn place(&self, row: isize) -> Range<usize> {
        let place = row.rem_euclid(self.places.cast_signed()).cast_unsigned();
        place * self.columns.len()..(place + 1) * self.columns.len()
    }
}
