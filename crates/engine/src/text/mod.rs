//! Words to shapes: shaping with the product's own fonts, line breaking, layers of ink.

mod artwork;
mod block;
mod capitals;
mod captions;
mod card;
mod cuts;
mod fit;
mod fonts;
mod heading;
mod layout;
mod line;
mod lines;
mod lower_third;
mod marks;
mod placement;
mod progress;
mod safe_area;
mod script;
mod set_caption;
mod stack;
mod typesetter;

pub use artwork::{Artwork, Ink};
pub use captions::{Page, PageText, paginate};
pub use card::set_card;
pub use fonts::fingerprint as fonts_fingerprint;
pub use heading::set_heading;
pub use layout::{LaidText, SeenText, lay_out};
pub use line::Line;
pub use lower_third::{NamePlate, set_lower_third};
pub use placement::{PlacedText, Placement, StandingText};
pub use progress::{progress_bar, progress_steps};
pub use safe_area::SafeArea;
pub use script::{HanStyle, Writing};
pub use set_caption::{POP_STEPS, SetCaption, set_caption};
pub use typesetter::Typesetter;

/// Counts and sizes in pixels are far below the 2^23 that an `f32` holds exactly.
fn pixels(count: impl TryInto<u32>) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    let pixels = count.try_into().unwrap_or(u32::MAX) as f32;
    pixels
}

/// The nearest whole pixel.
fn whole(position: f32) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "positions on a frame")]
    let whole = position.round() as i32;
    whole
}
