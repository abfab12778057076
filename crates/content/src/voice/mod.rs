//! Voices of providers, and the chain of voices that a spec names.

mod chain;
mod elevenlabs;
mod openai;
mod polly;
mod pronounce;
mod remote;
mod spool;
#[cfg(test)]
mod tests;
mod text;

pub use chain::VoiceChain;
pub use elevenlabs::ElevenLabs;
pub use openai::OpenAiSpeech;
pub use polly::Polly;
pub use remote::{Provider, RemoteVoice, Spoken};
