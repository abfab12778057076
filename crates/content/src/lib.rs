//! What comes from outside: pictures and voices. Knows no cloud.

pub mod media;
pub mod remember;
pub mod speak;
