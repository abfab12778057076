//! The dashboard in a real browser, served by the real API.

use reqwest::Method;
use rushes_tests::providers::Provider;
use rushes_tests::{Service, browser};
use serde_json::json;

#[tokio::test]
async fn a_video_is_asked_for_on_the_page_plays_there_and_is_saved_under_its_title() {
    let service = Service::start().await.unwrap();
    let _renderer = service.start_renderer(&[]).unwrap();
    browser::submit_and_play(&service.client.base_url).await.unwrap();
}

#[tokio::test]
async fn a_fault_stands_beside_its_field_and_an_odd_key_is_told() {
    let service = Service::start().await.unwrap();
    browser::a_fault_stands_beside_its_field(&service.client.base_url).await.unwrap();
    browser::an_odd_key_is_told(&service.client.base_url).await.unwrap();
}

#[tokio::test]
async fn the_page_fits_a_phone() {
    let service = Service::start().await.unwrap();
    browser::fits_a_phone(&service.client.base_url).await.unwrap();
}

#[tokio::test]
async fn a_video_is_cancelled_tried_again_and_deleted_on_the_page() {
    let service = Service::start().await.unwrap();
    browser::cancel_retry_and_delete(&service.client.base_url).await.unwrap();
}

#[tokio::test]
async fn a_topic_is_asked_for_on_the_page_and_what_was_written_is_shown() {
    let description = "How bees tell each other where the flowers are.";
    let script = json!({"title": "Bees", "description": description, "tags": ["bees", "dance"], "keywords": [],
        "scenes": [{"text": "A bee that has found flowers dances. ".repeat(6).trim(), "search_terms": ["bee"]}]});
    let model = Provider::model(script).await.unwrap();
    let writer = ("RUSHES_WRITER", "openai:model-1");
    let service = Service::start_with(&[("RUSHES_API_KEYS", "open"), writer]).await.unwrap();
    let url = model.url("/v1");
    let _renderer = service.start_renderer(&[writer, ("RUSHES_OPENAI_URL", url.as_str())]).unwrap();
    let channel = json!({"output": {"resolution": "480p", "aspect": "1:1"}, "captions": {"style": "block"}});
    let put = service.client.request(Method::PUT, "/v1/channels/science").header("content-type", "application/json");
    assert_eq!(service.client.send(put.body(channel.to_string())).await.unwrap().status, 201);
    browser::ask_for_a_topic(&service.client.base_url, "science", description).await.unwrap();
    let asked = model.asked();
    assert!(asked[0].body["messages"].to_string().contains("Dry."), "{}", asked[0].body);
    let made = service.client.get("/v1/videos").await.unwrap();
    assert_eq!(
        (&made.json["videos"][0]["result"]["width"], &made.json["videos"][0]["result"]["height"]),
        (&json!(480), &json!(480))
    );
}

#[tokio::test]
async fn no_topic_is_offered_where_nobody_writes_and_warnings_are_shown() {
    let service = Service::start().await.unwrap();
    let _renderer = service.start_renderer(&[]).unwrap();
    browser::offers_no_topic(&service.client.base_url).await.unwrap();
    let spec = json!({"title": "No whale", "script": "A whale.", "background": {"type": "footage", "terms": "whale"},
        "output": {"resolution": "480p"}});
    service.client.submit(&spec).await.unwrap();
    browser::shows_warnings(&service.client.base_url, "No whale", "Scene 1 shows a gradient").await.unwrap();
}
