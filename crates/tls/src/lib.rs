//! Which certificate authorities are trusted: those of the system, or Mozilla's where the system has none, as a bare
//! container has. All clients share one reading of them but the AWS SDK's, which reads for itself.

use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

static CLIENT: LazyLock<Result<ClientConfig, rustls::Error>> = LazyLock::new(|| {
    let versions = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let mut config =
        versions.with_safe_default_protocol_versions()?.with_root_certificates(roots()).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
});

/// TLS for a client of HTTP/2 or 1.1. The first call reads the system's certificates.
///
/// # Errors
/// When the cryptography of this build knows no version of TLS.
pub fn client() -> Result<ClientConfig, rustls::Error> {
    CLIENT.clone()
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.add_parsable_certificates(TLS_SERVER_ROOT_CERTS.iter().cloned());
    }
    roots
}

/// Mozilla's authorities as PEM (RFC 7468), where the system names none. Nothing is read for it but names of files.
#[must_use]
pub fn roots_where_the_system_has_none() -> Option<String> {
    (!system_has_roots()).then(|| TLS_SERVER_ROOT_CERTS.iter().map(|root| pem(root)).collect())
}

/// Where no file or folder is asked for by name, macOS and Windows have a store of their own.
fn system_has_roots() -> bool {
    let named: Vec<_> = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter_map(std::env::var_os).collect();
    if !named.is_empty() {
        return named.iter().flat_map(std::env::split_paths).any(|path| path.exists());
    }
    let found = openssl_probe::probe();
    !cfg!(target_os = "linux") || found.cert_file.is_some() || found.cert_dir.iter().any(|folder| has_files(folder))
}

fn has_files(folder: &std::path::Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some())
}

fn pem(certificate: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn the_bundled_authorities_are_read_back_from_their_text() {
        let text: String = TLS_SERVER_ROOT_CERTS.iter().map(|root| pem(root)).collect();
        let read: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(read, TLS_SERVER_ROOT_CERTS);
        let (good, bad) = RootCertStore::empty().add_parsable_certificates(read);
        assert!(good > 100 && bad == 0, "{good} good, {bad} bad");
    }
}
