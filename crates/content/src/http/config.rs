//! Limits of the client.

use std::time::Duration;

/// How many connections there are and how long is waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// The most calls at once, to all hosts together.
    pub connections: usize,
    /// The most files that are fetched at once, beside the calls.
    pub fetches: usize,
    /// The most files that are looked at at once, beside both. Each takes little: their beginnings are not kept.
    pub looks: usize,
    /// The most connections kept open to one host while nobody uses them.
    pub idle_connections: usize,
    /// How long they are kept.
    pub idle_time: Duration,
    /// The longest wait for a connection.
    pub connect: Duration,
    /// The longest wait for the next piece of an answer.
    pub read: Duration,
    /// How often a call is tried at most, the first time included.
    pub attempts: u32,
    /// The longest wait before the second attempt; it doubles with each.
    pub back_off: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            connections: 20,
            fetches: 64,
            looks: 256,
            idle_connections: 10,
            idle_time: Duration::from_secs(30),
            connect: Duration::from_secs(5),
            // A model may think for a while before its answer begins.
            read: Duration::from_secs(90),
            attempts: 4,
            back_off: Duration::from_millis(500),
        }
    }
}
