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

    /// The mask grown by a disc of `radius` pixels: the outline of a shape with the shape.
    #[must_use]
    pub fn grown(&self, radius: usize) -> Self {
        let reach = to_signed(radius);
        let mut grown =
            Self::empty(self.left - reach, self.top - reach, self.width + 2 * radius, self.height + 2 * radius);
        for down in 0..=2 * radius {
            let offset = to_signed(down) - reach;
            // Half a pixel more rounds the disc instead of leaving single tips.
            let half_width = ((f64::from(reach) + 0.5).powi(2) - f64::from(offset).powi(2)).max(0.0).sqrt();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the radius")]
            let half_width = (half_width as usize).min(radius);
            for across in radius - half_width..=radius + half_width {
                self.spread(&mut grown, across, down);
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

fn to_signed(pixels: usize) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
}

fn span(from: i32, to: i32) -> usize {
    usize::try_from(to - from).unwrap_or(0)
}

#[cfg(test)]
mod tests {
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
