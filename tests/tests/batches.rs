//! Many specs at once, by request and by manifest: each row is answered for itself, and each
//! good one is enqueued exactly once.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rushes_aws::{Clients, WrittenObject, parse_message, s3_event};
use rushes_tests::Service;
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);

fn spec(title: &str) -> Value {
    json!({"title": title, "script": "Short.", "quality": "draft", "output": {"resolution": "480p"}})
}

/// Takes every message out of the queue of tasks; tells how often each task was named.
async fn enqueued(service: &Service) -> BTreeMap<String, usize> {
    let queue = service.aws.queue().await.unwrap();
    let mut counts = BTreeMap::new();
    loop {
        let messages = queue.receive_at_once(10, MINUTE).await.unwrap();
        if messages.is_empty() {
            return counts;
        }
        for message in messages {
            *counts.entry(parse_message(&message.body).unwrap().to_string()).or_default() += 1;
        }
    }
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["id"].as_str()).collect()
}

struct Inbox {
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    bucket: String,
    queue: String,
}

impl Inbox {
    async fn of(service: &Service) -> Self {
        let clients = Clients::local(&service.aws.endpoint).await;
        let output = |name| service.aws.output(name).unwrap().to_owned();
        let (bucket, queue) = (output("RUSHES_BUCKET"), output("RUSHES_INGEST_QUEUE_URL"));
        Self { s3: clients.s3, sqs: clients.sqs, bucket, queue }
    }

    async fn drop(&self, key: &str, manifest: impl Into<Vec<u8>>) {
        let body = manifest.into().into();
        self.s3.put_object().bucket(&self.bucket).key(key).body(body).send().await.unwrap();
    }

    /// Says once more that the object was written.
    async fn announce(&self, key: &str) {
        let head = self.s3.head_object().bucket(&self.bucket).key(key).send().await.unwrap();
        let etag = head.e_tag().map(|etag| etag.trim_matches('"').to_owned());
        let body = s3_event(&WrittenObject { key: key.to_owned(), etag });
        self.sqs.send_message().queue_url(&self.queue).message_body(body).send().await.unwrap();
    }

    async fn report(&self, key: &str) -> Vec<Value> {
        let key = format!("{key}.results.jsonl");
        let Ok(object) = self.s3.get_object().bucket(&self.bucket).key(key).send().await else { return Vec::new() };
        let bytes = object.body.collect().await.unwrap().into_bytes();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
    }

