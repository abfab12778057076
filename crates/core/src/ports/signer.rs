//! Services of the cloud that the product runs in, asked with its own identity.

use async_trait::async_trait;

use super::Source;

/// One of these services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloudService {
    /// Its name in addresses.
    pub endpoint_name: &'static str,
    /// Its name in signatures.
    pub signing_name: &'static str,
}

/// Says where such a service answers, and signs requests to it.
#[async_trait]
pub trait RequestSigner: Send + Sync {
    /// Scheme and host of the service.
    fn endpoint(&self, service: CloudService) -> String;

    /// Headers, by name, that the request needs besides its own.
    async fn sign(&self, request: &UnsignedRequest<'_>) -> Result<Vec<(String, String)>, SignError>;
}

/// A request before it is signed; what is signed cannot be changed after.
#[derive(Clone, Copy, Debug)]
pub struct UnsignedRequest<'a> {
    /// Whom it goes to.
    pub service: CloudService,
    /// Its method.
    pub method: &'a str,
    /// Its whole address.
    pub url: &'a str,
    /// Its headers by name.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its body.
    pub body: &'a [u8],
}

/// No request can be signed: there are no credentials here.
#[derive(Debug, thiserror::Error)]
#[error("the request could not be signed: are there credentials?")]
pub struct SignError(#[source] pub Source);
