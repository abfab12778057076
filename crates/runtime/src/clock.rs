//! Hosts what a clock asks for.

use lambda_runtime::{LambdaEvent, service_fn};
use rushes_core::ports::Source;
use serde::Serialize;
use serde_json::Value;

use crate::{HostError, in_lambda};

/// Does the work each time that Lambda's scheduler asks for it, whatever the event says; outside
/// of Lambda once, for a timer of the machine's own.
///
/// # Errors
/// [`HostError`] when Lambda's runtime breaks, or the work fails outside of it.
pub async fn serve<T, W>(work: impl Fn() -> W) -> Result<(), HostError>
where
    T: Serialize,
    W: Future<Output = Result<T, Source>>,
{
    if in_lambda() {
        let answer = |_: LambdaEvent<Value>| work();
        return lambda_runtime::run(service_fn(answer)).await.map_err(HostError::Lambda);
    }
    work().await.map_err(HostError::Work)?;
    Ok(())
}
