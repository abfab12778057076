//! What comes from outside: scripts, voices, footage and media. Knows no cloud.

pub mod footage;
pub mod http;
#[cfg(test)]
mod kept;
pub mod keys;
pub mod media;
pub mod remember;
pub mod settings;
pub mod signed;
pub mod speak;
mod spool;
pub mod voice;
pub mod writer;
