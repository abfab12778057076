//! The engine.
pub mod h264;
