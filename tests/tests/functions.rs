//! The binaries as functions: fed by an event source, told when their time ends, and ended then.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rushes_core::task::TaskId;
use rushes_core::work::{MAX_HAND_BACKS, MAX_TRIES};
use rushes_tests::Service;
use rushes_tests::lambda::{Answer, SourceQueue, failed_messages, sqs_event};
use rushes_tests::leases::lease_until;
use rushes_tests::proxy::{Moment, Proxy};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
const TASKS: &str = "RUSHES_TASKS_QUEUE_URL";

/// A video of a few segments.
fn spec() -> Value {
    let scene =
        |color: &str| json!({"text": "Words.", "duration_s": 11, "background": {"type": "color", "color": color}});
    json!({"scenes": [scene("#402010"), scene("#104020"), scene("#201040")], "quality": "draft",
        "output": {"resolution": "480p", "fps": 24}})
}

fn body_of(id: &str) -> String {
    json!({ "task_id": id }).to_string()
}

fn returned(answer: Option<Answer>) -> Value {
    match answer {
        Some(Answer::Returned(value)) => value,
        other => panic!("the function did not answer: {other:?}"),
    }
}

async fn task(service: &Service, id: &str) -> Value {
    service.client.get(&format!("/v1/videos/{id}")).await.unwrap().json
}

fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()
}

/// Takes whatever can be seen in the queue until `end`; all that it saw.
async fn seen_until(queue: &SourceQueue, end: impl Future<Output = ()>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut end = std::pin::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return seen,
            () = tokio::time::sleep(SECOND / 10) => {
                let found = queue.take(10, SECOND).await.unwrap();
                seen.extend(found.into_iter().filter_map(|message| message.body));
            }
        }
    }
}

#[tokio::test]
async fn messages_of_one_event_fail_alone_whatever_they_do() {
    let service = Service::start().await.unwrap();
    let queue = service.source_queue(TASKS).await.unwrap();
    for body in ["good 1", "panic", "malformed", "slow", "long", "stuck", "good 2"] {
        queue.put(body).await.unwrap();
    }
    let variables = [("RUSHES_WORKERS", "10"), ("RUSHES_LEASE_SECONDS", "3")];
    let mut function = service.function("obedient", &variables).unwrap();
    let messages = queue.take(10, 3 * SECOND).await.unwrap();
    assert_eq!(messages.len(), 7);
    let mut answer = None;
    let invocation = async { answer = Some(function.invoke(sqs_event(&messages), 17 * SECOND).await.unwrap()) };
    let mut seen = seen_until(&queue, invocation).await;
    let answer = returned(answer);
    let failed: BTreeSet<&str> = failed_messages(&answer).unwrap().into_iter().collect();
    let failed = messages.iter().filter(|message| failed.contains(message.message_id().unwrap()));
    let failed: BTreeSet<&str> = failed.filter_map(|message| message.body()).collect();
    assert_eq!(failed, BTreeSet::from(["panic", "malformed", "long", "stuck"]), "{}", service.log("obedient"));
    // What is given back is to be had at once, what failed a while later; what is done or being
    // worked on is not, though some take longer than their messages had been hidden for.
    seen.remove("panic");
    seen.remove("malformed");
    assert_eq!(seen, BTreeSet::from(["long".to_owned()]));
}

