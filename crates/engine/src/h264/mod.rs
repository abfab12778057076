//! The H.264 stream (ITU-T H.264, all clauses cited below are of it): reading
//! what x264 wrote, and repeating pictures by inserting slices that skip every
//! macroblock.

mod access_unit;
pub(crate) mod bits;
mod cabac;
mod nal;
mod numbering;
mod parameter_sets;
mod repeat;
mod repetition;
mod shared_sets;
mod skip;
mod slice;

pub use access_unit::{AccessUnit, split_access_units};
pub use numbering::screen_positions;
pub use parameter_sets::{ParameterSets, PictureParameters, SequenceParameters};
pub use repeat::{StreamWriter, repeat_pictures, share_sets};
pub use repetition::RepeatFinder;

/// The stream is not one that can be worked with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// The data end too early.
    #[error("the stream ends in the middle of {0}")]
    Truncated(&'static str),
    /// A part is missing.
    #[error("the stream has no {0}")]
    Missing(&'static str),
    /// The stream uses something that a repeated picture cannot be built on.
    #[error("the stream uses {0}, which is not supported")]
    Unsupported(&'static str),
    /// The encoder made another number of pictures than it was given.
    #[error("the stream holds {found} pictures, not {wanted}")]
    PictureCount {
        /// In the stream.
        found: usize,
        /// As given.
        wanted: usize,
    },
}
