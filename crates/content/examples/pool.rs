//! Two hundred calls to a TLS server on this machine, with connections that are kept and without; prints
//! connections opened and the time of a call as JSON. `make bench` runs it, with the server's
//! certificate in `SSL_CERT_FILE`.

#![allow(clippy::unwrap_used, reason = "shared with the tests, which fail by panicking")]

#[allow(dead_code, reason = "the tests ask it for more")]
#[path = "../src/http/tls.rs"]
mod tls;

use std::io::Write;
use std::time::{Duration, Instant};

use futures::StreamExt;
use rushes_content::http::{Call, HttpClient, HttpConfig};
use serde_json::{Value, json};
use tls::TlsServer;

const CALLS: usize = 200;
/// More than may be on their way: those that wait take over connections.
const WANTED_AT_ONCE: usize = 40;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let kept = HttpConfig::default();
    let single = HttpConfig { idle_connections: 0, ..kept };
    let told = json!({
        "calls": CALLS,
        "with_pool": measure(kept, WANTED_AT_ONCE).await?,
        "without_pool": measure(single, WANTED_AT_ONCE).await?,
        "with_pool_in_turn": measure(kept, 1).await?,
        "without_pool_in_turn": measure(single, 1).await?,
    });
    writeln!(std::io::stdout(), "{told}")?;
    Ok(())
}

async fn measure(config: HttpConfig, at_once: usize) -> Result<Value, Box<dyn std::error::Error>> {
    let server = TlsServer::start();
    let client = HttpClient::new(config)?;
    let call = Call::get(server.url());
    let calls: Vec<_> = (0..CALLS)
        .map(|_| async {
            let started = Instant::now();
            client.call(&call).await.map(|_| started.elapsed())
        })
        .collect();
    let times: Result<Vec<Duration>, _> =
        futures::stream::iter(calls).buffer_unordered(at_once).collect::<Vec<_>>().await.into_iter().collect();
    let mut times = times?;
    times.sort();
    let milliseconds = |share: usize| times[times.len() * share / 100].as_secs_f64() * 1000.0;
    Ok(json!({
        "connections": server.connections(),
        "most_at_once": server.most_at_once(),
        "median_ms": milliseconds(50),
        "p90_ms": milliseconds(90),
    }))
}
