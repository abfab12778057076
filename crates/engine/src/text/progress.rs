//! The progress bar.

use std::sync::Arc;

use rushes_core::spec::{Output, ProgressBar};

use super::{Artwork, Ink};
use crate::picture::Mask;

/// Pixels that the bar grows by at once: the fewer different pictures, the less work.
const STEP_PIXELS: u32 = 8;

/// In how many steps the bar grows from nothing to the frame's width.
#[must_use]
pub const fn progress_steps(output: &Output) -> u32 {
    output.width.div_ceil(STEP_PIXELS)
}

/// The bar after so many steps, along an edge of the frame.
#[must_use]
pub fn progress_bar(bar: &ProgressBar, step: u32, output: &Output) -> Artwork {
    let width = step.saturating_mul(STEP_PIXELS).min(output.width);
    let height = (output.width.min(output.height) / 120).max(4).next_multiple_of(2);
    let top = if bar.is_at_top { 0 } else { output.height.saturating_sub(height) };
    let top = i32::try_from(top).unwrap_or(i32::MAX);
    let mask = Mask::rounded_rectangle(0, top, width as usize, height as usize, 0);
    Artwork { inks: vec![Ink::Flat { mask: Arc::new(mask), color: bar.color, opacity: 255 }] }
}

#[cfg(test)]
mod tests {
    use rushes_core::units::{Color, FrameRate};

    use super::*;

    #[test]
    fn the_last_step_reaches_the_other_edge() {
        let output = Output { width: 1918, height: 1080, frame_rate: FrameRate::default() };
        let bar = ProgressBar { color: Color::rgb(255, 0, 0), is_at_top: false };
        let edges = |step| progress_bar(&bar, step, &output).edges();
        assert_eq!(edges(progress_steps(&output)), (0, 1070, 1918, 1080));
        assert_eq!(edges(1).2, 8);
        assert_eq!(progress_bar(&bar, 0, &output).edges(), (0, 0, 0, 0));
    }
}