#[tokio::test]
async fn poison_in_an_event_is_laid_aside_and_the_videos_beside_it_are_made() {
    let service = Service::start().await.unwrap();
    let queue = service.source_queue(TASKS).await.unwrap();
    let ids = [service.client.submit(&spec()).await.unwrap(), service.client.submit(&spec()).await.unwrap()];
    let unknown = body_of(&TaskId::generate().to_string());
    let poison = ["no JSON", "{}", r#"{"task_id":"../x"}"#];
    for body in poison.into_iter().chain([unknown.as_str()]) {
        queue.put(body).await.unwrap();
    }
    let mut function = service.function("render", &[("RUSHES_WORKERS", "3")]).unwrap();
    let messages = queue.take(10, MINUTE).await.unwrap();
    assert_eq!(messages.len(), 6);
    let answer = function.invoke(sqs_event(&messages), 2 * MINUTE).await.unwrap();
    let answer = returned(Some(answer));
    assert_eq!(failed_messages(&answer).unwrap(), Vec::<&str>::new(), "nobody shall try it again");
    let dead = service.source_queue("RUSHES_DEAD_LETTERS_QUEUE_URL").await.unwrap().take(10, MINUTE).await.unwrap();
    assert_eq!(dead.iter().filter_map(|message| message.body()).collect::<BTreeSet<_>>(), BTreeSet::from(poison));
    for id in &ids {
        let task = task(&service, id).await;
        assert_eq!((&task["status"], &task["attempts"]), (&json!("completed"), &json!(1)), "{task:#}");
    }
}

#[tokio::test]
async fn a_function_whose_time_ends_gives_its_task_back_and_the_next_one_goes_on_from_there() {
    let service = Service::start().await.unwrap();
    let queue = service.source_queue(TASKS).await.unwrap();
    let proxy = Proxy::start(&service.aws.endpoint, 0).await.unwrap();
    // The first two segments are kept; with the third it takes for ever.
    let begun = AtomicUsize::new(0);
    let hold =
        proxy.hold(Moment::Before, move |call| call.remembers("segment") && begun.fetch_add(1, Ordering::SeqCst) >= 2);
    let variables = [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("RUSHES_SEGMENT_WORKERS", "1")];
    let mut function = service.function("render", &variables).unwrap();
    let id = service.client.submit(&spec()).await.unwrap();
    let answer = function.deal_with_messages(&queue, 1, MINUTE, 14 * SECOND).await.unwrap();
    assert_eq!(failed_messages(&returned(answer)).unwrap(), Vec::<&str>::new(), "its message is sent anew");
    assert_eq!(service.messages(TASKS).await.unwrap(), 1);
    let given_back = task(&service, &id).await;
    assert_eq!((&given_back["status"], &given_back["attempts"]), (&json!("queued"), &json!(1)), "{given_back:#}");
    assert_eq!(lease_until(&service, &id).await.unwrap(), None);
    assert_eq!(service.files_in_work().unwrap(), Vec::<std::path::PathBuf>::new());

    hold.let_go();
    let answer = function.deal_with_messages(&queue, 1, MINUTE, MINUTE).await.unwrap();
    assert_eq!(failed_messages(&returned(answer)).unwrap(), Vec::<&str>::new(), "{}", service.log("render"));
    let done = task(&service, &id).await;
    assert_eq!((&done["status"], &done["attempts"]), (&json!("completed"), &json!(2)), "{done:#}");
    let segments = &done["result"]["segments"];
    assert!(segments["reused"] == 2 && segments["total"].as_u64() > Some(2), "{segments}");
    assert_eq!(service.messages(TASKS).await.unwrap(), 0);
}

#[tokio::test]
async fn a_video_may_take_the_time_of_more_functions_than_it_has_tries() {
    let service = Service::start().await.unwrap();
    let queue = service.source_queue(TASKS).await.unwrap();
    let proxy = Proxy::start(&service.aws.endpoint, 0).await.unwrap();
    // Each function keeps one more segment; with the next it takes for ever.
    let may_keep = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&may_keep);
    let _hold =
        proxy.hold(Moment::Before, move |call| call.remembers("segment") && !asked.swap(false, Ordering::SeqCst));
    let variables = [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("RUSHES_SEGMENT_WORKERS", "1")];
    let mut function = service.function("render", &variables).unwrap();
    let id = service.client.submit(&spec()).await.unwrap();
    let mut functions = 0;
    while task(&service, &id).await["status"] != "completed" {
        assert!(functions < MAX_HAND_BACKS, "{}", service.log("render"));
        functions += 1;
        may_keep.store(true, Ordering::SeqCst);
        let answer = function.deal_with_messages(&queue, 1, MINUTE, 14 * SECOND).await.unwrap();
        assert_eq!(failed_messages(&returned(answer)).unwrap(), Vec::<&str>::new(), "{}", service.log("render"));
    }
    let done = task(&service, &id).await;
    assert_eq!(done["attempts"], functions);
    assert!(functions > MAX_TRIES, "{functions} functions were enough");
    let segments = &done["result"]["segments"];
    assert_eq!(segments["reused"], segments["total"].as_u64().unwrap() - 1);
}

