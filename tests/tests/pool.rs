//! The pool of workers: messages of all kinds side by side, each failing alone; long tasks go
//! where there is time for them.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::QueueAttributeName;
use rushes_aws::{Clients, SqsDeadLetters, SqsQueue, parse_message};
use rushes_runtime::config::WorkConfig;
use rushes_runtime::messages::{Handler, Queues, serve};
use rushes_tests::obedient::Obedient;
use rushes_tests::{LocalAws, Service};
use serde_json::json;

const MINUTE: Duration = Duration::from_secs(60);
const WORKERS: usize = 3;

#[tokio::test]
async fn messages_that_panic_dawdle_or_make_no_sense_fail_alone_and_no_more_are_taken_than_there_are_hands() {
    let aws = LocalAws::start().await.unwrap();
    let (sqs, url) = (Clients::local(&aws.endpoint).await.sqs, aws.output("RUSHES_TASKS_QUEUE_URL").unwrap());
    let good: Vec<String> = (0..20).map(|number| format!("good {number}")).collect();
    for body in ["panic", "slow", "malformed"].into_iter().chain(good.iter().map(String::as_str)) {
        sqs.send_message().queue_url(url).message_body(body).send().await.unwrap();
    }
    let handler = Arc::new(Obedient::default());
    let config = WorkConfig {
        workers: WORKERS,
        segment_workers: None,
        lease: Duration::from_secs(2),
        drain: Duration::from_secs(1),
        poll: true,
    };
    let dead_letters = aws.output("RUSHES_DEAD_LETTERS_QUEUE_URL").unwrap().to_owned();
    let queues = Queues {
        source: SqsQueue::new(sqs.clone(), url.to_owned()),
        dead_letters: SqsDeadLetters::new(sqs.clone(), dead_letters),
    };
    let seen = |body: &str| handler.seen(body);
    // The bad ones come again; by then the slow one, too, has ended.
    let all_ended =
        || good.iter().all(|body| seen(body) == 1) && ["panic", "malformed"].iter().all(|body| seen(body) >= 2);
    let watching = async {
        let deadline = Instant::now() + MINUTE;
        while !all_ended() {
            assert!(Instant::now() < deadline, "{handler:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Longer than the slow one takes.
        tokio::time::sleep(Duration::from_secs(6)).await;
    };
    tokio::select! {
        ended = serve(Arc::clone(&handler) as Arc<dyn Handler>, queues, config) => panic!("the pool ended: {ended:?}"),
        () = watching => {}
    }
    assert!((2..=WORKERS).contains(&handler.most_at_once()));
    let names =
        [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];
    let left =
        sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec())).send().await.unwrap();
    let left: u64 = left.attributes.unwrap().values().map(|count| count.parse::<u64>().unwrap()).sum();
    assert_eq!(left, 2, "the panicking and the malformed one are neither lost nor done");
    assert_eq!((seen("slow"), good.iter().map(|body| seen(body)).max()), (1, Some(1)));
}

#[tokio::test]
async fn a_task_that_takes_too_long_for_a_function_is_handed_on_and_others_are_made() {
    let service = Service::start().await.unwrap();
    let sqs = Clients::local(&service.aws.endpoint).await.sqs;
    let long_queue = sqs.create_queue().queue_name("long").send().await.unwrap().queue_url.unwrap();
    // An hour and a half of speech in 4K at 60 frames a second.
    let output = json!({"resolution": "2160p", "fps": 60});
    let long = json!({"script": "These words are said again. ".repeat(3500), "output": output});
    let id = service.client.submit(&long).await.unwrap();
    let short = service.client.submit(&json!({"script": "Short.", "output": {"resolution": "480p"}})).await.unwrap();
    let function =
        service.start_renderer(&[("RUSHES_LONG_TASKS_QUEUE_URL", &long_queue), ("RUSHES_METRICS", "on")]).unwrap();
    assert_eq!(service.client.ended(&short, 3 * MINUTE).await.unwrap()["status"], "completed");
    let waiting = SqsQueue::new(sqs, long_queue).receive(1, MINUTE).await.unwrap();
    assert_eq!(parse_message(&waiting[0].body).unwrap().to_string(), id);
    let task = service.client.get(&format!("/v1/videos/{id}")).await.unwrap().json;
    assert_eq!((&task["status"], &task["attempts"]), (&json!("queued"), &json!(1)), "{task:#}");
    assert!(function.stop(Duration::from_secs(20)).await.unwrap().success());
    // Nothing else is left in the queue of the function.
    assert!(service.aws.queue().await.unwrap().receive_at_once(10, MINUTE).await.unwrap().is_empty());
    // A line of figures for each.
    let log = service.log("render");
    let lines: Vec<serde_json::Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |id: &str| lines.iter().find(|line| line["_aws"].is_object() && line["task_id"] == id).unwrap();
    assert_eq!(of(&id)["TasksHandedBack"], 1.0);
    let made = of(&short);
    assert!(
        made["TasksCompleted"] == 1.0 && made["RenderingSeconds"].is_number() && made["QueueAgeSeconds"].is_number()
    );
}
