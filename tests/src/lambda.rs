//! Lambda, as our binaries see it: its runtime API, a queue before them, and a clock that ends
//! what takes too long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};
use tokio::task::JoinSet;

use crate::process::Process;

/// What one invocation came to.
#[derive(Debug)]
pub enum Answer {
    /// The function returned this.
    Returned(Value),
    /// The function said that it failed.
    Failed(Value),
    /// Its time was up, and it was ended.
    TimedOut,
}

/// A deployed function: a process that is given one event after the other, and started anew when it is gone.
#[derive(Debug)]
pub struct Function {
    command: Command,
    instance: Option<Instance>,
    count: u64,
}

/// One process and the runtime API that it asks for events.
#[derive(Debug)]
struct Instance {
    process: Process,
    events: mpsc::UnboundedSender<Invocation>,
    /// Ends when it is dropped.
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct Invocation {
    id: String,
    deadline_ms: u128,
    event: Value,
    answer: oneshot::Sender<Answer>,
}

#[derive(Debug)]
struct RuntimeApi {
    events: AsyncMutex<mpsc::UnboundedReceiver<Invocation>>,
    running: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
}

impl Instance {
    async fn start(command: &mut Command) -> Result<Self> {
        let (events, receiver) = mpsc::unbounded_channel();
        let api = Arc::new(RuntimeApi { events: AsyncMutex::new(receiver), running: Mutex::default() });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{outcome}", post(ended))
            .with_state(api);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        command.env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string());
        let mut server = JoinSet::new();
        server.spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the runtime API ended: {error}");
            }
        });
        Ok(Self { process: Process::start("function", command)?, events, _server: server })
    }
}

impl Function {
    /// A function of which `command` starts the binary.
    #[must_use]
    pub fn new(mut command: Command) -> Self {
        command
            .envs([("AWS_LAMBDA_FUNCTION_NAME", "function"), ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")])
            .envs([("AWS_LAMBDA_LOG_STREAM_NAME", "stream"), ("AWS_LAMBDA_LOG_GROUP_NAME", "group")])
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "3008");
        Self { command, instance: None, count: 0 }
    }

    /// Has the function answer an event in `time`. After that it is killed, and the next event
    /// begins with a new process.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub async fn invoke(&mut self, event: Value, time: Duration) -> Result<Answer> {
        let instance = match self.instance.take() {
            Some(instance) => instance,
            None => Instance::start(&mut self.command).await?,
        };
        let instance = self.instance.insert(instance);
        self.count += 1;
        let (answer, answered) = oneshot::channel();
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH)? + time;
        let id = format!("invocation-{}", self.count);
        instance.events.send(Invocation { id, deadline_ms: deadline.as_millis(), event, answer })?;
        match tokio::time::timeout(time, answered).await {
            Ok(answer) => Ok(answer?),
            Err(_) => {
                self.kill().await?;
                Ok(Answer::TimedOut)
            }
        }
    }

    /// Does once what the event source of an SQS queue does: takes up to `batch` messages, hides them
    /// for `hidden`, has the function deal with them in `time`, and removes those that it did not name
    /// as failed. What they came to; `None` where there are no messages.
    ///
    /// # Errors
    /// When the queue or the function does not work.
    pub async fn deal_with_messages(
        &mut self,
        queue: &SourceQueue,
        batch: i32,
        hidden: Duration,
        time: Duration,
    ) -> Result<Option<Answer>> {
        let messages = queue.take(batch, hidden).await?;
        if messages.is_empty() {
            return Ok(None);
        }
        let answer = self.invoke(sqs_event(&messages), time).await?;
        if let Answer::Returned(value) = &answer {
            let failed = failed_messages(value)?;
            for message in
                messages.iter().filter(|message| !failed.contains(&message.message_id.as_deref().unwrap_or_default()))
            {
                queue.remove(message).await?;
            }
        }
        Ok(Some(answer))
    }

    /// Kills the process, as when it needs more memory than it has.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn kill(&mut self) -> Result<()> {
        let Some(instance) = self.instance.take() else { return Ok(()) };
        instance.process.kill().await
    }
}

async fn next(State(api): State<Arc<RuntimeApi>>) -> impl IntoResponse {
    let Some(invocation) = api.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.id.clone()),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:function".to_owned()),
    ];
    api.running.lock().unwrap_or_else(PoisonError::into_inner).insert(invocation.id, invocation.answer);
    (headers, Json(invocation.event)).into_response()
}

async fn ended(
    State(api): State<Arc<RuntimeApi>>,
    Path((id, outcome)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let said = serde_json::from_slice(&body).unwrap_or_default();
    let answer = if outcome == "response" { Answer::Returned(said) } else { Answer::Failed(said) };
    let waiting = api.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    // Whoever waited may have stopped waiting: then the function is about to be killed.
    let _gone = waiting.map(|waiting| waiting.send(answer));
    StatusCode::ACCEPTED
}

/// A queue of which the messages become events.
#[derive(Debug)]
pub struct SourceQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl SourceQueue {
    /// The queue at that URL.
    #[must_use]
    pub const fn new(client: aws_sdk_sqs::Client, url: String) -> Self {
        Self { client, url }
    }

    /// Puts a message in it.
    ///
    /// # Errors
    /// When the queue does not work.
    pub async fn put(&self, body: impl Into<String>) -> Result<()> {
        self.client.send_message().queue_url(&self.url).message_body(body).send().await?;
        Ok(())
    }

    /// Takes up to `count` messages that can be seen now.
    ///
    /// # Errors
    /// When the queue does not work.
    pub async fn take(&self, count: i32, hidden: Duration) -> Result<Vec<Message>> {
        let request = self.client.receive_message().queue_url(&self.url).max_number_of_messages(count);
        let request = request.visibility_timeout(i32::try_from(hidden.as_secs())?);
        let request = request.message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        Ok(request.send().await?.messages.unwrap_or_default())
    }

    /// Removes a message, unless the function has done so.
    async fn remove(&self, message: &Message) -> Result<()> {
        let handle = message.receipt_handle.as_deref().context("a message without a handle")?;
        let removed = self.client.delete_message().queue_url(&self.url).receipt_handle(handle).send().await;
        match removed.map_err(aws_sdk_sqs::error::SdkError::into_service_error) {
            Ok(_) => Ok(()),
            // SQS says nothing then; the local AWS says this.
            Err(error) if error.is_receipt_handle_is_invalid() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Messages as the event source hands them over.
#[must_use]
pub fn sqs_event(messages: &[Message]) -> Value {
    let record = |message: &Message| {
        let count =
            message.attributes().and_then(|known| known.get(&MessageSystemAttributeName::ApproximateReceiveCount));
        json!({"messageId": message.message_id(), "receiptHandle": message.receipt_handle(), "body": message.body(),
            "attributes": {"ApproximateReceiveCount": count}, "eventSource": "aws:sqs"})
    };
    json!({"Records": messages.iter().map(record).collect::<Vec<_>>()})
}

/// The ids of the messages that are to come again. An answer that does not name them is a failure,
/// as it is to Lambda.
///
/// # Errors
/// When the answer is of another shape.
pub fn failed_messages(answer: &Value) -> Result<Vec<&str>> {
    let Some(failures) = answer["batchItemFailures"].as_array() else { bail!("no list of failures: {answer}") };
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().context("a failure without an id")).collect()
}
