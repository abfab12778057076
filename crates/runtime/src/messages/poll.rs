//! Messages asked for by long polling, outside of Lambda.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rushes_aws::Message;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::delivery::Desk;
use crate::config::WorkConfig;

/// How long giving a task back may take.
const GIVE_BACK: Duration = Duration::from_secs(5);
/// Before the queue is asked again after it failed.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(2);
/// The most messages that SQS hands over at once.
const MAX_BATCH: usize = 10;

/// Works on messages until `stop` resolves. What is in progress then may go on
/// for a while; what is not finished by then is told to stop through `stopping`.
pub async fn run(
    desk: Desk,
    config: WorkConfig,
    stop: impl Future<Output = io::Result<()>>,
    stopping: watch::Sender<bool>,
) -> io::Result<()> {
    let workers = config.workers;
    let desk = Arc::new(desk);
    let mut running = JoinSet::new();
    tracing::info!(workers, "waiting for tasks");
    let stopped = tokio::select! {
        stopped = stop => stopped,
        () = take_messages(&desk, workers, &mut running) => Ok(()),
    };
    drain(running, config.drain, &stopping).await;
    stopped
}

/// Takes messages as long as there are free hands; never returns.
async fn take_messages(desk: &Arc<Desk>, workers: usize, running: &mut JoinSet<()>) {
    let hands = Arc::new(Semaphore::new(workers));
    loop {
        let free = free_hands(&hands).await;
        let count = i32::try_from(free.len()).unwrap_or(1);
        match desk.queues.source.receive(count, desk.lease).await {
            Ok(messages) => {
                for (message, hand) in messages.into_iter().zip(free) {
                    running.spawn(deliver(Arc::clone(desk), message, hand));
                }
            }
            Err(error) => {
                tracing::error!(error = %error.0, "the queue does not answer");
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
            }
        }
        while running.try_join_next().is_some() {}
    }
}

/// Waits for at least one free hand, and takes what else is free.
async fn free_hands(hands: &Arc<Semaphore>) -> Vec<OwnedSemaphorePermit> {
    let mut free: Vec<_> = Arc::clone(hands).acquire_owned().await.into_iter().collect();
    while free.len() < MAX_BATCH
        && let Ok(hand) = Arc::clone(hands).try_acquire_owned()
    {
        free.push(hand);
    }
    free
}

async fn deliver(desk: Arc<Desk>, message: Message, _hand: OwnedSemaphorePermit) {
    let returned = ReturnOnDrop { desk: &desk, message: Some(&message) };
    let is_done = desk.deal_with(&message).await;
    returned.disarm();
    if is_done {
        desk.remove(&message).await;
    }
}

/// Lets running work end by itself, has it given back when its time is up, and
/// ends it when even that takes too long.
async fn drain(mut running: JoinSet<()>, grace: Duration, stopping: &watch::Sender<bool>) {
    if ended(&mut running, grace).await {
        return;
    }
    tracing::warn!(tasks = running.len(), "stopping with work in progress; others take it over");
    stopping.send_replace(true);
    if !ended(&mut running, GIVE_BACK).await {
        running.shutdown().await;
        // The messages made visible on the way out are on their way.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Whether all work ends in `time`.
async fn ended(running: &mut JoinSet<()>, time: Duration) -> bool {
    let all = async { while running.join_next().await.is_some() {} };
    tokio::time::timeout(time, all).await.is_ok()
}

/// Makes the message of a delivery that is broken off visible to others at once.
struct ReturnOnDrop<'a> {
    desk: &'a Arc<Desk>,
    message: Option<&'a Message>,
}

impl ReturnOnDrop<'_> {
    fn disarm(mut self) {
        self.message = None;
    }
}

impl Drop for ReturnOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(message) = self.message.cloned() {
            let desk = Arc::clone(self.desk);
            tokio::spawn(async move { desk.hide(&message, Duration::ZERO).await });
        }
    }
}
