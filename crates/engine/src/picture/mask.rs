//! Coverage: how much of each pixel a shape covers.

/// Coverage of a rectangle of the frame, one byte a pixel, 255 for all of it.
/// The rectangle may reach beyond the frame; what lies outside is not drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mask {
    /// Left edge in frame pixels.
    pub left: i32,
    /// Top edge in frame pixels.
    pub top: i32,
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Row by row.
    pub coverage: Vec<u8>,
}

impl Mask {
    /// A mask that covers nothing yet.
    #[must_use]
    pub fn empty(left: i32, top: i32, width: usize, height: usize) -> Self {
        Self { left, top, width, height, coverage: vec![0; width * height] }
    }

    /// The smallest mask that holds all `parts`; where they overlap the greater coverage counts.
    #[must_use]
    pub fn union(parts: &[Self]) -> Self {
        let parts = || parts.iter().filter(|part| part.width > 0 && part.height > 0);
        let left = parts().map(|part| part.left).min().unwrap_or(0);
        let top = parts().map(|part| part.top).min().unwrap_or(0);
        let right = parts().map(Self::right).max().unwrap_or(left);
        let bottom = parts().map(Self::bottom).max().unwrap_or(top);
        let mut whole = Self::empty(left, top, span(left, right), span(top, bottom));
        for part in parts() {
            whole.include(part);
        }
        whole
    }

    /// The same so many pixels further to the right and down.
    #[must_use]
    pub fn moved(&self, (right, down): (i32, i32)) -> Self {
        Self { left: self.left + right, top: self.top + down, ..self.clone() }
    }

    /// First column to the right of the mask.
    #[must_use]
    pub fn right(&self) -> i32 {
        self.left + to_signed(self.width)
    }

    /// First row below the mask.
    #[must_use]
    pub fn bottom(&self) -> i32 {
        self.top + to_signed(self.height)
    }

    /// A rectangle with round corners, which are smooth.
    #[must_use]
    pub fn rounded_rectangle(left: i32, top: i32, width: usize, height: usize, radius: usize) -> Self {
        let mut mask = Self { left, top, width, height, coverage: vec![255; width * height] };
        let radius = radius.min(width / 2).min(height / 2);
        for row in 0..radius {
            for column in 0..radius {
                let coverage = corner_coverage(column, row, radius);
                for row in [row, height - 1 - row] {
                    mask.coverage[row * width + column] = coverage;
                    mask.coverage[row * width + width - 1 - column] = coverage;
                }
            }
        }
        mask
    }

    /// The part of the mask between the given edges.
    #[must_use]
    pub fn clipped(&self, left: i32, top: i32, right: i32, bottom: i32) -> Self {
        let (left, top) = (left.max(self.left), top.max(self.top));
        let (width, height) = (span(left, right.min(self.right())), span(top, bottom.min(self.bottom())));
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        let mut part = Self::empty(left, top, width, height);
        if width > 0 {
            for (row, to) in part.coverage.chunks_exact_mut(width).enumerate() {
                let start = (row + span(self.top, top)) * self.width + span(self.left, left);
                to.copy_from_slice(&self.coverage[start..start + width]);
            }
        }
        part
    }

    /// The mask grown by a disc of `radius` pixels: the outline of a shape with the shape.
    ///
    /// The disc is a stack of rows. Rows are taken from the shortest to the longest, so
    /// that each widening starts from the one before: work grows with the radius, not
    /// with the disc's area.
    #[must_use]
    pub fn grown(&self, radius: usize) -> Self {
        let reach = to_signed(radius);
        let (width, height) = (self.width + 2 * radius, self.height + 2 * radius);
        let mut grown = Self::empty(self.left - reach, self.top - reach, width, height);
        let mut widened = Self::empty(self.left - reach, self.top, width, self.height);
        self.spread(&mut widened, radius, 0);
        let mut half_width = 0;
        for (offset, wanted) in (0..=radius).map(|offset| (offset, half_width_of_disc(radius, offset))).rev() {
            while half_width < wanted {
                half_width += 1;
                self.spread(&mut widened, radius - half_width, 0);
                self.spread(&mut widened, radius + half_width, 0);
            }
            widened.spread(&mut grown, 0, radius - offset);
            if offset > 0 {
                widened.spread(&mut grown, 0, radius + offset);
            }
        }
        grown
    }

