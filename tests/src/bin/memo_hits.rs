//! Measures the near level of the memo: how long it takes to find what was just used. For
//! `make bench`, which sets up the local AWS; prints a line of JSON.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use rushes_aws::{Clients, DynamoMemo, DynamoTable, S3Bucket};
use rushes_core::memo::{LeveledMemo, Limits};
use rushes_core::ports::{Memo, MemoKey, MemoKind};

const RESULTS: u64 = 1_000;
const HITS: u64 = 2_000_000;
const ROUNDS: usize = 5;

#[tokio::main]
async fn main() -> Result<()> {
    let variable = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set; run `make bench`"));
    let clients = Clients::local(&variable("AWS_ENDPOINT_URL")?).await;
    let table = DynamoTable::new(clients.dynamodb, variable("RUSHES_TABLE")?);
    let results = DynamoMemo::new(table, S3Bucket::new(clients.s3, variable("RUSHES_BUCKET")?));
    let memo = LeveledMemo::new(Arc::new(results), Limits::default());
    let keys: Vec<MemoKey> = (0..RESULTS).map(|number| MemoKey::of_fields(MemoKind::Script, []).part(number)).collect();
    for key in &keys {
        memo.put(*key, Bytes::from(vec![b'x'; 4096])).await?;
    }
    let mut nanoseconds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let (started, mut bytes) = (Instant::now(), 0);
        for key in keys.iter().cycle().take(usize::try_from(HITS)?) {
            bytes += memo.get(*key).await?.map_or(0, |value| value.len());
        }
        let took = started.elapsed();
        ensure!(bytes as u64 == HITS * 4096, "not every question was a hit");
        nanoseconds.push(took.as_nanos() as f64 / HITS as f64);
    }
    nanoseconds.sort_by(f64::total_cmp);
    let median = nanoseconds[ROUNDS / 2];
    let line = serde_json::json!({"hits": HITS, "rounds": ROUNDS, "median_ns": (median * 10.0).round() / 10.0});
    std::io::Write::write_all(&mut std::io::stdout(), format!("{line}\n").as_bytes())?;
    Ok(())
}
