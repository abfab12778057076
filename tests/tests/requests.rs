//! Requests with an idempotency key: what the table promises, and what the API makes of it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use reqwest::Method;
use rushes_aws::Clients;
use rushes_core::ports::{Begun, RequestStore, Ticket};
use rushes_core::request::{IdempotencyKey, RequestHash};
use rushes_core::task::TaskId;
use rushes_tests::client::Answer;
use rushes_tests::inbox::enqueued;
use rushes_tests::{Client, LocalAws, Service};
use serde_json::{Value, json};

const LEASE: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(b"caller", "videos", text.as_bytes()).unwrap()
}

fn ticket(begun: Begun) -> Ticket {
    match begun {
        Begun::Yours(ticket) => ticket,
        other => panic!("the request is not the caller's: {other:?}"),
    }
}

#[tokio::test]
async fn a_request_is_carried_out_by_one_and_then_remembered() {
    let aws = LocalAws::start().await.unwrap();
    let table = aws.table().await.unwrap();
    let (key, body) = (key("k"), RequestHash::of(b"body"));
    let begin = |body| table.begin(key, body, TaskId::generate().into(), LEASE);
    let at_once = join_all((0..16).map(|_| begin(body))).await;
    let mut yours = at_once.into_iter().map(Result::unwrap).filter(|begun| matches!(begun, Begun::Yours(_)));
    let first = ticket(yours.next().unwrap());
    assert_eq!(yours.next(), None, "two have the right");
    assert_eq!(begin(body).await.unwrap(), Begun::InFlight);
    assert_eq!(begin(RequestHash::of(b"other")).await.unwrap(), Begun::OtherRequest);
    table.finish(&first).await.unwrap();
    table.finish(&first).await.expect("what is finished can be finished again");
    assert_eq!(begin(body).await.unwrap(), Begun::Done(first.makes));
    assert_eq!(begin(RequestHash::of(b"other")).await.unwrap(), Begun::OtherRequest);
    table.abandon(&first).await.unwrap();
    let again = ticket(begin(RequestHash::of(b"other")).await.unwrap());
    assert!(!again.is_resumed && again.makes != first.makes);
}

#[tokio::test]
async fn a_request_whose_server_died_is_resumed_by_one_with_the_same_task() {
    let aws = LocalAws::start().await.unwrap();
    let table = aws.table().await.unwrap();
    let (key, body) = (key("k"), RequestHash::of(b"body"));
    let dead = ticket(table.begin(key, body, TaskId::generate().into(), SHORT).await.unwrap());
    tokio::time::sleep(SHORT * 2).await;
    let at_once = join_all((0..8).map(|_| table.begin(key, body, TaskId::generate().into(), LEASE))).await;
    let mut yours = at_once.into_iter().map(Result::unwrap).filter(|begun| matches!(begun, Begun::Yours(_)));
    let next = ticket(yours.next().unwrap());
    assert_eq!(yours.next(), None, "two took over");
    assert!(next.is_resumed && next.makes == dead.makes);
    // The dead one was only slow: nothing that it does now counts.
    table.abandon(&dead).await.unwrap();
    table.finish(&dead).await.unwrap();
    assert_eq!(table.begin(key, body, TaskId::generate().into(), LEASE).await.unwrap(), Begun::InFlight);
}

#[tokio::test]
async fn a_request_is_forgotten_in_time_though_its_record_is_still_there() {
    let aws = LocalAws::start().await.unwrap();
    let table = aws.table().await.unwrap();
    let (key, body) = (key("k"), RequestHash::of(b"body"));
    let first = ticket(table.begin(key, body, TaskId::generate().into(), LEASE).await.unwrap());
    table.finish(&first).await.unwrap();
    // DynamoDB deletes what has expired up to two days late.
    let item = Clients::local(&aws.endpoint).await.dynamodb.update_item();
    let item = item.table_name(aws.output("RUSHES_TABLE").unwrap());
    let item = item.key("pk", AttributeValue::S(format!("IDEM#{key}"))).key("sk", AttributeValue::S("META".to_owned()));
    let past = AttributeValue::N("1".to_owned());
    item.update_expression("SET expires_at = :past").expression_attribute_values(":past", past).send().await.unwrap();
    let again = ticket(table.begin(key, RequestHash::of(b"other"), TaskId::generate().into(), LEASE).await.unwrap());
    assert!(!again.is_resumed && again.makes != first.makes);
}

async fn post(client: &Client, key: &str, api_key: &str, body: &Value) -> Answer {
    post_to(client, "/v1/videos", key, api_key, body).await
}

async fn post_to(client: &Client, path: &str, key: &str, api_key: &str, body: &Value) -> Answer {
    let request = client.request(Method::POST, path).header("content-type", "application/json");
    let request = request.header("idempotency-key", key).header("x-api-key", api_key).body(body.to_string());
    client.send(request).await.unwrap()
}

