//! What was loaded last, for the next segment that needs it.

use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

/// A thing that whoever comes first loads.
type LoadedOnce<V> = Arc<OnceCell<Arc<V>>>;

/// The last things loaded, each loaded once however many ask for it at the same time.
pub struct Recent<K, V> {
    entries: Mutex<Vec<(K, LoadedOnce<V>)>>,
    kept_bytes: usize,
    size_of: fn(&V) -> usize,
}

impl<K: PartialEq + Clone, V> Recent<K, V> {
    /// Keeps what was used last, up to `kept_bytes` by `size_of`.
    pub fn new(kept_bytes: usize, size_of: fn(&V) -> usize) -> Self {
        Self { entries: Mutex::default(), kept_bytes, size_of }
    }

    /// The thing of that key, loaded now if it is not kept.
    pub async fn get_or_load<E>(&self, key: &K, load: impl Future<Output = Result<V, E>>) -> Result<Arc<V>, E> {
        let cell = self.cell(key).await;
        cell.get_or_try_init(|| async { load.await.map(Arc::new) }).await.cloned()
    }

    async fn cell(&self, key: &K) -> LoadedOnce<V> {
        let mut entries = self.entries.lock().await;
        let found = entries.iter().position(|(known, _)| known == key);
        let entry = found.map_or_else(|| (key.clone(), LoadedOnce::default()), |index| entries.remove(index));
        let cell = Arc::clone(&entry.1);
        entries.push(entry);
        let mut size_bytes = 0;
        let mut is_kept = |(_, cell): &(K, LoadedOnce<V>)| {
            size_bytes += cell.get().map_or(0, |value| (self.size_of)(value));
            size_bytes <= self.kept_bytes
        };
        let kept = entries.iter().rev().take_while(|entry| is_kept(entry)).count();
        let forgotten = entries.len() - kept;
        entries.drain(..forgotten);
        cell
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_was_used_last_is_not_loaded_again() {
        let loads = AtomicUsize::new(0);
        let recent = Recent::new(2, |_: &u32| 1);
        for (key, loads_so_far) in [(1, 1), (2, 2), (1, 2), (3, 3), (1, 3), (2, 4)] {
            let load = async {
                loads.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Infallible>(key * 10)
            };
            assert_eq!(*recent.get_or_load(&key, load).await.unwrap(), key * 10);
            assert_eq!(loads.load(Ordering::Relaxed), loads_so_far, "after {key}");
        }
    }
}
