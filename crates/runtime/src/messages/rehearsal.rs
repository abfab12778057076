//! A planted fault, for whoever wants to see before a deployment that one spec on which a worker breaks
//! takes nobody else's with it.

use std::sync::Arc;

use async_trait::async_trait;
use rushes_aws::Message;
use rushes_core::shift::Shift;
use rushes_core::work::Disposition;

use super::Handler;
use crate::config::optional;

/// Panics on one message.
struct Rehearsal {
    handler: Arc<dyn Handler>,
    panics_on: String,
}

/// The handler, which panics on messages that say what `RUSHES_PANIC_ON_MESSAGE` says, where that is set.
pub fn with_planted_panic(handler: Arc<dyn Handler>) -> Arc<dyn Handler> {
    match optional("RUSHES_PANIC_ON_MESSAGE") {
        Some(panics_on) => Arc::new(Rehearsal { handler, panics_on }),
        None => handler,
    }
}

#[async_trait]
impl Handler for Rehearsal {
    #[expect(clippy::panic, reason = "it is what was asked for")]
    async fn handle(&self, message: Message, shift: Shift) -> Disposition {
        if message.body == self.panics_on {
            panic!("planted: RUSHES_PANIC_ON_MESSAGE names this message");
        }
        self.handler.handle(message, shift).await
    }
}
