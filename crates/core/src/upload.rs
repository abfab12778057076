//! Files that clients upload and specs name by id. The bytes go straight to the bucket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::json::Json;
use crate::keys::ObjectKey;
use crate::ports::{Bucket, BucketError, UploadTerms};
use crate::spec::{AssetId, Checker, Fields, MediaKind, MediaOrigin, Node, Violation};

/// How long an upload may begin.
const VALID_FOR: Duration = Duration::from_hours(1);
/// The longest name of a file, in bytes, as file systems have it.
const MAX_NAME_BYTES: usize = 255;

/// What may be uploaded: a registered media type, the names under which browsers and systems send the same,
/// and what it counts as. What it is used as is told from its bytes later.
const TYPES: [(&str, &[&str], MediaKind); 16] = [
    ("image/png", &["image/x-png"], MediaKind::Picture),
    ("image/jpeg", &["image/jpg", "image/pjpeg", "image/jfif"], MediaKind::Picture),
    ("image/webp", &[], MediaKind::Picture),
    ("video/mp4", &["video/x-m4v", "video/m4v", "application/mp4"], MediaKind::Clip),
    ("video/quicktime", &[], MediaKind::Clip),
    ("video/webm", &[], MediaKind::Clip),
    ("video/matroska", &["video/x-matroska"], MediaKind::Clip),
    ("audio/mpeg", &["audio/mp3", "audio/x-mp3", "audio/mpeg3", "audio/x-mpeg", "audio/x-mpeg-3"], MediaKind::Sound),
    ("audio/mp4", &["audio/m4a", "audio/x-m4a", "audio/mp4a-latm"], MediaKind::Sound),
    ("audio/aac", &["audio/x-aac", "audio/aacp", "audio/x-hx-aac-adts"], MediaKind::Sound),
    ("audio/wav", &["audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"], MediaKind::Sound),
    ("audio/flac", &["audio/x-flac"], MediaKind::Sound),
    // Firefox knows a sound by the end of its name, and has one for both.
    ("audio/ogg", &["application/ogg", "video/ogg", "audio/x-vorbis+ogg", "audio/vorbis"], MediaKind::Sound),
    ("audio/opus", &["audio/x-opus+ogg"], MediaKind::Sound),
    ("audio/webm", &[], MediaKind::Sound),
    ("audio/matroska", &["audio/x-matroska"], MediaKind::Sound),
];
/// The longest media type with its parameters, in bytes.
const MAX_TYPE_BYTES: usize = 200;

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
    #[error("the request is not valid JSON: {}", .0.message)]
    Syntax(Violation),
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
    let json = Json::parse(json).map_err(UploadError::Syntax)?;
    let mut checker = Checker::new(MediaOrigin::Remote);
    let request = Node::root(json).object(&mut checker).and_then(|fields| request(fields, &mut checker));
    match request {
        Some(request) if checker.violations.is_empty() => Ok(request),
        _ => Err(UploadError::Invalid(checker.violations)),
    }
}

/// Names every fault; `None` where something is missing.
fn request(mut fields: Fields, checker: &mut Checker) -> Option<UploadRequest> {
    let kind = read_type(fields.take("content_type"), checker);
    let size_bytes = read_size(fields.take("size_bytes"), kind.as_ref().map(|(_, kind)| *kind), checker);
    let file_name = fields.take("file_name").and_then(|node| read_name(node, checker));
    fields.close(checker);
    let (content_type, _) = kind?;
    Some(UploadRequest { terms: UploadTerms { content_type, size_bytes: size_bytes? }, file_name })
}

/// The media type as it was sent, since it is signed and has to come with the file just so, and what it stands
/// for: names are read without their parameters, in any case (RFC 9110, §8.3.1).
fn read_type(node: Option<Node>, checker: &mut Checker) -> Option<(String, MediaKind)> {
    let given = node.and_then(|node| node.text(&mut Checker::new(checker.origin))).unwrap_or_default();
    let given = given.trim();
    let name = given.split(';').next().unwrap_or_default().trim();
    let is_named = |known: &str| known.eq_ignore_ascii_case(name);
    let found = TYPES.iter().find(|(known, others, _)| is_named(known) || others.iter().copied().any(is_named));
    let can_be_sent = given.len() <= MAX_TYPE_BYTES && given.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let Some((_, _, kind)) = found.filter(|_| can_be_sent) else {
        checker.fault("/content_type", format!("it is one of {}", TYPES.map(|(known, ..)| known).join(", ")));
        return None;
    };
    Some((given.to_owned(), *kind))
}

fn read_size(node: Option<Node>, kind: Option<MediaKind>, checker: &mut Checker) -> Option<u64> {
    let most = kind.unwrap_or(MediaKind::Clip).max_bytes();
    let given = node.and_then(|node| node.number(&mut Checker::new(checker.origin))).filter(|size| size.fract() == 0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a negative one becomes 0 and is refused"
    )]
    let found = given.map(|size| size as u64).filter(|size| (1..=most).contains(size));
    if found.is_none() {
        checker.fault("/size_bytes", format!("it is the exact size of the file, 1 to {most} bytes"));
    }
    found
}

fn read_name(node: Node, checker: &mut Checker) -> Option<String> {
    let pointer = node.pointer.clone();
    let name = node.text(checker)?;
    if name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
        checker.fault(&pointer, format!("it has at most {MAX_NAME_BYTES} bytes and no control characters"));
    }
    Some(name)
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
            read(br#"{"content_type": "video/mp4", "size_bytes": 2147483648, "file_name": "a.mp4"}"#).unwrap();
        assert_eq!(request.terms, UploadTerms { content_type: "video/mp4".to_owned(), size_bytes: 2 << 30 });
        assert_eq!(request.file_name.as_deref(), Some("a.mp4"));
    }

    #[test]
    fn types_are_taken_as_browsers_send_them_and_signed_as_they_were_sent() {
        let signed = |sent: &str| {
            let json = serde_json::json!({"content_type": sent, "size_bytes": 5}).to_string();
            read(json.as_bytes()).ok().map(|request| request.terms.content_type)
        };
        for sent in [
            "image/jpg",
            "image/pjpeg",
            "IMAGE/PNG",
            "audio/x-m4a",
            "audio/mp3",
            "audio/wave",
            "audio/vnd.wave",
            "audio/x-wav",
            "video/quicktime",
            "video/x-m4v",
            "audio/webm;codecs=opus",
            "Video/WebM; codecs=\"vp9, opus\"",
        ] {
            assert_eq!(signed(sent).as_deref(), Some(sent));
        }
        assert_eq!(signed(" audio/mpeg ").as_deref(), Some("audio/mpeg"));
        let long = format!("image/png; {}", "a".repeat(200));
        for other in ["", "image", "image/gif", "text/html", "image/png\r\nx: y", "image/png; ü", ";image/png", &long]
        {
            assert_eq!(signed(other), None, "{other:?}");
        }
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
        assert_eq!(faults(r#"{"content_type": "image/png", "size_bytes": 1, "size_bytes": 2}"#), ["/size_bytes"]);
        assert!(matches!(read(b"{"), Err(UploadError::Syntax(_))));
    }
}
