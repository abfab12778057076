//! Files that clients upload and specs name by id. The bytes go straight to the bucket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::keys::ObjectKey;
use crate::ports::{Bucket, BucketError, UploadTerms};
use crate::spec::{AssetId, MediaKind, Violation};

/// How long an upload may begin.
const VALID_FOR: Duration = Duration::from_hours(1);
/// The longest name of a file, in bytes, as file systems have it.
const MAX_NAME_BYTES: usize = 255;

/// What may be uploaded, by media type. What it is used as is told from its bytes later.
const TYPES: [(&str, MediaKind); 17] = [
    ("image/png", MediaKind::Picture),
    ("image/jpeg", MediaKind::Picture),
    ("image/webp", MediaKind::Picture),
    ("video/mp4", MediaKind::Clip),
    ("video/quicktime", MediaKind::Clip),
    ("video/webm", MediaKind::Clip),
    ("video/x-matroska", MediaKind::Clip),
    ("audio/mpeg", MediaKind::Sound),
    ("audio/mp4", MediaKind::Sound),
    ("audio/aac", MediaKind::Sound),
    ("audio/wav", MediaKind::Sound),
    ("audio/x-wav", MediaKind::Sound),
    ("audio/flac", MediaKind::Sound),
    ("audio/x-flac", MediaKind::Sound),
    ("audio/ogg", MediaKind::Sound),
    ("audio/opus", MediaKind::Sound),
    ("audio/webm", MediaKind::Sound),
];

/// Takes uploads.
#[derive(Clone)]
pub struct Uploads {
    /// Where they go.
    pub bucket: Arc<dyn Bucket>,
}

/// How to upload a file. Its URL is a secret and never logged.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct UploadOffer {
    /// What specs call the file: `{"asset": "…"}`.
    pub id: AssetId,
    /// Where to send the bytes.
    pub upload_url: String,
    /// How to send them.
    pub method: &'static str,
    /// Headers to send with them, exactly so.
    pub headers: BTreeMap<String, String>,
    /// When the URL stops working.
    pub expires_at: Timestamp,
    /// The name that was given, for the client's own use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
}

/// Why no upload is offered.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// Not JSON at all.
    #[error("the request is not valid JSON: {0}")]
    Syntax(serde_json::Error),
    /// It asks for something that is not taken.
    #[error("the request is not valid: {}", .0.first().map_or("", |fault| fault.message.as_str()))]
    Invalid(Vec<Violation>),
    /// The bucket does not answer.
    #[error(transparent)]
    Bucket(#[from] BucketError),
}

/// A request that may be granted.
#[derive(Debug, PartialEq, Eq)]
struct UploadRequest {
    terms: UploadTerms,
    file_name: Option<String>,
}

impl Uploads {
    /// Answers a request in JSON: `content_type`, `size_bytes` and, if wanted, `file_name`.
    ///
    /// # Errors
    /// [`UploadError`] naming every fault of the request.
    pub async fn offer(&self, json: &[u8]) -> Result<UploadOffer, UploadError> {
        let request = read(json)?;
        let id = AssetId::generate();
        let expires_at = Timestamp::now() + SignedDuration::try_from(VALID_FOR).unwrap_or_default();
        let signed = self.bucket.presign_put(ObjectKey::Asset(id), &request.terms, VALID_FOR).await?;
        tracing::info!(asset_id = %id, size_bytes = request.terms.size_bytes, "upload offered");
        let (upload_url, headers) = (signed.url, signed.headers);
        Ok(UploadOffer { id, upload_url, method: "PUT", headers, expires_at, file_name: request.file_name })
    }
}

