//! How long and how much is waited for and read.

use std::time::Duration;

use rushes_core::spec::MediaKind;

/// The limits of a library.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Between two pieces of an answer.
    pub read: Duration,
    /// For a look at a file's header, redirects included.
    pub look: Duration,
    /// For one attempt to have a whole picture, redirects included; four times as long for a sound, ten times for a clip.
    pub fetch: Duration,
    /// For all attempts at a file whose host asks to be left alone for a while.
    pub patience: Duration,
    /// Before the second attempt; it doubles with each.
    pub back_off: Duration,
    /// Of a file, where its kind allows more.
    pub bytes: u64,
}

impl Limits {
    pub fn bytes(&self, kind: MediaKind) -> u64 {
        self.bytes.min(kind.max_bytes())
    }

    pub fn fetch(&self, kind: MediaKind) -> Duration {
        match kind {
            MediaKind::Picture => self.fetch,
            MediaKind::Sound => self.fetch * 4,
            MediaKind::Clip => self.fetch * 10,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            read: Duration::from_secs(10),
            look: Duration::from_secs(8),
            fetch: Duration::from_secs(60),
            // A worker that only waits costs what one that works costs.
            patience: Duration::from_secs(90),
            back_off: Duration::from_millis(500),
            bytes: u64::MAX,
        }
    }
}
