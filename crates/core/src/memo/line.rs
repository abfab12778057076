//! In which order places are worked on.

use std::cmp::Reverse;
use std::collections::VecDeque;

/// Places, first come first served, but the largest of the last first: a large one at the very end
/// would be waited for while nothing else is left to do.
#[derive(Debug)]
pub struct Line<S> {
    fresh: VecDeque<usize>,
    /// Those that were held by others when their turn came.
    returned: VecDeque<Turn>,
    size: S,
    last: usize,
    is_at_the_last: bool,
}

/// Somebody's turn in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    pub place: usize,
    /// How often it was its turn before.
    pub asked: u32,
}

impl<S: Fn(usize) -> usize> Line<S> {
    /// The places below `count`, in order, but the `last` of them by `size`.
    pub fn new(count: usize, last: usize, size: S) -> Self {
        Self { fresh: (0..count).collect(), returned: VecDeque::new(), size, last, is_at_the_last: false }
    }

    /// Whose turn it is. Those who came back have theirs when nobody else is left.
    pub(super) fn next(&mut self) -> Option<Turn> {
        if !self.is_at_the_last && self.fresh.len() <= self.last {
            self.is_at_the_last = true;
            let size = &self.size;
            self.fresh.make_contiguous().sort_by_cached_key(|place| Reverse(size(*place)));
        }
        let fresh = self.fresh.pop_front().map(|place| Turn { place, asked: 0 });
        fresh.or_else(|| self.returned.pop_front())
    }

    /// Puts a place at the back of the line.
    pub(super) fn come_back(&mut self, Turn { place, asked }: Turn) {
        self.returned.push_back(Turn { place, asked: asked + 1 });
    }

    /// Lets a random place of the line be the next: who works on the same from the other end, as
    /// it were, is seldom met again.
    pub(super) fn go_on_elsewhere(&mut self) {
        if !self.is_at_the_last && !self.fresh.is_empty() {
            self.fresh.rotate_left(fastrand::usize(..self.fresh.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(line: &mut Line<impl Fn(usize) -> usize>) -> Vec<usize> {
        std::iter::from_fn(|| line.next()).map(|turn| turn.place).collect()
    }

    #[test]
    fn the_largest_of_the_last_go_first_and_all_others_in_order() {
        let sizes = [9, 1, 1, 3, 3, 8];
        for (last, order) in [(0, [0, 1, 2, 3, 4, 5]), (4, [0, 1, 5, 3, 4, 2]), (9, [0, 5, 3, 4, 1, 2])] {
            assert_eq!(places(&mut Line::new(6, last, |place| sizes[place])), order, "{last}");
        }
    }

    #[test]
    fn who_comes_back_waits_for_all_others() {
        let mut line = Line::new(4, 2, |_| 0);
        let first = line.next().unwrap();
        line.come_back(first);
        assert_eq!(places(&mut line), [1, 2, 3, 0]);
        line.come_back(Turn { place: 3, asked: 1 });
        assert_eq!(line.next(), Some(Turn { place: 3, asked: 2 }));
    }

    #[test]
    fn who_goes_on_elsewhere_leaves_nobody_out() {
        let mut line = Line::new(50, 4, |place| place);
        let mut seen: Vec<usize> = std::iter::from_fn(|| {
            line.go_on_elsewhere();
            line.next()
        })
        .map(|turn| turn.place)
        .collect();
        assert_ne!(seen, (0..50).collect::<Vec<_>>());
        seen.sort_unstable();
        assert_eq!(seen, (0..50).collect::<Vec<_>>());
    }
}