fn read(json: &[u8]) -> Result<UploadRequest, UploadError> {
    let value: Value = serde_json::from_slice(json).map_err(UploadError::Syntax)?;
    let Value::Object(fields) = value else {
        return Err(UploadError::Invalid(vec![Violation::new(
            "",
            "the request is an object with content_type and size_bytes",
        )]));
    };
    let known = ["content_type", "size_bytes", "file_name"];
    let unknown = fields.keys().filter(|name| !known.contains(&name.as_str()));
    let mut faults: Vec<Violation> = unknown
        .map(|name| Violation::new(pointer(name), format!("there is no such field; there are {}", known.join(", "))))
        .collect();
    let mut keep = |fault| faults.push(fault);
    let kind = read_type(&fields).map_err(&mut keep).ok();
    let size_bytes = read_size(&fields, kind.map(|(_, kind)| kind)).map_err(&mut keep).ok();
    let file_name = read_name(&fields).map_err(&mut keep).ok();
    match (kind, size_bytes, file_name) {
        (Some((content_type, _)), Some(size_bytes), Some(file_name)) if faults.is_empty() => {
            Ok(UploadRequest { terms: UploadTerms { content_type: content_type.to_owned(), size_bytes }, file_name })
        }
        _ => Err(UploadError::Invalid(faults)),
    }
}

/// A field's place (RFC 6901, §3).
fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn read_type(fields: &Map<String, Value>) -> Result<(&'static str, MediaKind), Violation> {
    let given = fields.get("content_type").and_then(Value::as_str).unwrap_or_default().trim().to_ascii_lowercase();
    let known = || TYPES.map(|(name, _)| name).join(", ");
    let found = TYPES.into_iter().find(|(name, _)| *name == given);
    found.ok_or_else(|| Violation::new("/content_type", format!("it is one of {}", known())))
}

fn read_size(fields: &Map<String, Value>, kind: Option<MediaKind>) -> Result<u64, Violation> {
    let most = kind.unwrap_or(MediaKind::Clip).max_bytes();
    let given = fields.get("size_bytes").and_then(Value::as_u64);
    let reason = || Violation::new("/size_bytes", format!("it is the exact size of the file, 1 to {most} bytes"));
    given.filter(|size| (1..=most).contains(size)).ok_or_else(reason)
}

fn read_name(fields: &Map<String, Value>) -> Result<Option<String>, Violation> {
    match fields.get("file_name") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) if name.len() <= MAX_NAME_BYTES && !name.chars().any(char::is_control) => {
            Ok(Some(name.clone()))
        }
        Some(_) => {
            let reason = format!("it is a text of at most {MAX_NAME_BYTES} bytes without control characters");
            Err(Violation::new("/file_name", reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: &str) -> Vec<String> {
        match read(json.as_bytes()) {
            Err(UploadError::Invalid(faults)) => faults.into_iter().map(|fault| fault.pointer).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_request_names_a_known_type_and_an_exact_size() {
        let request =
            read(br#"{"content_type": "Video/MP4", "size_bytes": 2147483648, "file_name": "a.mp4"}"#).unwrap();
        assert_eq!(request.terms, UploadTerms { content_type: "video/mp4".to_owned(), size_bytes: 2 << 30 });
        assert_eq!(request.file_name.as_deref(), Some("a.mp4"));
    }

    #[test]
    fn every_fault_of_a_request_is_named() {
        assert_eq!(faults("{}"), ["/content_type", "/size_bytes"]);
        assert_eq!(faults("[]"), [""]);
        assert_eq!(faults(r#"{"content_type": "image/png", "size_bytes": 52428801}"#), ["/size_bytes"]);
        assert_eq!(faults(r#"{"content_type": "image/svg+xml", "size_bytes": 0}"#), ["/content_type", "/size_bytes"]);
        assert_eq!(faults(r#"{"content_type": "image/png", "size_bytes": 1.5}"#), ["/size_bytes"]);
        let long = format!(r#"{{"content_type": "image/png", "size_bytes": 1, "file_name": "{}"}}"#, "a".repeat(256));
        assert_eq!(faults(&long), ["/file_name"]);
        assert_eq!(faults(r#"{"content_type": "image/png", "size_bytes": 1, "a/b": 1}"#), ["/a~1b"]);
        assert!(matches!(read(b"{"), Err(UploadError::Syntax(_))));
    }
}
