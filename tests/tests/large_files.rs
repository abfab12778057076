//! Files that are too large for one request.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;

use rushes_core::keys::ObjectKey;
use rushes_core::ports::{Bucket, BucketError};
use rushes_core::task::TaskId;
use rushes_tests::LocalAws;

/// Two whole parts and a piece of a third.
const SIZE_BYTES: usize = (64 << 20) + 12_345;

#[tokio::test]
async fn a_large_file_goes_up_in_parts_and_comes_back_as_it_was() {
    let aws = LocalAws::start().await.unwrap();
    let bucket = aws.bucket().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (path, back) = (directory.path().join("video.mp4"), directory.path().join("back.mp4"));
    // No two parts begin alike.
    let content: Vec<u8> = (0..SIZE_BYTES).map(|index| (index / 251 + index % 251) as u8).collect();
    std::fs::File::create(&path).unwrap().write_all(&content).unwrap();
    let key = ObjectKey::Video(TaskId::generate(), None);
    bucket.put_file(key, &path).await.unwrap();
    assert_eq!(bucket.get_file(key, &back, u64::MAX).await.unwrap(), Some(SIZE_BYTES as u64));
    assert!(std::fs::read(&back).unwrap() == content, "other bytes came back");
    let s3 = rushes_aws::Clients::local(&aws.endpoint).await.s3;
    let name = aws.output("RUSHES_BUCKET").unwrap();
    let head = s3.head_object().bucket(name).key(key.to_string()).send().await.unwrap();
    assert!(head.e_tag().unwrap().trim_matches('"').ends_with("-3"), "{head:?}");
    assert_eq!((head.content_type(), head.content_length()), (Some("video/mp4"), Some(SIZE_BYTES as i64)));

    let missing = bucket.put_file(key, &directory.path().join("none.mp4")).await.unwrap_err();
    assert!(matches!(missing, BucketError::LocalFile(_)), "{missing:?}");
}
