//! From the clock to the use case.

use std::time::Instant;

use rushes_aws::DynamoTable;
use rushes_core::memo::{Sweep, Sweeper};
use rushes_core::ports::Source;

/// Sweeps once; says what was done, in the log and to whoever asked.
pub async fn sweep(sweeper: &Sweeper, table: &DynamoTable) -> Result<Sweep, Source> {
    let started = Instant::now();
    let sweep =
        sweeper.sweep().await.inspect_err(|error| tracing::error!(error = %error.0, "the memo was not swept"))?;
    let wall_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let Sweep { expired, evicted, failed, entries, size_bytes } = sweep;
    tracing::info!(wall_ms, expired, evicted, failed, entries, size_bytes, "the memo was swept");
    let filled = table.fill_index().await.inspect_err(|error| tracing::error!(%error, "the index was not filled"))?;
    tracing::info!(filled, "items entered into by_state that an earlier release wrote");
    Ok(sweep)
}