async fn videos(client: &Client) -> usize {
    let listed = client.send(client.request(Method::GET, "/v1/videos?limit=100").header("x-api-key", "one")).await;
    listed.unwrap().json["videos"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_request_sent_again_gets_the_same_task_from_whichever_server() {
    let variables = [("RUSHES_API_KEYS", "one,two")];
    let service = Service::start_with(&variables).await.unwrap();
    let (_second, other) = service.start_another_api(&variables).await.unwrap();
    let client = &service.client;
    let spec = json!({"script": "Said once."});
    for round in 0..10 {
        let key = format!("round-{round}");
        let both = (0..6).map(|number| post(if number % 2 == 0 { client } else { &other }, &key, "one", &spec));
        let answers = join_all(both).await;
        let accepted: HashSet<&str> = answers
            .iter()
            .filter(|answer| answer.status == 202)
            .filter_map(|answer| answer.json["id"].as_str())
            .collect();
        assert_eq!(accepted.len(), 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 202) {
            assert_eq!((answer.status, &answer.json["code"]), (409, &json!("request_in_flight")), "{}", answer.text);
            assert_eq!(answer.header("retry-after"), "1");
        }
        let again = post(&other, &key, "one", &spec).await;
        assert_eq!((again.status, again.json["id"].as_str()), (202, accepted.iter().next().copied()), "{}", again.text);
        assert_eq!(again.header("location"), format!("/v1/videos/{}", again.json["id"].as_str().unwrap()));
    }
    assert_eq!(videos(client).await, 10);

    let reused = post(&other, "round-0", "one", &json!({"script": "Something else."})).await;
    assert_eq!((reused.status, &reused.json["code"]), (422, &json!("idempotency_key_reused")), "{}", reused.text);
    let strangers = post(client, "round-0", "two", &json!({"script": "Something else."})).await;
    assert_eq!(strangers.status, 202, "the keys of two callers met: {}", strangers.text);

    let refused = post(client, "mended", "one", &json!({"script": ""})).await;
    assert_eq!(refused.status, 422);
    let mended = post(client, "mended", "one", &spec).await;
    assert_eq!(mended.status, 202, "a refused request kept its key: {}", mended.text);
    let gone = format!("/v1/videos/{}", mended.json["id"].as_str().unwrap());
    let deleted = client.send(client.request(Method::DELETE, &gone).header("x-api-key", "one")).await.unwrap();
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    let spent = post(client, "mended", "one", &spec).await;
    assert_eq!((spent.status, &spent.json["code"]), (409, &json!("idempotency_key_spent")), "{}", spent.text);
}

#[tokio::test]
async fn a_batch_sent_again_gets_the_answer_that_was_given_from_whichever_server() {
    let variables = [("RUSHES_API_KEYS", "one,two")];
    let service = Service::start_with(&variables).await.unwrap();
    let (_second, other) = service.start_another_api(&variables).await.unwrap();
    let client = &service.client;
    let bad = json!({"script": "a", "output": {"fps": 5}});
    let batch = json!({"videos": [{"script": "First."}, bad, {"script": "Third."}]});
    for round in 0..5 {
        let key = format!("night-{round}");
        let send = |number: usize| {
            let server = if number.is_multiple_of(2) { client } else { &other };
            post_to(server, "/v1/batches", &key, "one", &batch)
        };
        let answers = join_all((0..6).map(send)).await;
        let first = answers.iter().find(|answer| answer.status == 202).unwrap();
        for answer in &answers {
            match answer.status {
                202 => assert_eq!(answer.json, first.json),
                _ => assert_eq!((answer.status, &answer.json["code"]), (409, &json!("request_in_flight"))),
            }
        }
        let again = send(1).await;
        assert_eq!((again.status, &again.json), (202, &first.json), "{}", again.text);
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.json["videos"][1]["error"]["errors"][0]["pointer"], "/output/fps");
    }
    assert_eq!(videos(client).await, 10);
    assert_eq!(enqueued(&service).await.unwrap().into_values().collect::<Vec<_>>(), [1; 10]);

    let another = json!({"videos": [{"script": "Something else."}]});
    let reused = post_to(&other, "/v1/batches", "night-0", "one", &another).await;
    assert_eq!((reused.status, &reused.json["code"]), (422, &json!("idempotency_key_reused")), "{}", reused.text);
    // Another caller's key is another key; so is the same one for one video.
    assert_eq!(post_to(client, "/v1/batches", "night-0", "two", &another).await.status, 202);
    assert_eq!(post(client, "night-0", "one", &json!({"script": "One."})).await.status, 202);
    let refused = post_to(client, "/v1/batches", "mended", "one", &json!({"videos": []})).await;
    assert_eq!(refused.status, 422);
    let mended = post_to(client, "/v1/batches", "mended", "one", &another).await;
    assert_eq!(mended.status, 202, "a refused request kept its key: {}", mended.text);

    let old = json!({"script": "As before."});
    let created = post_to(client, "/api/create", "old", "one", &old).await;
    // Neither what became of the task nor what the default channel says by then is another answer.
    let id = created.json["task_id"].as_str().unwrap();
    let cancel = client.request(Method::POST, &format!("/v1/videos/{id}/cancel")).header("x-api-key", "one");
    assert_eq!(client.send(cancel).await.unwrap().status, 200);
    let config = client.request(Method::POST, "/api/config").header("x-api-key", "one");
    let config = config.header("content-type", "application/json").body(r#"{"captions": {"style": "block"}}"#);
    assert_eq!(client.send(config).await.unwrap().status, 200);
    let again = post_to(&other, "/api/create", "old", "one", &old).await;
    assert_eq!((created.status, &created.json), (200, &again.json), "{}", again.text);
    assert_eq!(again.json["status"], "queued");
    let reused = post_to(client, "/api/create", "old", "one", &json!({"script": "Other."})).await;
    assert!(reused.status == 422 && reused.json["error"].is_string(), "{}", reused.text);
    let olds = json!({"videos": [{"script": "As before."}, {"script": "And after."}]});
    let created = post_to(client, "/api/batch", "olds", "one", &olds).await;
    let again = post_to(&other, "/api/batch", "olds", "one", &olds).await;
    assert_eq!((created.status, &created.json["task_ids"]), (200, &again.json["task_ids"]), "{}", again.text);
    let reused = post_to(client, "/api/batch", "olds", "one", &another).await;
    assert!(reused.status == 422 && reused.json["error"].is_string(), "{}", reused.text);
}
