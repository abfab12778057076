//! What a caller must be allowed to do, in the words of policies.

use axum::http::Method;
use serde_json::Value;

use super::Call;

/// A right that a call needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// Such as `s3:GetObject`.
    pub action: String,
    /// Name of the table, queue or bucket, and what is meant in it: `bucket/tasks/…`, `table/index/by_status`.
    pub resource: String,
}

/// The rights that a call needs.
pub fn needed(call: &Call) -> Vec<Permission> {
    let body = || serde_json::from_slice::<Value>(&call.body).unwrap_or_default();
    let target = call.target();
    if let Some(operation) = target.strip_prefix("DynamoDB_20120810.") {
        let body = body();
        let index = body["IndexName"].as_str().map(|name| format!("/index/{name}")).unwrap_or_default();
        // A batch names its tables as keys.
        let many = body["RequestItems"].as_object().into_iter().flatten().map(|(table, _)| table.as_str());
        let action = format!("dynamodb:{operation}");
        let permission = |table: &str| Permission { action: action.clone(), resource: format!("{table}{index}") };
        return many.chain(body["TableName"].as_str()).map(permission).collect();
    }
    if let Some(operation) = target.strip_prefix("AmazonSQS.") {
        // A batch needs the right to do one.
        let action = format!("sqs:{}", operation.trim_end_matches("Batch"));
        let body = body();
        let queue = body["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
        return vec![Permission { action, resource: queue.to_owned() }];
    }
    of_bucket(call)
}

fn of_bucket(call: &Call) -> Vec<Permission> {
    let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
    let path = path.trim_matches('/');
    let is_object = path.contains('/');
    if call.method == Method::POST && query.contains("delete") {
        let body = String::from_utf8_lossy(&call.body);
        let keys = body.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        return keys.map(|key| s3("DeleteObject", &format!("{path}/{key}"))).collect();
    }
    let is_upload = query.contains("uploads") || query.contains("uploadId");
    let action = match (call.method.as_str(), is_object) {
        ("DELETE", true) if is_upload => "AbortMultipartUpload",
        ("POST", true) if is_upload => "PutObject",
        ("GET" | "HEAD", true) => "GetObject",
        ("GET" | "HEAD", false) => "ListBucket",
        ("PUT", true) => "PutObject",
        ("DELETE", true) => "DeleteObject",
        (_, _) => "an unknown call",
    };
    vec![s3(action, path)]
}

fn s3(action: &str, resource: &str) -> Permission {
    Permission { action: format!("s3:{action}"), resource: resource.to_owned() }
}
