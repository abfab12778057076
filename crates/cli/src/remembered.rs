//! `rushes cache`: what a running service remembers.

use std::io::Write;

use anyhow::Context;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::arguments::{CacheCommand, CacheForgetOptions, CacheOptions, CacheShowOptions, CacheStatsOptions};
use crate::client::Api;
use crate::outcome::unless_interrupted;

#[derive(Deserialize)]
struct Forgotten {
    forgotten: u64,
    has_more: bool,
}

/// Measures, shows or forgets.
pub async fn run(options: CacheOptions) -> anyhow::Result<()> {
    match options.command {
        CacheCommand::Stats(options) => unless_interrupted(stats(&options)).await,
        CacheCommand::Show(options) => unless_interrupted(show(&options)).await,
        CacheCommand::Forget(options) => unless_interrupted(forget(&options)).await,
    }
}

async fn stats(options: &CacheStatsOptions) -> anyhow::Result<()> {
    let view: Value = Api::of(&options.service)?.ask(Method::GET, "/v1/cache").await?;
    let mut out = std::io::stdout();
    if options.json {
        writeln!(out, "{view}")?;
        return Ok(());
    }
    writeln!(
        out,
        "{:<8} {:>8} {:>9}  {:>8} {:>8} {:>8} {:>8} {:>6}",
        "kind", "results", "size", "memory", "table", "bucket", "misses", "hits"
    )?;
    let kinds = view["kinds"].as_array().context("the service answered something unexpected")?;
    for kind in kinds {
        let number = |name: &str| kind[name].as_u64().map_or_else(|| "-".to_owned(), |number| number.to_string());
        let size = kind["size_bytes"].as_u64().map_or_else(|| "-".to_owned(), size);
        let rate = kind["hit_rate"].as_f64().map_or_else(|| "-".to_owned(), |rate| format!("{:.0} %", rate * 100.0));
        let name = kind["kind"].as_str().unwrap_or("?");
        let [memory, table, bucket, misses] = ["memory_hits", "table_hits", "bucket_hits", "misses"].map(number);
        let entries = number("entries");
        writeln!(out, "{name:<8} {entries:>8} {size:>9}  {memory:>8} {table:>8} {bucket:>8} {misses:>8} {rate:>6}")?;
    }
    let budget = view["budget_bytes"].as_u64().map_or_else(|| "?".to_owned(), size);
    writeln!(out, "At most {budget}; results and sizes are counted by the hourly sweep.")?;
    Ok(())
}

/// As people say it: 40 B, 12 kB, 3.4 GB.
fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

async fn show(options: &CacheShowOptions) -> anyhow::Result<()> {
    let result: Value = Api::of(&options.service)?.ask(Method::GET, &path(&options.name)).await?;
    writeln!(std::io::stdout(), "{result:#}")?;
    Ok(())
}

async fn forget(options: &CacheForgetOptions) -> anyhow::Result<()> {
    let api = Api::of(&options.service)?;
    let mut total = 0;
    for name in &options.names {
        let gone: Forgotten = api.ask(Method::DELETE, &path(name)).await.with_context(|| name.clone())?;
        total += gone.forgotten;
    }
    let scope = options.kind.as_ref().map(|kind| format!("kind={kind}"));
    let scope = scope.or_else(|| options.task.as_ref().map(|task| format!("task={task}")));
    while let Some(scope) = &scope {
        let gone: Forgotten = api.ask(Method::DELETE, &format!("/v1/cache?{scope}")).await?;
        total += gone.forgotten;
        if !gone.has_more {
            break;
        }
    }
    writeln!(std::io::stdout(), "{total} forgotten")?;
    Ok(())
}

fn path(name: &str) -> String {
    format!("/v1/cache/{name}")
}