    /// Raises `target` to this mask's coverage, moved by `across` and `down` inside it.
    fn spread(&self, target: &mut Self, across: usize, down: usize) {
        for row in 0..self.height {
            let from = &self.coverage[row * self.width..][..self.width];
            let to = &mut target.coverage[(row + down) * target.width + across..][..self.width];
            for (to, from) in to.iter_mut().zip(from) {
                *to = (*to).max(*from);
            }
        }
    }

    /// Raises this mask to the coverage of `part`, which must lie inside it.
    fn include(&mut self, part: &Self) {
        part.spread(self, span(self.left, part.left), span(self.top, part.top));
    }
}

/// Half the length of a disc's row that lies `offset` from its middle.
fn half_width_of_disc(radius: usize, offset: usize) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "tens of pixels")]
    let (exact, offset) = (radius as f64 + 0.5, offset as f64);
    // Half a pixel more rounds the disc instead of leaving single tips.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the radius")]
    let half_width = (exact.powi(2) - offset.powi(2)).max(0.0).sqrt() as usize;
    half_width.min(radius)
}

/// Coverage of a pixel in the upper left corner of a rounded rectangle.
fn corner_coverage(column: usize, row: usize, radius: usize) -> u8 {
    #[expect(clippy::cast_precision_loss, reason = "tens of pixels")]
    let (across, down, radius) = (radius as f64 - column as f64 - 0.5, radius as f64 - row as f64 - 0.5, radius as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
    let coverage = ((radius - across.hypot(down) + 0.5).clamp(0.0, 1.0) * 255.0).round() as u8;
    coverage
}

fn to_signed(pixels: usize) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
}

fn span(from: i32, to: i32) -> usize {
    usize::try_from(to - from).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_grown_point_is_a_disc() {
        let point = Mask { left: 5, top: 5, width: 1, height: 1, coverage: vec![200] };
        let disc = point.grown(2);
        assert_eq!((disc.left, disc.top, disc.width, disc.height), (3, 3, 5, 5));
        let rows: Vec<usize> =
            disc.coverage.chunks(5).map(|row| row.iter().filter(|value| **value == 200).count()).collect();
        assert_eq!(rows, [3, 5, 5, 5, 3]);
    }

    #[test]
    fn a_rounded_rectangle_is_full_but_for_its_corners() {
        let mask = Mask::rounded_rectangle(3, 4, 12, 10, 4);
        assert_eq!((mask.right(), mask.bottom()), (15, 14));
        let corners = [0, 11, 9 * 12, 9 * 12 + 11].map(|at| mask.coverage[at]);
        assert_eq!(corners, [0; 4]);
        assert_eq!([mask.coverage[4], mask.coverage[4 * 12], mask.coverage[5 * 12 + 6]], [255; 3]);
    }

    #[test]
    fn clipping_keeps_what_lies_inside() {
        let mask = Mask { left: -1, top: 2, width: 3, height: 2, coverage: vec![1, 2, 3, 4, 5, 6] };
        let part = mask.clipped(0, 3, 10, 10);
        assert_eq!(part, Mask { left: 0, top: 3, width: 2, height: 1, coverage: vec![5, 6] });
        assert!(mask.clipped(5, 5, 9, 9).coverage.is_empty());
        assert_eq!(mask.clipped(-9, -9, 9, 9), mask);
    }

    proptest! {
        #[test]
        fn growing_reaches_exactly_the_pixels_of_the_disc(points in proptest::collection::vec((0usize..9, 0usize..7), 1..5), radius in 0usize..7) {
            let mut mask = Mask::empty(0, 0, 9, 7);
            for (column, row) in &points {
                mask.coverage[row * 9 + column] = 255;
            }
            let grown = mask.grown(radius);
            for row in 0..grown.height {
                for column in 0..grown.width {
                    let near = points.iter().any(|(x, y)| {
                        let (across, down) = ((x + radius).abs_diff(column), (y + radius).abs_diff(row));
                        down <= radius && across <= half_width_of_disc(radius, down)
                    });
                    prop_assert_eq!(grown.coverage[row * grown.width + column] == 255, near);
                }
            }
        }
    }

    #[test]
    fn a_union_holds_every_part() {
        let parts = [
            Mask { left: -2, top: 0, width: 1, height: 1, coverage: vec![9] },
            Mask { left: 1, top: 3, width: 2, height: 1, coverage: vec![7, 8] },
            Mask::default(),
        ];
        let whole = Mask::union(&parts);
        assert_eq!((whole.left, whole.top, whole.right(), whole.bottom()), (-2, 0, 3, 4));
        assert_eq!(whole.coverage[0], 9);
        assert_eq!(whole.coverage[3 * 5 + 3..], [7, 8]);
    }
}
