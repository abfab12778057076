//! The same binaries as Lambda functions: API Gateway before one, the queue before the other.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use rushes_aws::Clients;
use rushes_tests::local_aws::PAGES_ORIGIN;
use rushes_tests::service::complaints_about;
use rushes_tests::{Client, LocalAws};
use serde_json::json;

#[tokio::test]
async fn the_whole_stack_makes_a_video() {
    let aws = LocalAws::start_with_functions().await.unwrap();
    let client = Client::new(aws.output("RUSHES_API_URL").unwrap().to_owned());
    let refused = client.post("/v1/videos", r#"{"script": ""}"#).await.unwrap();
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/script"]), "{}\n{}", refused.text, aws.log());
    let page = client.get("/").await.unwrap();
    assert!(page.status == 200 && page.text.contains("<title>Rushes</title>"), "{}", page.text);

    pages_of_a_named_origin_may_upload(&aws).await;

    let id = client.submit(&json!({"script": "Made in a function.", "output": {"resolution": "720p"}})).await.unwrap();
    let task = client.ended(&id, Duration::from_secs(180)).await;
    let task = task.unwrap_or_else(|error| panic!("{error}\n{}", aws.log()));
    assert_eq!(task["status"], "completed", "{task:#}\n{}", aws.log());
    let video = client.download(task["video_url"].as_str().unwrap()).await.unwrap();
    let path = aws.directory().join("video.mp4");
    std::fs::write(&path, &video).unwrap();
    assert_eq!(complaints_about(&path).await.unwrap(), "");

    // A manifest in the bucket goes through a function, too.
    let (s3, bucket) = (Clients::local(&aws.endpoint).await.s3, aws.output("RUSHES_BUCKET").unwrap());
    let manifest = b"script,output.resolution\nMade of a manifest.,480p\n";
    let put = s3.put_object().bucket(bucket).key("batches/one row.csv").body(manifest.to_vec().into());
    put.send().await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let report = loop {
        let found = s3.list_objects_v2().bucket(bucket).prefix("batches/one row.csv.").send().await.unwrap();
        if let Some(key) = found.contents.unwrap_or_default().into_iter().find_map(|object| object.key) {
            let object = s3.get_object().bucket(bucket).key(key).send().await.unwrap();
            break object.body.collect().await.unwrap().to_vec();
        }
        assert!(Instant::now() < deadline, "{}", aws.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let row: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let task = client.ended(row["id"].as_str().unwrap(), Duration::from_secs(180)).await.unwrap();
    assert_eq!(task["status"], "completed", "{task:#}\n{}", aws.log());

    // What all that left in the memo is counted when the clock says so.
    let sweep = invoke(&aws, "Sweep").await;
    assert!(sweep["entries"].as_u64().is_some_and(|entries| entries >= 4), "{sweep}\n{}", aws.log());
    assert_eq!((&sweep["evicted"], &sweep["failed"]), (&json!(0), &json!(0)));

    // Acknowledged: nothing is left in the queue, neither to be seen nor hidden.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let waiting = aws.queue().await.unwrap().receive_at_once(10, Duration::from_secs(1)).await.unwrap();
    assert!(waiting.is_empty(), "{waiting:?}");
}

/// The local gateway answers preflights by itself; what the API says to them is tested where it stands alone.
async fn pages_of_a_named_origin_may_upload(aws: &LocalAws) {
    let s3 = Clients::local(&aws.endpoint).await.s3;
    let rules = s3.get_bucket_cors().bucket(aws.output("RUSHES_BUCKET").unwrap()).send().await.unwrap();
    let [rule] = rules.cors_rules() else { panic!("{rules:?}") };
    assert_eq!((rule.allowed_origins(), rule.allowed_methods()[0].as_str()), (&[PAGES_ORIGIN.to_owned()][..], "PUT"));
}

/// What the function answers whose name has that in it.
async fn invoke(aws: &LocalAws, name: &str) -> serde_json::Value {
    let functions = format!("{}/2015-03-31/functions", aws.endpoint);
    let client = rushes_tests::local_aws::reqwest_client();
    let listed: serde_json::Value =
        serde_json::from_str(&client.get(format!("{functions}/")).send().await.unwrap().text().await.unwrap()).unwrap();
    let names =
        listed["Functions"].as_array().unwrap().iter().map(|function| function["FunctionName"].as_str().unwrap());
    let function = names.into_iter().find(|known| known.contains(name)).unwrap_or_else(|| panic!("{listed:#}"));
    let invoked = client.post(format!("{functions}/{function}/invocations")).body("{}").send().await.unwrap();
    serde_json::from_str(&invoked.text().await.unwrap()).unwrap()
}
