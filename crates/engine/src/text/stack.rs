//! Rows of a frame, one under another.

/// The first row, and the first below.
pub type Rows = (i32, i32);

/// A part of the frame, in whole pixels; empty where nothing is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rectangle {
    /// First column.
    pub left: i32,
    /// First row.
    pub top: i32,
    /// First column to the right.
    pub right: i32,
    /// First row below.
    pub bottom: i32,
}

impl From<(i32, i32, i32, i32)> for Rectangle {
    fn from((left, top, right, bottom): (i32, i32, i32, i32)) -> Self {
        Self { left, top, right, bottom }
    }
}

impl Rectangle {
    /// Whether both have a pixel in common.
    pub fn meets(&self, other: &Self) -> bool {
        let is_empty = |rectangle: &Self| rectangle.left >= rectangle.right || rectangle.top >= rectangle.bottom;
        let (columns, rows) =
            (self.left < other.right && other.left < self.right, self.top < other.bottom && other.top < self.bottom);
        columns && rows && !is_empty(self) && !is_empty(other)
    }

    /// Its rows.
    pub const fn rows(&self) -> Rows {
        (self.top, self.bottom)
    }
}

/// How far down each is to be moved so that they stand in this order inside `area`, at least `gap` apart, each as near
/// to its own place as those above let it be; an even number. `None` where they do not fit.
pub fn stack(all: &[Rows], area: Rows, gap: i32) -> Option<Vec<i32>> {
    // Even steps take a row at most.
    let area = (area.0 + 1, area.1);
    let mut tops = Vec::with_capacity(all.len());
    let mut free = area.0;
    for (top, bottom) in all {
        let height = bottom - top;
        let top = if height > 0 { (*top).max(free) } else { *top };
        tops.push(top);
        if height > 0 {
            free = top + height + gap;
        }
    }
    let mut free = area.1;
    for (top, (usual_top, bottom)) in tops.iter_mut().zip(all).rev() {
        let height = bottom - usual_top;
        if height > 0 {
            *top = (*top).min(free - height);
            if *top < area.0 {
                return None;
            }
            free = *top - gap;
        }
    }
    let even = |down: i32| down - down.rem_euclid(2);
    Some(tops.iter().zip(all).map(|(top, (usual_top, _))| even(top - usual_top)).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_below_is_moved_down_while_there_is_room_there() {
        assert_eq!(stack(&[(0, 20), (10, 30), (80, 90)], (-1, 100), 4), Some(vec![0, 14, 0]));
        assert_eq!(stack(&[(40, 60), (50, 98)], (-1, 100), 4), Some(vec![-12, 2]));
        assert_eq!(stack(&[(0, 60), (40, 90)], (-1, 100), 4), None);
    }

    proptest! {
        #[test]
        fn what_is_stacked_does_not_meet(all in proptest::collection::vec((0i32..300, 1i32..80), 1..5)) {
            let all: Vec<Rows> = all.into_iter().map(|(top, height)| (top, top + height)).collect();
            let heights: i32 = all.iter().map(|(top, bottom)| bottom - top + 4).sum();
            let Some(down) = stack(&all, (0, 300), 4) else {
                prop_assert!(heights > 295);
                return Ok(());
            };
            let moved: Vec<Rows> = all.iter().zip(&down).map(|((top, bottom), down)| (top + down, bottom + down)).collect();
            prop_assert!(moved.windows(2).all(|pair| pair[0].1 < pair[1].0), "{moved:?}");
            prop_assert!(moved.iter().all(|(top, bottom)| *top >= 0 && *bottom <= 300), "{moved:?}");
        }
    }
}
