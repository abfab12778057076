//! The domain of Rushes: what a video is asked to be ([`spec`]), how a request
//! lives ([`task`], [`batch`]), what it takes from its channel ([`channel`]), what is visible when ([`timeline`]), what the outside has
//! to offer ([`ports`]) and what is done with it ([`submit`], [`upload`], [`work`],
//! [`produce`], [`media_faults`], [`manage`], [`dead_letters`]). Nothing in here opens a file or a socket; [`scratch`] alone makes
//! and removes the directory in which the others work.

pub mod batch;
pub mod channel;
pub mod dead_letters;
mod dress;
pub mod estimate;
pub mod excerpt;
pub mod file_name;
mod footage;
pub mod json;
pub mod keys;
mod letters;
pub mod manage;
pub mod media_faults;
mod media_places;
pub mod memo;
pub mod narration;
mod numbers;
pub mod ports;
mod prepare;
pub mod produce;
mod produce_error;
pub mod prose;
pub mod read;
pub mod reading;
pub mod request;
pub mod scratch;
pub mod script;
mod scripts;
pub mod seal;
pub mod sentence;
pub mod shift;
pub mod spec;
pub mod submit;
pub mod subtitles;
pub mod task;
pub mod timeline;
pub mod units;
mod unreadable;
pub mod upload;
mod white_space;
mod words;
pub mod work;
mod work_error;
mod work_progress;
