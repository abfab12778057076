//! The routes, by what they are about.

pub mod assets;
pub mod batches;
pub mod cache;
pub mod channels;
pub mod dead_letters;
pub mod health;
pub mod legacy;
pub mod manage;
pub mod videos;
