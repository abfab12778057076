//! Manifests that people drop into the bucket, and what S3 says of them.

use async_trait::async_trait;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::DateTime;
use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rushes_core::batch::{BatchId, ManifestKey};
use rushes_core::ports::{BucketError, Inbox, Manifest};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bucket::{S3Bucket, unavailable};

/// The largest report read; ours are far below.
const MAX_RESULTS_BYTES: u64 = 256 << 20;

/// An object that S3 says was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenObject {
    /// Its key.
    pub key: String,
    /// Names its content.
    pub etag: Option<String>,
    /// Tells this write from others of the same key, and is the same each time S3 speaks of it.
    pub sequencer: Option<String>,
}

/// The objects that a message of S3's speaks of; none for its test event.
///
/// # Errors
/// When the body is not a message of S3's.
pub fn parse_s3_event(body: &str) -> Result<Vec<WrittenObject>, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Record {
        event_name: String,
        s3: Entity,
    }
    #[derive(Deserialize)]
    struct Entity {
        object: Object,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Object {
        key: String,
        e_tag: Option<String>,
        sequencer: Option<String>,
        version_id: Option<String>,
    }
    let mut event: Value = serde_json::from_str(body)?;
    if event["Event"] == "s3:TestEvent" {
        return Ok(Vec::new());
    }
    let records: Vec<Record> = serde_json::from_value(event.get_mut("Records").map(Value::take).unwrap_or_default())?;
    let written = records.into_iter().filter(|record| record.event_name.starts_with("ObjectCreated:"));
    let object = |Object { key, e_tag, sequencer, version_id }| WrittenObject {
        key: decode(&key),
        etag: e_tag,
        sequencer: sequencer.or(version_id),
    };
    Ok(written.map(|record| object(record.s3.object)).collect())
}

/// A message that says of an object what S3's would.
#[must_use]
pub fn s3_event(object: &WrittenObject) -> String {
    let key = utf8_percent_encode(&object.key, NON_ALPHANUMERIC).to_string();
    let object = json!({"key": key, "eTag": object.etag, "sequencer": object.sequencer});
    json!({"Records": [{"eventName": "ObjectCreated:Continued", "s3": {"object": object}}]}).to_string()
}

/// Keys in events are encoded like the fields of a form: a plus is a space.
fn decode(key: &str) -> String {
    percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
}

impl S3Bucket {
    async fn fetch(&self, key: &str) -> Result<Option<GetObjectOutput>, BucketError> {
        match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }
}

#[async_trait]
impl Inbox for S3Bucket {
    async fn manifest(&self, key: &ManifestKey, max_bytes: u64) -> Result<Option<Manifest>, BucketError> {
        let Some(object) = self.fetch(key.as_str()).await? else { return Ok(None) };
        let etag = object.e_tag().unwrap_or_default().trim_matches('"').to_owned();
        let written_at = object.last_modified().map_or(0, DateTime::secs);
        let written_at = Timestamp::from_second(written_at).unwrap_or_default();
        Ok(Some(Manifest { bytes: collect(object, max_bytes).await?, etag, written_at }))
    }

    async fn results(&self, key: &ManifestKey, batch: BatchId) -> Result<Option<Bytes>, BucketError> {
        match self.fetch(&key.results_key(batch)).await? {
            Some(object) => collect(object, MAX_RESULTS_BYTES).await.map(Some),
            None => Ok(None),
        }
    }

    async fn put_results(&self, key: &ManifestKey, batch: BatchId, results: Bytes) -> Result<(), BucketError> {
        let put = self.client.put_object().bucket(&self.name).key(key.results_key(batch));
        let put = put.content_type("application/x-ndjson").cache_control("private, no-store");
        put.body(results.into()).send().await.map_err(unavailable)?;
        Ok(())
    }
}

async fn collect(mut object: GetObjectOutput, max_bytes: u64) -> Result<Bytes, BucketError> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = object.body.try_next().await.map_err(unavailable)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > max_bytes {
            return Err(BucketError::TooLarge { size_bytes: bytes.len() as u64 });
        }
    }
    Ok(bytes.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_names_its_objects_by_their_real_keys() {
        let record = |name: &str, key: &str| {
            json!({"eventName": name, "s3": {"object":
            {"key": key, "eTag": "e", "size": 5, "versionId": "v", "sequencer": "0055AED6DCD90281E5"}}})
        };
        let body = json!({"Records": [
            record("ObjectCreated:Put", "batches/M%C3%A4rz+1%2B2.csv"),
            record("ObjectRemoved:Delete", "batches/a.csv"),
        ]});
        let object = WrittenObject {
            key: "batches/März 1+2.csv".to_owned(),
            etag: Some("e".to_owned()),
            sequencer: Some("0055AED6DCD90281E5".to_owned()),
        };
        assert_eq!(parse_s3_event(&body.to_string()).unwrap(), [object]);
    }

    #[test]
    fn the_test_event_names_nothing_and_other_texts_are_no_events() {
        let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}).to_string();
        assert_eq!(parse_s3_event(&test).unwrap(), []);
        for bad in ["", "{}", "[]", r#"{"Records": 5}"#, r#"{"Records": [{"eventName": "ObjectCreated:Put"}]}"#] {
            assert!(parse_s3_event(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_said_again_is_understood_the_same() {
        for key in ["batches/März 1+2.csv", "batches/a%2Bb.json", "batches/ü/日本.jsonl"] {
            for sequencer in [None, Some("1".to_owned())] {
                let object = WrittenObject { key: key.to_owned(), etag: None, sequencer };
                assert_eq!(parse_s3_event(&s3_event(&object)).unwrap(), [object]);
            }
        }
    }
}
