//! Requests that clients may send again.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::request::{IdempotencyKey, ProductId, RequestHash};

/// Remembers which requests were carried out, so that none is carried out twice.
#[async_trait]
pub trait RequestStore: Send + Sync {
    /// Takes the right to carry out a request until `lease` has passed: one
    /// conditional write that succeeds when the key is new or forgotten, or when
    /// whoever had the right let it run out. `makes` is what the request makes;
    /// where it was begun before, what was chosen then.
    async fn begin(
        &self,
        key: IdempotencyKey,
        request: RequestHash,
        makes: ProductId,
        lease: Duration,
    ) -> Result<Begun, StoreError>;

    /// Remembers that the request was carried out.
    async fn finish(&self, ticket: &Ticket) -> Result<(), StoreError>;

    /// Forgets a request that was not carried out.
    async fn abandon(&self, ticket: &Ticket) -> Result<(), StoreError>;
}

/// The right to carry out a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// What the client calls it.
    pub key: IdempotencyKey,
    /// Names this right among all that there were to this request.
    pub token: String,
    /// What the request makes.
    pub makes: ProductId,
    /// Whether it was begun before and may have come some way.
    pub is_resumed: bool,
}

/// What became of an attempt to begin a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The caller is to carry it out.
    Yours(Ticket),
    /// It was carried out and made this.
    Done(ProductId),
    /// Someone else is carrying it out.
    InFlight,
    /// The key stands for another request.
    OtherRequest,
}
