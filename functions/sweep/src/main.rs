//! Keeps what is remembered within its budget: wiring. What is done stands in [`handler`].

mod handler;

use std::sync::Arc;

use rushes_aws::{Clients, DynamoMemo, DynamoTable, S3Bucket};
use rushes_core::memo::Sweeper;
use rushes_runtime::config::{MemoConfig, StorageConfig};
use rushes_runtime::{clock, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    telemetry::start()?;
    let storage = StorageConfig::from_env()?;
    let clients = Clients::from_env().await;
    let table = DynamoTable::new(clients.dynamodb, storage.table);
    let memo = Arc::new(DynamoMemo::new(table.clone(), S3Bucket::new(clients.s3, storage.bucket)));
    let sweeper = Sweeper { store: memo.clone(), catalog: memo, budget: MemoConfig::from_env()?.budget };
    Ok(clock::serve(|| handler::sweep(&sweeper, &table)).await?)
}