#[tokio::test]
async fn a_function_promises_no_more_than_the_rest_of_its_time() {
    let service = Service::start().await.unwrap();
    let queue = service.source_queue(TASKS).await.unwrap();
    let proxy = Proxy::start(&service.aws.endpoint, 0).await.unwrap();
    let hold = proxy.hold(Moment::Before, |call| call.remembers("segment"));
    // Nobody would wait that long.
    let variables = [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("RUSHES_LEASE_SECONDS", "3600")];
    let mut function = service.function("render", &variables).unwrap();
    let id = service.client.submit(&spec()).await.unwrap();
    let latest_end = now_ms() + 16_000;
    let first = async {
        tokio::select! {
            answer = function.deal_with_messages(&queue, 1, 2 * SECOND, 15 * SECOND) => panic!("{answer:?}"),
            () = hold.has_come() => {}
        }
    };
    first.await;
    let promised = lease_until(&service, &id).await.unwrap().unwrap();
    assert!(promised <= latest_end, "until {promised}, but the function ends before {latest_end}");
    // Out of memory: nothing is given back. The message, too, comes when the time is up.
    function.kill().await.unwrap();
    hold.let_go();
    let deadline = tokio::time::Instant::now() + 2 * MINUTE;
    while task(&service, &id).await["status"] != "completed" {
        assert!(tokio::time::Instant::now() < deadline, "{}", service.log("render"));
        let _nothing_yet = function.deal_with_messages(&queue, 1, 2 * SECOND, MINUTE).await.unwrap();
        tokio::time::sleep(SECOND / 10).await;
    }
    assert_eq!(task(&service, &id).await["attempts"], 2);
}

#[tokio::test]
async fn while_a_function_works_its_message_and_its_task_stay_its_own() {
    let service = Service::start().await.unwrap();
    let queue = service.source_queue(TASKS).await.unwrap();
    let proxy = Proxy::start(&service.aws.endpoint, 0).await.unwrap();
    let hold = proxy.hold(Moment::Before, |call| call.remembers("segment"));
    let variables = [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("RUSHES_LEASE_SECONDS", "2")];
    let mut function = service.function("render", &variables).unwrap();
    let mut other = service.function("render", &[]).unwrap();
    let id = service.client.submit(&spec()).await.unwrap();
    let work = function.deal_with_messages(&queue, 1, 2 * SECOND, 2 * MINUTE);
    let others = async {
        hold.has_come().await;
        let held = [lease_until(&service, &id).await.unwrap(), {
            tokio::time::sleep(4 * SECOND).await;
            lease_until(&service, &id).await.unwrap()
        }];
        assert!(held[0] < held[1] && held[1] > Some(now_ms()), "the lease was not kept up: {held:?}");
        // Neither is the message to be had, nor does one that says the same get the task.
        assert_eq!(queue.take(1, SECOND).await.unwrap().len(), 0);
        queue.put(body_of(&id)).await.unwrap();
        let answer = returned(other.deal_with_messages(&queue, 1, MINUTE, MINUTE).await.unwrap());
        assert_eq!(failed_messages(&answer).unwrap(), Vec::<&str>::new());
        assert_eq!(task(&service, &id).await["attempts"], 1);
        hold.let_go();
    };
    let (answer, ()) = tokio::join!(work, others);
    assert_eq!(failed_messages(&returned(answer.unwrap())).unwrap(), Vec::<&str>::new());
    let done = task(&service, &id).await;
    assert_eq!((&done["status"], &done["attempts"]), (&json!("completed"), &json!(1)), "{done:#}");
}
