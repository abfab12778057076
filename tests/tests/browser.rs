//! The dashboard in a real browser, served by the real API.

use rushes_tests::{Service, browser};

#[tokio::test]
async fn a_video_is_asked_for_on_the_page_and_plays_there() {
    let service = Service::start().await.unwrap();
    let _renderer = service.start_renderer(&[]).unwrap();
    browser::submit_and_play(&service.client.base_url).await.unwrap();
}

#[tokio::test]
async fn a_fault_stands_beside_its_field() {
    let service = Service::start().await.unwrap();
    browser::a_fault_stands_beside_its_field(&service.client.base_url).await.unwrap();
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
