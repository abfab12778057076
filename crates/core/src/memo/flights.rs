//! Who computes what in this process right now.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::ports::MemoKey;

/// One entry a result that is being computed here, or was until its ticket went.
#[derive(Debug, Default)]
pub struct Flights(Mutex<HashMap<MemoKey, watch::Receiver<()>>>);

/// Who asks first, and who asks while the first computes.
#[derive(Debug)]
pub enum Join {
    /// Nobody computes it. The flight lasts until this is dropped.
    First(watch::Sender<()>),
    /// Somebody does, until nothing more can be received.
    Later(watch::Receiver<()>),
}

impl Flights {
    pub fn join(&self, key: MemoKey) -> Join {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flights.retain(|_, flight| flight.has_changed().is_ok());
        match flights.entry(key) {
            Entry::Occupied(entry) => Join::Later(entry.get().clone()),
            Entry::Vacant(entry) => {
                let (flight, landing) = watch::channel(());
                entry.insert(landing);
                Join::First(flight)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::MemoKind;

    #[test]
    fn the_first_flies_until_it_is_dropped() {
        let flights = Flights::default();
        let key = MemoKey::of_fields(MemoKind::Script, ["a"]);
        let Join::First(first) = flights.join(key) else { panic!("nobody flies") };
        assert!(matches!(flights.join(key), Join::Later(_)));
        assert!(matches!(flights.join(key.part(1)), Join::First(_)));
        drop(first);
        assert!(matches!(flights.join(key), Join::First(_)));
    }
}
