//! Specs that are dropped into the bucket as manifests: each row is answered for itself, and each
//! good one is enqueued exactly once.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rushes_tests::Service;
use rushes_tests::inbox::{Inbox, enqueued};
use rushes_tests::lambda::Answer;
use rushes_tests::proxy::{Moment, Proxy};
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);

fn spec(title: &str) -> Value {
    json!({"title": title, "script": "Short.", "quality": "draft", "output": {"resolution": "480p"}})
}

/// Rows as lines, of which every hundredth cannot be made.
fn manifest(rows: usize) -> String {
    let line = |row: usize| match row % 100 {
        7 => "{}\n".to_owned(),
        _ => format!("{}\n", spec(&format!("Row {row}"))),
    };
    (1..=rows).map(line).collect()
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["id"].as_str()).collect()
}

#[tokio::test]
async fn a_manifest_of_any_kind_and_name_becomes_tasks_and_a_report() {
    let service = Service::start().await.unwrap();
    let inbox = Inbox::of(&service).await.unwrap();
    let _reader = service.start_ingest(&[]).unwrap();
    let csv = "title,script,output.fps\nOne,First.,25\nTwo,Second.,5\n3,Third.,30,surplus\nFour,\"Fourth, last.\",\n";
    let json = r#"[{"script": "One."}, {"script": }, {"script": "Three."}]"#;
    let lines = "{\"script\": \"One.\"}\n\nno JSON\n{\"script\": \"Three.\"}\n";
    let manifests = [
        ("batches/März 1+2 %20.csv", csv, "arra"),
        ("batches/folder with spaces/b.json", json, "ara"),
        ("batches/c.jsonl", lines, "ara"),
        ("batches/d.txt", lines, "r"),
        ("batches/e.json", "{}", "r"),
    ];
    let mut accepted = Vec::new();
    for (key, text, outcomes) in manifests {
        inbox.drop(key, text).await.unwrap();
        let report = inbox.whole_report(&service, key, outcomes.len()).await.unwrap();
        let found: String = report.iter().map(|row| &row["status"].as_str().unwrap()[..1]).collect();
        assert_eq!(found, outcomes, "{key}: {report:#?}");
        accepted.extend(ids(&report).into_iter().map(str::to_owned));
    }
    let report = inbox.report(manifests[0].0).await.unwrap();
    assert_eq!((&report[1]["row"], &report[1]["errors"][0]["pointer"]), (&json!(3), &json!("/output/fps")));
    // Said again, and read before: nothing more is enqueued.
    for (key, ..) in manifests {
        inbox.announce(key).await.unwrap();
    }
    inbox.idle(&service).await.unwrap();
    let counts = enqueued(&service).await.unwrap();
    assert_eq!(counts, accepted.iter().map(|id| (id.clone(), 1)).collect());
    let task = service.client.get(&format!("/v1/videos/{}", accepted[0])).await.unwrap().json;
    assert_eq!(task["title"], "One");
    let batch = format!("/v1/batches/{}", task["batch_id"].as_str().unwrap());
    let batch = service.client.get(&batch).await.unwrap().json;
    assert_eq!((&batch["accepted"], &batch["rejected"], &batch["state"]), (&json!(2), &json!(2), &json!("accepted")));
    assert_eq!(batch["results"], format!("{}.{}.results.jsonl", manifests[0].0, batch["id"].as_str().unwrap()));
    // S3's test event and the reports themselves are no faults.
    assert!(!service.log("ingest").contains("\"ERROR\""), "{}", service.log("ingest"));
}

#[tokio::test]
async fn each_upload_is_a_batch_with_a_report_of_its_own_and_an_event_said_twice_is_none() {
    let service = Service::start().await.unwrap();
    let inbox = Inbox::of(&service).await.unwrap();
    let _reader = service.start_ingest(&[]).unwrap();
    let key = "batches/tonight.jsonl";
    let (one, other) = (format!("{}\n", spec("One")), format!("{}\n{{}}\n", spec("Other")));
    for (count, text) in [(1, &one), (2, &other), (3, &one), (4, &one)] {
        inbox.drop(key, text.as_str()).await.unwrap();
        inbox.all_reports(&service, key, count).await.unwrap();
        inbox.announce(key).await.unwrap();
        inbox.idle(&service).await.unwrap();
    }
    let reports = inbox.reports(key).await.unwrap();
    let rows: Vec<Value> = reports.values().flatten().cloned().collect();
    assert_eq!((reports.len(), rows.len()), (4, 5));
    let accepted: Vec<&str> = ids(&rows);
    assert_eq!(accepted.len(), 4);
    for id in &accepted {
        let task = service.client.get(&format!("/v1/videos/{id}")).await.unwrap().json;
        let batch = service.client.get(&format!("/v1/batches/{}", task["batch_id"].as_str().unwrap())).await.unwrap();
        assert_eq!(ids(&reports[batch.json["results"].as_str().unwrap()]), [*id]);
    }
    assert_eq!(enqueued(&service).await.unwrap(), accepted.iter().map(|id| ((*id).to_owned(), 1)).collect());
}

