//! How much is rendered at once in this process, however many videos are in the making.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

/// How many processors this process may use; one where that cannot be told.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Places for segments, shared by all clones.
#[derive(Clone, Debug)]
pub struct Slots {
    places: Arc<Semaphore>,
    count: usize,
}

impl Slots {
    /// As many segments as there are processors: while a segment waits for its pictures they are drawn,
    /// and while those wait for the encoder it encodes.
    pub fn for_this_machine() -> Self {
        Self::exactly(processors())
    }

    /// `count` segments, at least one.
    pub fn exactly(count: usize) -> Self {
        let count = count.max(1);
        Self { places: Arc::new(Semaphore::new(count)), count }
    }

    /// How many segments are rendered at once.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Waits for a place for one segment; it is free again when the permit is dropped.
    pub async fn take(&self) -> Option<SemaphorePermit<'_>> {
        // Closed never: without a permit rendering goes on all the same.
        self.places.acquire().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn all_clones_share_the_places() {
        let slots = Slots::exactly(2);
        let other = slots.clone();
        let first = slots.take().await;
        let second = other.take().await;
        assert!(other.take().now_or_never().is_none());
        drop(first);
        assert!(slots.take().now_or_never().is_some());
        drop(second);
    }

    #[test]
    fn there_is_always_a_place() {
        assert_eq!(Slots::exactly(0).count(), 1);
    }
}
