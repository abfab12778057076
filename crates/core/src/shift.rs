//! The time in which a worker may work, and what it may promise meanwhile.

use std::time::{Duration, Instant};

use tokio::sync::watch;

/// The time in which work may go on. It is over when someone says so; some also end by
/// themselves, and then whoever works in them is stopped in the middle.
#[derive(Clone, Debug)]
pub struct Shift {
    over: watch::Receiver<bool>,
    ends_at: Option<Instant>,
}

impl Shift {
    /// A shift that is over once `over` says `true`. At `ends_at`, if that is known, the worker is stopped.
    #[must_use]
    pub const fn new(over: watch::Receiver<bool>, ends_at: Option<Instant>) -> Self {
        Self { over, ends_at }
    }

    /// A shift that nobody ends.
    #[must_use]
    pub fn endless() -> Self {
        Self::new(watch::channel(false).1, None)
    }

    /// Resolves when work in progress is to be given back.
    pub async fn over(&self) {
        if self.over.clone().wait_for(|over| *over).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether work in progress is to be given back.
    #[must_use]
    pub fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// How long a promise may hold that is made now: as long as wished, but not beyond the
    /// end of the shift, since nobody is left then to keep it.
    #[must_use]
    pub fn promise(&self, wished: Duration) -> Duration {
        let left = self.ends_at.map(|end| end.saturating_duration_since(Instant::now()));
        left.map_or(wished, |left| left.min(wished))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn nothing_is_promised_beyond_the_end_of_a_shift() {
        let (_sender, over) = watch::channel(false);
        let shift = Shift::new(over.clone(), Some(Instant::now() + HOUR));
        assert_eq!(shift.promise(Duration::from_secs(60)), Duration::from_secs(60));
        assert!(shift.promise(2 * HOUR) <= HOUR);
        assert_eq!(Shift::new(over, Some(Instant::now())).promise(HOUR), Duration::ZERO);
        assert_eq!(Shift::endless().promise(HOUR), HOUR);
    }

    #[test]
    fn a_shift_is_over_when_someone_says_so_and_not_when_nobody_can_any_more() {
        let (sender, over) = watch::channel(false);
        let shift = Shift::new(over, None);
        assert!(!shift.is_over() && shift.over().now_or_never().is_none());
        sender.send_replace(true);
        assert!(shift.is_over() && shift.over().now_or_never().is_some());
        assert!(!Shift::endless().is_over() && Shift::endless().over().now_or_never().is_none());
    }
}
