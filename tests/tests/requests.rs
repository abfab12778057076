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
    let begin = |body| table.begin(key, body, TaskId::generate(), LEASE);
    let at_once = join_all((0..16).map(|_| begin(body))).await;
    let mut yours = at_once.into_iter().map(Result::unwrap).filter(|begun| matches!(begun, Begun::Yours(_)));
    let first = ticket(yours.next().unwrap());
    assert_eq!(yours.next(), None, "two have the right");
    assert_eq!(begin(body).await.unwrap(), Begun::InFlight);
    assert_eq!(begin(RequestHash::of(b"other")).await.unwrap(), Begun::OtherRequest);
    table.finish(&first).await.unwrap();
    table.finish(&first).await.expect("what is finished can be finished again");
    assert_eq!(begin(body).await.unwrap(), Begun::Done(first.task_id));
    assert_eq!(begin(RequestHash::of(b"other")).await.unwrap(), Begun::OtherRequest);
    table.abandon(&first).await.unwrap();
    let again = ticket(begin(RequestHash::of(b"other")).await.unwrap());
    assert!(!again.is_resumed && again.task_id != first.task_id);
}

#[tokio::test]
async fn a_request_whose_server_died_is_resumed_by_one_with_the_same_task() {
    let aws = LocalAws::start().await.unwrap();
    let table = aws.table().await.unwrap();
    let (key, body) = (key("k"), RequestHash::of(b"body"));
    let dead = ticket(table.begin(key, body, TaskId::generate(), SHORT).await.unwrap());
    tokio::time::sleep(SHORT * 2).await;
    let at_once = join_all((0..8).map(|_| table.begin(key, body, TaskId::generate(), LEASE))).await;
    let mut yours = at_once.into_iter().map(Result::unwrap).filter(|begun| matches!(begun, Begun::Yours(_)));
    let next = ticket(yours.next().unwrap());
    assert_eq!(yours.next(), None, "two took over");
    assert!(next.is_resumed && next.task_id == dead.task_id);
    // The dead one was only slow: nothing that it does now counts.
    table.abandon(&dead).await.unwrap();
    table.finish(&dead).await.unwrap();
    assert_eq!(table.begin(key, body, TaskId::generate(), LEASE).await.unwrap(), Begun::InFlight);
}

#[tokio::test]
async fn a_request_is_forgotten_in_time_though_its_record_is_still_there() {
    let aws = LocalAws::start().await.unwrap();
    let table = aws.table().await.unwrap();
    let (key, body) = (key("k"), RequestHash::of(b"body"));
    let first = ticket(table.begin(key, body, TaskId::generate(), LEASE).await.unwrap());
    table.finish(&first).await.unwrap();
    // DynamoDB deletes what has expired up to two days late.
    let item = Clients::local(&aws.endpoint).await.dynamodb.update_item();
    let item = item.table_name(aws.output("RUSHES_TABLE").unwrap());
    let item = item.key("pk", AttributeValue::S(format!("IDEM#{key}"))).key("sk", AttributeValue::S("META".to_owned()));
    let past = AttributeValue::N("1".to_owned());
    item.update_expression("SET expires_at = :past").expression_attribute_values(":past", past).send().await.unwrap();
    let again = ticket(table.begin(key, RequestHash::of(b"other"), TaskId::generate(), LEASE).await.unwrap());
    assert!(!again.is_resumed && again.task_id != first.task_id);
}

async fn post(client: &Client, key: &str, api_key: &str, body: &Value) -> Answer {
    let request = client.request(Method::POST, "/v1/videos").header("content-type", "application/json");
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
