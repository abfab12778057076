//! The running API keeps what `docs/openapi.json` promises: asked by schemathesis, which makes
//! requests up from the document, good and bad, and checks every answer against it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Stdio;

use rushes_tests::Service;
use rushes_tests::local_aws::tools;
use tokio::process::Command;

/// Asks with examples of the document and with `examples` made-up requests for each route;
/// in the long form also with every limit of every field.
async fn ask(phases: &str, examples: &str) {
    let variables = [("RUSHES_API_KEYS", "secret"), ("RUSHES_REQUESTS_PER_SECOND", "100000")];
    let service = Service::start_with(&variables).await.unwrap();
    let output = Command::new(tools().join("contract/bin/st"))
        .args(["run", &format!("{}/openapi.json", service.client.base_url), "-H", "x-api-key: secret"])
        // What fits the schema may still name a picture that is not there.
        .args(["--exclude-checks", "positive_data_acceptance"])
        .args(["--phases", phases, "--max-examples", examples, "--seed", "4", "--workers", "2"])
        .args(["--suppress-health-check", "all", "--generation-database", "none", "--no-color"])
        .current_dir(service.aws.directory())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap_or_else(|error| panic!("infra/local/setup test installs schemathesis: {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}\n{}", String::from_utf8_lossy(&output.stderr), service.log("api"));
    assert!(!service.log("api").contains("\"level\":\"ERROR\""), "{}", service.log("api"));
}

#[tokio::test]
async fn the_api_keeps_its_contract() {
    ask("examples,fuzzing", "4").await;
}

#[tokio::test]
#[ignore = "takes minutes: make contract"]
async fn soak_the_api_keeps_its_contract_at_every_limit() {
    ask("examples,coverage,fuzzing", "100").await;
}
