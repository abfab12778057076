//! Sound: voice, music and effects on a timeline, brought to one loudness, encoded as AAC.
//!
//! A voice alone takes the short way: one channel at its own rate, coded once for both
//! sides, phrase by phrase, so that an edit codes what is new. With music or effects everything is decoded to 48 kHz into files, mixed in
//! stereo as often as mastering needs to hear it, and coded. Nothing here is held in
//! memory for longer than a block.

mod aac;
mod adts;
mod balance;
mod container;
mod decode;
mod ducking;
mod gather;
mod key;
mod limiter;
mod loudness;
mod measure;
mod memo;
mod mix;
mod phrase;
mod placed;
mod remark;
mod soundtrack;
mod spool;
mod stereo;
mod time;
mod track;
mod true_peak;
mod voice;
mod voice_track;

pub use key::sound_key;
pub use measure::{Loudness, measure_loudness};
pub use soundtrack::{Sound, encode_sound, sound_warnings};
pub use track::AacTrack;
