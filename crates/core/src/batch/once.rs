//! Batches that may be asked for again: once for each key, with the answer that was given.

use bytes::Bytes;

use super::BatchId;
use super::answer::BatchAnswer;
use super::desk::{BatchDesk, BatchError, BatchTerms};
use crate::keys::ObjectKey;
use crate::ports::{Begun, Ticket};
use crate::request::KeyedRequest;
use crate::submit::SubmitError;

impl BatchDesk {
    /// [`Self::submit`], once for each key: sent again, the same request gets the same batch and
    /// the answer that was given then.
    ///
    /// # Errors
    /// [`BatchError`]; unless another request has the key, this one may be sent again with it.
    pub async fn submit_once(
        &self,
        request: KeyedRequest,
        json: &Bytes,
        terms: &BatchTerms,
    ) -> Result<BatchAnswer, BatchError> {
        let KeyedRequest { key, hash } = request;
        let requests = &self.desk.requests;
        match requests.begin(key, hash, BatchId::generate().into(), self.desk.request_lease).await? {
            Begun::Yours(ticket) => self.carry_out(&ticket, json, terms).await,
            Begun::Done(id) => self.given(id.into()).await,
            Begun::InFlight => Err(SubmitError::InFlight.into()),
            Begun::OtherRequest => Err(SubmitError::OtherRequest.into()),
        }
    }

    async fn carry_out(&self, ticket: &Ticket, json: &Bytes, terms: &BatchTerms) -> Result<BatchAnswer, BatchError> {
        match self.submit_as(ticket.makes.into(), json, terms).await {
            Ok(answer) => {
                // Without the answer, the next request with the key finds the tasks and makes it anew:
                // rows that could not be enqueued now become tasks then.
                if answer.is_final() && self.keep(&answer).await {
                    self.desk.close(ticket).await;
                }
                Ok(answer)
            }
            Err(failure) => {
                if !failure.leaves_tasks {
                    self.desk.reopen(ticket).await;
                }
                Err(failure.error)
            }
        }
    }

    /// Keeps the answer for those who ask again. Whether it is kept.
    async fn keep(&self, answer: &BatchAnswer) -> bool {
        let json = match serde_json::to_vec(answer) {
            Ok(json) => Bytes::from(json),
            Err(error) => {
                tracing::error!(batch_id = %answer.id, %error, "the answer to a batch cannot be written");
                return false;
            }
        };
        let kept = self.desk.bucket.put(ObjectKey::BatchAnswer(answer.id), json).await;
        if let Err(error) = &kept {
            tracing::warn!(batch_id = %answer.id, %error, "the answer to a batch could not be kept");
        }
        kept.is_ok()
    }

    /// The answer that was given.
    async fn given(&self, id: BatchId) -> Result<BatchAnswer, BatchError> {
        let json = self.desk.bucket.get(ObjectKey::BatchAnswer(id)).await.map_err(SubmitError::from)?;
        let answer = json.and_then(|json| serde_json::from_slice(&json).ok());
        answer.ok_or_else(|| SubmitError::KeySpent.into())
    }
}
