//! Requests to services of AWS that have no client of the SDK here: their protocols are small, and
//! their SDK crates take minutes to build.

use std::time::SystemTime;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::config::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use rushes_core::ports::{CloudService, RequestSigner, SignError, UnsignedRequest};

use crate::cause;

const DEFAULT_REGION: &str = "us-east-1";

/// Signs with the credentials of this process (Signature Version 4).
#[derive(Clone, Debug)]
pub struct AwsSigner {
    credentials: Option<SharedCredentialsProvider>,
    region: String,
    /// One endpoint for all services, as a local AWS has it.
    endpoint: Option<String>,
}

/// Neither a variable nor a role names credentials.
#[derive(Debug, thiserror::Error)]
#[error("no credentials are configured")]
struct NoCredentials;

impl AwsSigner {
    /// As `config` says.
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self {
            credentials: config.credentials_provider(),
            region: config.region().map_or_else(|| DEFAULT_REGION.to_owned(), ToString::to_string),
            endpoint: config.endpoint_url().map(ToOwned::to_owned),
        }
    }
}

#[async_trait]
impl RequestSigner for AwsSigner {
    fn endpoint(&self, service: CloudService) -> String {
        let own = std::env::var(endpoint_variable(service)).ok().filter(|url| !url.is_empty());
        let suffix = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let usual = || format!("https://{}.{}.{suffix}", service.endpoint_name, self.region);
        own.or_else(|| self.endpoint.clone()).unwrap_or_else(usual)
    }

    async fn sign(&self, request: &UnsignedRequest<'_>) -> Result<Vec<(String, String)>, SignError> {
        let provider = self.credentials.as_ref().ok_or_else(|| SignError(cause(NoCredentials)))?;
        let credentials = provider.provide_credentials().await.map_err(|error| SignError(cause(error)))?;
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(request.service.signing_name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| SignError(cause(error)))?
            .into();
        let headers = request.headers.iter().copied();
        let signable = SignableRequest::new(request.method, request.url, headers, SignableBody::Bytes(request.body))
            .map_err(|error| SignError(cause(error)))?;
        let signed = sign(signable, &params).map_err(|error| SignError(cause(error)))?;
        let (headers, _) = signed.into_parts().0.into_parts();
        Ok(headers.into_iter().map(|header| (header.name().to_owned(), header.value().to_owned())).collect())
    }
}

/// The variable by which the SDKs, too, take the endpoint of one service.
fn endpoint_variable(service: CloudService) -> String {
    let name = match service.endpoint_name {
        "secretsmanager" => "SECRETS_MANAGER".to_owned(),
        other => other.replace('-', "_").to_ascii_uppercase(),
    };
    format!("AWS_ENDPOINT_URL_{name}")
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::config::Credentials;

    use super::*;

    const POLLY: CloudService = CloudService { endpoint_name: "polly", signing_name: "polly" };

    fn signer(region: &str) -> AwsSigner {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret-planted", Some("token".to_owned()), None, "test");
        let credentials = Some(SharedCredentialsProvider::new(credentials));
        AwsSigner { credentials, region: region.to_owned(), endpoint: None }
    }

    #[tokio::test]
    async fn a_request_is_signed_with_its_headers_for_its_service_and_region() {
        let signer = signer("eu-west-1");
        let url = format!("{}/v1/speech", signer.endpoint(POLLY));
        assert_eq!(url, "https://polly.eu-west-1.amazonaws.com/v1/speech");
        let headers = [("content-type", "application/json")];
        let request = UnsignedRequest { service: POLLY, method: "POST", url: &url, headers: &headers, body: b"{}" };
        let signed = signer.sign(&request).await.unwrap();
        let header = |name: &str| &signed.iter().find(|(known, _)| known == name).unwrap().1;
        let authorization = header("authorization");
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{authorization}");
        assert!(authorization.contains("/eu-west-1/polly/aws4_request, SignedHeaders=content-type;host;x-amz-date"));
        assert_eq!(header("x-amz-security-token"), "token");
        assert!(signed.iter().all(|(_, value)| !value.contains("planted")));
    }

    #[tokio::test]
    async fn without_credentials_nothing_is_signed() {
        let signer = AwsSigner { credentials: None, ..signer("us-east-1") };
        let request = UnsignedRequest { service: POLLY, method: "POST", url: "https://a/", headers: &[], body: b"" };
        assert!(signer.sign(&request).await.is_err());
    }

    #[test]
    fn each_service_has_the_variable_that_the_sdks_know() {
        let variable = |endpoint_name| endpoint_variable(CloudService { endpoint_name, signing_name: "" });
        assert_eq!(variable("bedrock-runtime"), "AWS_ENDPOINT_URL_BEDROCK_RUNTIME");
        assert_eq!(variable("secretsmanager"), "AWS_ENDPOINT_URL_SECRETS_MANAGER");
        assert_eq!(signer("cn-north-1").endpoint(POLLY), "https://polly.cn-north-1.amazonaws.com.cn");
    }
}
