//! How much is rendered at once in this process, however many videos are in the making.

use std::sync::Arc;

use rushes_core::spec::Output;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Pictures of more pixels take hundreds of megabytes for each segment that is rendered.
const LARGE_PIXELS: u32 = 2560 * 1440;
/// What a segment of large pictures takes.
const LARGE_WEIGHT: usize = 3;
/// What another takes: half as many again fit, since drawing and encoding wait for each other.
const SMALL_WEIGHT: usize = 2;

/// Places for segments, shared by all clones.
#[derive(Clone, Debug)]
pub struct Slots {
    places: Arc<Semaphore>,
    total: usize,
    small_weight: usize,
}

impl Slots {
    /// As many segments as keep the machine's processors busy.
    pub fn for_this_machine() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        // Rounded up: a small segment more on an odd number of processors.
        Self::new((processors * LARGE_WEIGHT).next_multiple_of(SMALL_WEIGHT), SMALL_WEIGHT)
    }

    /// `count` segments, whatever their size; at least one.
    pub fn exactly(count: usize) -> Self {
        Self::new(count.max(1) * LARGE_WEIGHT, LARGE_WEIGHT)
    }

    fn new(total: usize, small_weight: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(total)), total, small_weight }
    }

    const fn weight(&self, output: &Output) -> usize {
        if output.width * output.height > LARGE_PIXELS { LARGE_WEIGHT } else { self.small_weight }
    }

    /// How many segments of that size are rendered at once when there are no others.
    pub const fn segments_at_once(&self, output: &Output) -> usize {
        self.total / self.weight(output)
    }

    /// Waits for a place for one segment; it is free again when the permit is dropped.
    pub async fn take(&self, output: &Output) -> Option<SemaphorePermit<'_>> {
        let weight = u32::try_from(self.weight(output)).unwrap_or(1);
        // Closed never: without a permit rendering goes on all the same.
        self.places.acquire_many(weight).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_segments_take_the_place_of_more_small_ones() {
        let small = Output::default();
        let large = Output { width: 3840, height: 2160, ..small };
        let slots = Slots::new(2 * LARGE_WEIGHT, SMALL_WEIGHT);
        assert_eq!((slots.segments_at_once(&small), slots.segments_at_once(&large)), (3, 2));
        let chosen = Slots::exactly(4);
        assert_eq!((chosen.segments_at_once(&small), chosen.segments_at_once(&large)), (4, 4));
        assert_eq!(Slots::exactly(0).segments_at_once(&small), 1);
    }

    #[tokio::test]
    async fn all_clones_share_the_places() {
        let slots = Slots::exactly(2);
        let other = slots.clone();
        let first = slots.take(&Output::default()).await;
        let second = other.take(&Output::default()).await;
        assert!(futures::FutureExt::now_or_never(other.take(&Output::default())).is_none());
        drop(first);
        assert!(futures::FutureExt::now_or_never(slots.take(&Output::default())).is_some());
        drop(second);
    }
}
