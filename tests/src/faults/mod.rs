//! Ports of which one call fails: the k-th of all that are made to any of them.

mod ports;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rushes_core::ports::{BucketError, MediaError, MemoError, QueueError, RenderError, StoreError, VoiceError};

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not made.
    NotMade,
    /// It is made, and its answer is lost.
    AnswerLost,
}

/// Counts calls and has one of them fail.
#[derive(Debug)]
pub struct Faults {
    fault: Fault,
    /// Which call, counted from one.
    number: usize,
    calls: AtomicUsize,
    failed: OnceLock<&'static str>,
}

impl Faults {
    /// Has the call of that number fail.
    #[must_use]
    pub fn at(number: usize, fault: Fault) -> Arc<Self> {
        Arc::new(Self { fault, number, calls: AtomicUsize::new(0), failed: OnceLock::new() })
    }

    /// What failed, if so many calls were made.
    #[must_use]
    pub fn failed(&self) -> Option<&'static str> {
        self.failed.get().copied()
    }

    /// A port, counted.
    #[must_use]
    pub fn around<T: ?Sized>(self: &Arc<Self>, port: Arc<T>) -> Arc<Faulty<T>> {
        Arc::new(Faulty { port, faults: Arc::clone(self) })
    }
}

/// A port whose calls are counted, and of which one may fail.
#[derive(Debug)]
pub struct Faulty<T: ?Sized> {
    port: Arc<T>,
    faults: Arc<Faults>,
}

impl<T: ?Sized + Send + Sync> Faulty<T> {
    async fn call<A, E: Broken>(
        &self,
        name: &'static str,
        call: impl Future<Output = Result<A, E>> + Send,
    ) -> Result<A, E> {
        if self.faults.calls.fetch_add(1, Ordering::SeqCst) + 1 != self.faults.number {
            return call.await;
        }
        let _first = self.faults.failed.set(name);
        if self.faults.fault == Fault::AnswerLost {
            let _lost = call.await;
        }
        Err(E::broken())
    }
}

/// An error that a port gives when what lies behind it does not answer.
trait Broken {
    fn broken() -> Self;
}

fn reason() -> Box<std::io::Error> {
    Box::new(std::io::Error::other("this call was to fail"))
}

impl Broken for StoreError {
    fn broken() -> Self {
        Self::Unavailable(reason())
    }
}

impl Broken for QueueError {
    fn broken() -> Self {
        Self(reason())
    }
}

impl Broken for BucketError {
    fn broken() -> Self {
        Self::Unavailable(reason())
    }
}

impl Broken for MemoError {
    fn broken() -> Self {
        Self(reason())
    }
}

impl Broken for MediaError {
    fn broken() -> Self {
        Self::unavailable("this call was to fail")
    }
}

impl Broken for VoiceError {
    fn broken() -> Self {
        Self::Failed { reason: "this call was to fail".to_owned(), source: None }
    }
}

impl Broken for RenderError {
    fn broken() -> Self {
        Self::Broken { reason: "this call was to fail".to_owned(), source: None }
    }
}
