//! How fast the API answers while nothing renders: a steady rate of requests,
//! whether or not the ones before were answered. Prints one line of JSON.
//!
//!     cargo bench -p rushes-tests --bench api_latency

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use futures::future::join_all;
use reqwest::Method;
use rushes_tests::{Client, Service};
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval};

const PER_SECOND: u32 = 50;
const DURATION: Duration = Duration::from_secs(20);
const SPEC: &str = r#"{"title": "Benchmark", "script": "One sentence. And another one."}"#;

#[tokio::main]
async fn main() -> Result<()> {
    let service = Service::start().await?;
    let client = Arc::new(service.client.clone());
    let id = client.submit(&serde_json::from_str(SPEC)?).await?;
    let path = format!("/v1/videos/{id}");
    let post = measure(&client, Method::POST, "/v1/videos", 202).await;
    let get = measure(&client, Method::GET, &path, 200).await;
    write(&json!({"requests_per_second": PER_SECOND, "seconds": DURATION.as_secs(), "post": post, "get": get}))
}

/// Sends requests at a fixed rate. A request's time counts from the moment at
/// which it was due, so that a slow answer cannot hide those that wait behind it.
async fn measure(client: &Arc<Client>, method: Method, path: &str, wanted: u16) -> Value {
    let mut ticks = interval(Duration::from_secs(1) / PER_SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let count = PER_SECOND * u32::try_from(DURATION.as_secs()).unwrap_or(1);
    let mut requests = Vec::new();
    for _ in 0..count {
        let due = ticks.tick().await;
        let (client, method, path) = (Arc::clone(client), method.clone(), path.to_owned());
        requests.push(tokio::spawn(async move { ask(&client, method, &path, wanted, due).await }));
    }
    let answers: Vec<Option<Duration>> = join_all(requests).await.into_iter().map(|one| one.ok().flatten()).collect();
    let mut times: Vec<Duration> = answers.iter().flatten().copied().collect();
    times.sort_unstable();
    let errors = answers.len() - times.len();
    json!({
        "p50_ms": percentile(&times, 50),
        "p99_ms": percentile(&times, 99),
        "max_ms": percentile(&times, 100),
        "requests": answers.len(),
        "errors": errors,
    })
}

/// The time until the wanted answer; `None` for any other.
async fn ask(client: &Client, method: Method, path: &str, wanted: u16, due: Instant) -> Option<Duration> {
    let request = client.request(method.clone(), path);
    let request = match method {
        Method::POST => request.header("content-type", "application/json").body(SPEC),
        _ => request,
    };
    let answer = client.send(request).await.ok()?;
    (answer.status == wanted).then(|| due.elapsed())
}

/// In milliseconds, with two decimals.
fn percentile(sorted: &[Duration], percent: usize) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let time = sorted[(last * percent).div_ceil(100)];
    Some((time.as_secs_f64() * 100_000.0).round() / 100.0)
}

fn write(result: &Value) -> Result<()> {
    use std::io::Write;
    if writeln!(std::io::stdout(), "{result}").is_err() {
        bail!("the result cannot be written");
    }
    Ok(())
}
