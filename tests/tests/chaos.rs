//! An AWS that answers badly: in the end each video is there exactly once.
//!
//! The long form runs with `make soak`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use futures::{StreamExt, TryStreamExt, stream};
use rushes_tests::Service;
use rushes_tests::proxy::{Fault, Proxy};
use rushes_tests::videos::{each_has_one_video, spec};

async fn answer_badly(tasks: usize) {
    let service = Service::start().await.unwrap();
    let proxy = Proxy::start(&service.aws.endpoint, 10).await.unwrap();
    let variables = [
        ("RUSHES_API_KEYS", "open"),
        ("AWS_ENDPOINT_URL", proxy.endpoint.as_str()),
        ("RUSHES_LEASE_SECONDS", "12"),
        ("RUSHES_WORKERS", "4"),
    ];
    let (_api, client) = service.start_another_api(&variables).await.unwrap();
    let _renderer = service.start_renderer(&variables).unwrap();
    let submit = |number: usize| {
        let (client, spec) = (client.clone(), spec(number).to_string());
        async move {
            loop {
                let answer = client.post("/v1/videos", spec.clone()).await?;
                match answer.status {
                    202 => return anyhow::Ok(answer.json["id"].as_str().unwrap_or_default().to_owned()),
                    503 => assert_eq!(answer.header("retry-after"), "5"),
                    other => panic!("{other} {}", answer.text),
                }
            }
        }
    };
    let ids: Vec<String> = stream::iter(0..tasks).map(submit).buffered(4).try_collect().await.unwrap();
    each_has_one_video(&service, &ids).await.unwrap();
    let faults = proxy.faults();
    let (calls, bad) = (proxy.calls(), faults.values().sum::<u64>());
    eprintln!("{bad} of {calls} calls went wrong: {faults:?}");
    assert!(bad * 20 > calls, "{bad} of {calls}");
    for kind in [Fault::InternalError, Fault::Unavailable, Fault::Throttled, Fault::LostAnswer, Fault::Silence] {
        assert!(faults.contains_key(&kind), "{faults:?}");
    }
}

#[tokio::test]
async fn a_tenth_of_all_calls_to_aws_goes_wrong_and_all_tasks_complete() {
    answer_badly(8).await;
}

#[tokio::test]
#[ignore = "takes minutes: make soak"]
async fn soak_a_tenth_of_all_calls_to_aws_goes_wrong_and_all_of_a_hundred_tasks_complete() {
    answer_badly(100).await;
}
