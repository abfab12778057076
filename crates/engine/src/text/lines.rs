//! Where lines and pages of words end.

use std::ops::Range;

/// The space that a word takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// Pixels across.
    pub width: f32,
    /// Pixels between it and a word before it on the same line.
    pub gap: f32,
}

/// Pixels that the words take on one line.
pub fn line_width(words: &[Extent]) -> f32 {
    let gaps = words.iter().skip(1).map(|word| word.gap).sum::<f32>();
    words.iter().map(|word| word.width).sum::<f32>() + gaps
}

/// Lines that are filled one after another, as ranges of words.
pub fn greedy_lines(words: &[Extent], limit: f32) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut used = f32::INFINITY;
    for (index, word) in words.iter().enumerate() {
        match lines.last_mut() {
            Some(line) if used + word.gap + word.width <= limit => {
                line.end += 1;
                used += word.gap + word.width;
            }
            _ => {
                lines.push(index..index + 1);
                used = word.width;
            }
        }
    }
    lines
}

/// As few lines as fit, the longest of them as short as can be.
pub fn balanced_lines(words: &[Extent], limit: f32) -> Vec<Range<usize>> {
    let count = greedy_lines(words, limit).len();
    if count < 2 {
        return greedy_lines(words, limit);
    }
    let (mut too_narrow, mut fits) = (0.0, limit);
    while fits - too_narrow > 0.5 {
        let middle = (too_narrow + fits) / 2.0;
        let widest = words.iter().map(|word| word.width).fold(0.0, f32::max);
        if middle >= widest && greedy_lines(words, middle).len() <= count {
            fits = middle;
        } else {
            too_narrow = middle;
        }
    }
    greedy_lines(words, fits)
}

/// Pages of at most two lines: as few as fit, of about equal length.
pub fn pages(words: &[Extent], limit: f32) -> Vec<Vec<Range<usize>>> {
    let needed = greedy_lines(words, limit).len().div_ceil(2).max(1);
    let total = line_width(words);
    let mut pages = Vec::with_capacity(needed);
    let mut start = 0;
    while start < words.len() {
        let left = needed.saturating_sub(pages.len()).max(1);
        let behind = line_width(&words[..start]);
        #[expect(clippy::cast_precision_loss, reason = "a handful of pages")]
        let goal = behind + (total - behind) / left as f32;
        let mut end = start + 1;
        while end < words.len() && greedy_lines(&words[start..=end], limit).len() <= 2 {
            let closer = (line_width(&words[..=end]) - goal).abs() <= (line_width(&words[..end]) - goal).abs();
            if !closer && left > 1 {
                break;
            }
            end += 1;
        }
        let lines = balanced_lines(&words[start..end], limit);
        pages.push(lines.into_iter().map(|line| line.start + start..line.end + start).collect());
        start = end;
    }
    pages
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn extents(widths: &[(f32, bool)]) -> Vec<Extent> {
        widths.iter().map(|(width, joined)| Extent { width: *width, gap: if *joined { 0.0 } else { 10.0 } }).collect()
    }

    #[test]
    fn two_lines_are_about_as_long() {
        let words = extents(&[(100.0, false); 5]);
        assert_eq!(balanced_lines(&words, 450.0), [0..3, 3..5]);
        assert_eq!(balanced_lines(&words, 600.0), std::iter::once(0..5).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn pages_hold_every_word_once_in_at_most_two_lines_that_fit(
            widths in proptest::collection::vec((1f32..600.0, any::<bool>()), 1..40),
        ) {
            let words = extents(&widths);
            let mut next = 0;
            for page in &pages(&words, 700.0) {
                prop_assert!((1..=2).contains(&page.len()));
                for line in page {
                    prop_assert_eq!(line.start, next);
                    prop_assert!(!line.is_empty());
                    prop_assert!(line_width(&words[line.clone()]) <= 700.5);
                    next = line.end;
                }
            }
            prop_assert_eq!(next, words.len());
        }

        #[test]
        fn balancing_adds_no_line_and_makes_none_longer_than_filling_does(
            widths in proptest::collection::vec((1f32..300.0, any::<bool>()), 1..30),
        ) {
            let words = extents(&widths);
            let longest = |lines: &[Range<usize>]| lines.iter().map(|line| line_width(&words[line.clone()])).fold(0.0, f32::max);
            let (filled, balanced) = (greedy_lines(&words, 700.0), balanced_lines(&words, 700.0));
            prop_assert_eq!(filled.len(), balanced.len());
            prop_assert!(longest(&balanced) <= longest(&filled) + 0.5);
        }
    }
}
