//! The clients of the SDK, built once a process from the environment.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A table or queue that has not answered by then is asked again.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// All attempts together.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_ATTEMPTS: u32 = 3;

/// Clients that share one connection pool, one set of credentials and one policy of retries.
#[derive(Clone, Debug)]
pub struct Clients {
    /// For [`crate::DynamoTable`].
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// For [`crate::S3Bucket`].
    pub s3: aws_sdk_s3::Client,
    /// For [`crate::SqsQueue`].
    pub sqs: aws_sdk_sqs::Client,
    /// For services without a client here.
    pub signer: crate::AwsSigner,
}

impl Clients {
    /// Clients for the account, region and endpoint that the `AWS_…` variables name.
    pub async fn from_env() -> Self {
        Self::new(&loader().load().await)
    }

    /// Clients for a local AWS at `endpoint`, whatever the `AWS_…` variables name.
    pub async fn local(endpoint: &str) -> Self {
        let credentials = Credentials::new("test", "test", None, None, "local");
        let local = loader().endpoint_url(endpoint).region(Region::from_static("us-east-1"));
        Self::new(&local.credentials_provider(credentials).load().await)
    }

    fn new(config: &SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            s3: s3_client(config),
            sqs: aws_sdk_sqs::Client::new(config),
            signer: crate::AwsSigner::new(config),
        }
    }
}

/// The policy of all clients.
fn loader() -> ConfigLoader {
    let https = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let bundled = rushes_tls::roots_where_the_system_has_none().map(|roots| {
        let trusted = TrustStore::empty().with_pem_certificate(roots);
        TlsContext::builder().with_trust_store(trusted).build().unwrap_or_default()
    });
    let https = match bundled {
        Some(bundled) => https.tls_context(bundled),
        None => https,
    };
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(https.build_https())
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
        .timeout_config(timeouts(ATTEMPT_TIMEOUT, OPERATION_TIMEOUT))
}

/// S3 as the service offers it, or by path where another endpoint is set:
/// a local one has no name for each bucket.
fn s3_client(config: &SdkConfig) -> aws_sdk_s3::Client {
    let own_endpoint = config.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(own_endpoint).build();
    aws_sdk_s3::Client::from_conf(config)
}

/// Limits for calls that take up to `attempt` once and `operation` with all repetitions.
pub(crate) fn timeouts(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}
