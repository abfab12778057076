//! Words to shapes: shaping with the product's own fonts, line breaking, masks.

mod captions;
mod fonts;
mod heading;
mod typesetter;

pub use captions::{Page, PageText, paginate};
pub use fonts::fingerprint as fonts_fingerprint;
pub use heading::set_heading;
pub use typesetter::Typesetter;

use crate::picture::Mask;

/// Set text: a mask for each word, and the outline of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextBlock {
    /// One mask a word, in the order given.
    pub words: Vec<Mask>,
    /// All words, grown; empty where there is no outline.
    pub outline: Mask,
}

/// Steps in which a progress bar grows.
#[must_use]
pub fn progress_steps(output: &rushes_core::spec::Output) -> u32 {
    output.width / 8
}