    /// The report, once it has so many lines.
    async fn whole_report(&self, service: &Service, key: &str, lines: usize) -> Vec<Value> {
        let deadline = Instant::now() + 2 * MINUTE;
        loop {
            let report = self.report(key).await;
            if report.len() >= lines {
                return report;
            }
            assert!(Instant::now() < deadline, "{} of {lines} lines\n{}", report.len(), service.log("ingest"));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until no message about manifests is left, neither to be seen nor hidden.
    async fn idle(&self) {
        use aws_sdk_sqs::types::QueueAttributeName as Name;
        let names = [Name::ApproximateNumberOfMessages, Name::ApproximateNumberOfMessagesNotVisible];
        let deadline = Instant::now() + 2 * MINUTE;
        loop {
            let request = self.sqs.get_queue_attributes().queue_url(&self.queue);
            let answer = request.set_attribute_names(Some(names.to_vec())).send().await.unwrap();
            if answer.attributes.unwrap().values().all(|count| count == "0") {
                return;
            }
            assert!(Instant::now() < deadline, "messages about manifests stay");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test]
async fn a_batch_is_answered_row_by_row_and_its_videos_are_counted() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let bad = json!({"script": "a", "output": {"fps": 5}});
    let accepted = client.post("/v1/batches", json!({"videos": [spec("One"), bad, spec("Two"), 5]}).to_string()).await;
    let accepted = accepted.unwrap();
    assert_eq!((accepted.status, &accepted.json["accepted"]), (202, &json!(2)), "{}", accepted.text);
    let path = format!("/v1/batches/{}", accepted.json["id"].as_str().unwrap());
    assert_eq!(accepted.header("location"), path);
    let rows = accepted.json["videos"].as_array().unwrap();
    let statuses: Vec<&str> = rows.iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["accepted", "rejected", "accepted", "rejected"]);
    assert_eq!(rows[1]["error"]["errors"][0]["pointer"], "/output/fps");
    let batch = client.get(&path).await.unwrap().json;
    assert_eq!((&batch["state"], &batch["accepted"], &batch["rejected"]), (&json!("accepted"), &json!(2), &json!(2)));
    assert_eq!(batch["counts"]["queued"], 2, "{batch:#}");

    let _renderer = service.start_renderer(&[("RUSHES_WORKERS", "2"), ("RUSHES_SEGMENT_WORKERS", "2")]).unwrap();
    for id in ids(rows) {
        let task = client.ended(id, 3 * MINUTE).await.unwrap();
        assert_eq!((&task["status"], &task["batch_id"]), (&json!("completed"), &batch["id"]), "{task:#}");
    }
    assert_eq!(client.get(&path).await.unwrap().json["counts"]["completed"], 2);
}

#[tokio::test]
async fn a_thousand_specs_are_each_enqueued_once_and_one_more_is_refused() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let mut specs: Vec<Value> = (0..1000).map(|number| spec(&format!("Video {number}"))).collect();
    let accepted = client.post("/v1/batches", json!({ "videos": specs }).to_string()).await.unwrap();
    assert_eq!((accepted.status, &accepted.json["accepted"]), (202, &json!(1000)), "{}", accepted.text);
    let counts = enqueued(&service).await;
    assert!(counts.len() == 1000 && counts.values().all(|count| *count == 1));
    assert!(ids(accepted.json["videos"].as_array().unwrap()).iter().all(|id| counts.contains_key(*id)));
    let batch = client.get(&format!("/v1/batches/{}", accepted.json["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(batch.json["counts"]["queued"], 1000, "{}", batch.text);

    specs.push(spec("One more"));
    let refused = client.post("/v1/batches", json!({ "videos": specs }).to_string()).await.unwrap();
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/videos"]), "{}", refused.text);
    assert!(enqueued(&service).await.is_empty());
}

#[tokio::test]
async fn what_is_no_batch_is_refused_with_the_places_of_its_faults() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let bad = json!({"videos": [{"script": ""}, {"topic": 5, "colour": 1}]});
    let refused = client.post("/v1/batches", bad.to_string()).await.unwrap();
    assert_eq!((refused.status, &refused.json["code"]), (422, &json!("invalid_batch")), "{}", refused.text);
    assert!(refused.pointers().contains(&"/videos/0/script") && refused.pointers().contains(&"/videos/1/colour"));
    for (body, status) in [("{", 400), ("[]", 422), (r#"{"videos": []}"#, 422), (r#"{"videos": [], "a": 1}"#, 422)] {
        assert_eq!(client.post("/v1/batches", body).await.unwrap().status, status, "{body}");
    }
    for path in ["/v1/batches/x", "/v1/batches/01KAQ50B8R5T1V7W3X9Y2Z4C6D"] {
        assert_eq!(client.get(path).await.unwrap().status, 404);
    }
    // The older interface takes ten.
    let specs = |count: usize| json!({"videos": vec![spec("Old"); count]}).to_string();
    let created = client.post("/api/batch", specs(10)).await.unwrap();
    assert_eq!((created.status, &created.json["status"]), (200, &json!("queued")), "{}", created.text);
    assert_eq!(created.json["task_ids"].as_array().unwrap().len(), 10);
    let refused = client.post("/api/batch", specs(11)).await.unwrap();
    assert!(refused.status == 422 && refused.json["error"].is_string(), "{}", refused.text);
    assert_eq!(enqueued(&service).await.len(), 10);
}

#[tokio::test]
async fn a_manifest_of_any_kind_and_name_becomes_tasks_and_a_report() {
    let service = Service::start().await.unwrap();
    let inbox = Inbox::of(&service).await;
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
        inbox.drop(key, text).await;
        let report = inbox.whole_report(&service, key, outcomes.len()).await;
        let found: String = report.iter().map(|row| &row["status"].as_str().unwrap()[..1]).collect();
        assert_eq!(found, outcomes, "{key}: {report:#?}");
        accepted.extend(ids(&report).into_iter().map(str::to_owned));
    }
    let report = inbox.report(manifests[0].0).await;
    assert_eq!((&report[1]["row"], &report[1]["errors"][0]["pointer"]), (&json!(2), &json!("/output/fps")));
    // Said again, and read before: nothing more is enqueued.
    for (key, ..) in manifests {
        inbox.announce(key).await;
    }
    inbox.idle().await;
    let counts = enqueued(&service).await;
    assert_eq!(counts, accepted.iter().map(|id| (id.clone(), 1)).collect());
    let task = service.client.get(&format!("/v1/videos/{}", accepted[0])).await.unwrap().json;
    assert_eq!(task["title"], "One");
    let batch = format!("/v1/batches/{}", task["batch_id"].as_str().unwrap());
    let batch = service.client.get(&batch).await.unwrap().json;
    assert_eq!((&batch["accepted"], &batch["rejected"], &batch["state"]), (&json!(2), &json!(2), &json!("accepted")));
    assert_eq!(batch["results"], format!("{}.results.jsonl", manifests[0].0));
    // S3's test event and the reports themselves are no faults.
    assert!(!service.log("ingest").contains("\"ERROR\""), "{}", service.log("ingest"));
}

#[tokio::test]
async fn a_long_manifest_is_read_in_turns_by_readers_that_die_and_each_row_is_enqueued() {
    let service = Service::start().await.unwrap();
    let inbox = Inbox::of(&service).await;
    let rows = 1200;
    let line =
        |row: usize| if row % 100 == 7 { "{}\n".to_owned() } else { format!("{}\n", spec(&format!("Row {row}"))) };
    let key = "batches/long.jsonl";
    let variables = [("RUSHES_INGEST_ROWS", "400"), ("RUSHES_LEASE_SECONDS", "2"), ("RUSHES_WORKERS", "2")];
    let first = service.start_ingest(&variables).unwrap();
    inbox.drop(key, (1..=rows).map(line).collect::<String>()).await;
    inbox.announce(key).await;
    inbox.whole_report(&service, key, 200).await;
    first.kill().await.unwrap();
    let _second = service.start_ingest(&variables).unwrap();
    let _third = service.start_ingest(&variables).unwrap();
    inbox.announce(key).await;
    let report = inbox.whole_report(&service, key, rows).await;
    inbox.idle().await;
    assert_eq!(inbox.report(key).await, report);
    let numbers: Vec<u64> = report.iter().map(|row| row["row"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=rows as u64).collect::<Vec<_>>());
    let accepted = ids(&report);
    assert_eq!(accepted.len(), rows - rows / 100);
    let counts = enqueued(&service).await;
    assert_eq!(counts.keys().map(String::as_str).collect::<Vec<_>>(), accepted, "in the order of the rows");
    // Only rows that were in hand when the first reader was killed may be named twice.
    assert!(counts.values().filter(|count| **count > 1).count() <= 200 && counts.values().all(|count| *count <= 2));
    assert!(service.log("ingest").matches("rows are left for another turn").count() >= 2);
}
