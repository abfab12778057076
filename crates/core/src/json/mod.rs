//! JSON as people send it: one reader for specs, batches, manifests, channels, uploads and the files of the command
//! line. `encoding` finds the text in the bytes, `value` keeps fields in their order, doubled ones included, and `list`
//! tells the elements of a list apart of which some may be broken.

mod encoding;
mod list;
mod value;

pub use encoding::{EncodingError, utf8, utf8_bytes};
pub(crate) use list::{elements, skip_blanks};
pub(crate) use value::{Json, escaped};