/// Asserts that the report has each row once, and that the queue has each good one, in order. How
/// many of them it has twice.
async fn assert_each_row_was_enqueued(service: &Service, inbox: &Inbox, key: &str, rows: usize) -> usize {
    let report = inbox.report(key).await.unwrap();
    let numbers: Vec<u64> = report.iter().map(|row| row["row"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=rows as u64).collect::<Vec<_>>());
    let accepted = ids(&report);
    assert_eq!(accepted.len(), rows - rows / 100);
    let task = service.client.get(&format!("/v1/videos/{}", accepted[0])).await.unwrap().json;
    let batch = format!("/v1/batches/{}", task["batch_id"].as_str().unwrap());
    let batch = service.client.get(&batch).await.unwrap().json;
    assert_eq!((&batch["state"], &batch["rejected"]), (&json!("accepted"), &json!(rows / 100)), "{batch:#}");
    // Each row is one task, whoever made it.
    assert_eq!((&batch["accepted"], &batch["counts"]["queued"]), (&json!(accepted.len()), &json!(accepted.len())));
    let counts = enqueued(service).await.unwrap();
    assert_eq!(counts.keys().map(String::as_str).collect::<Vec<_>>(), accepted, "in the order of the rows");
    assert!(counts.values().all(|count| *count <= 2));
    counts.values().filter(|count| **count > 1).count()
}

#[tokio::test]
async fn ten_thousand_rows_outlast_a_function_that_is_also_killed_and_each_is_enqueued() {
    const ROWS: usize = 10_000;
    const CALLS_BEFORE: usize = 137;
    let service = Service::start().await.unwrap();
    let inbox = Inbox::of(&service).await.unwrap();
    let queue = service.source_queue("RUSHES_INGEST_QUEUE_URL").await.unwrap();
    let proxy = Proxy::start(&service.aws.endpoint, 0).await.unwrap();
    let sent = AtomicUsize::new(0);
    let hold = proxy.hold(Moment::After, move |call| {
        call.target().ends_with(".SendMessageBatch") && sent.fetch_add(1, Ordering::SeqCst) >= CALLS_BEFORE
    });
    let variables = [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("RUSHES_LEASE_SECONDS", "2")];
    let mut function = service.function("ingest", &variables).unwrap();
    let key = "batches/ten thousand.jsonl";
    inbox.drop(key, manifest(ROWS)).await.unwrap();
    // Ten messages are sent, nobody has noted it, and the reader dies.
    tokio::select! {
        answer = async { loop { function.deal_with_messages(&queue, 1, 2 * SECOND, 60 * SECOND).await.unwrap(); } } => answer,
        () = hold.has_come() => {}
    }
    function.kill().await.unwrap();
    hold.let_go();
    inbox.announce(key).await.unwrap();
    let mut answers = 0;
    while service.messages("RUSHES_INGEST_QUEUE_URL").await.unwrap() > 0 {
        // Two seconds after it began, the time of a function is nearly up.
        match function.deal_with_messages(&queue, 1, 2 * SECOND, 12 * SECOND).await.unwrap() {
            Some(Answer::Returned(_)) => answers += 1,
            Some(other) => panic!("{other:?}\n{}", service.log("ingest")),
            None => tokio::time::sleep(SECOND / 10).await,
        }
    }
    eprintln!("{ROWS} rows in {answers} invocations");
    assert!(service.log("ingest").matches("rows are left for another turn").count() >= 4);
    let twice = assert_each_row_was_enqueued(&service, &inbox, key, ROWS).await;
    // Those that were in hand.
    assert!((1..=10).contains(&twice), "{twice} rows were enqueued twice");
}

#[tokio::test]
async fn readers_that_take_turns_and_hear_of_a_manifest_twice_enqueue_each_row_once() {
    const ROWS: usize = 1200;
    let service = Service::start().await.unwrap();
    let inbox = Inbox::of(&service).await.unwrap();
    let key = "batches/long.jsonl";
    let variables = [("RUSHES_INGEST_ROWS", "400"), ("RUSHES_WORKERS", "2")];
    let _readers = [service.start_ingest(&variables).unwrap(), service.start_ingest(&variables).unwrap()];
    inbox.drop(key, manifest(ROWS)).await.unwrap();
    inbox.announce(key).await.unwrap();
    inbox.whole_report(&service, key, ROWS).await.unwrap();
    inbox.announce(key).await.unwrap();
    inbox.idle(&service).await.unwrap();
    assert_eq!(assert_each_row_was_enqueued(&service, &inbox, key, ROWS).await, 0);
    assert!(service.log("ingest").matches("rows are left for another turn").count() >= 2);
}
