//! Channels: named defaults for specs.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rushes_core::channel::{ChannelList, ChannelName, ChannelView, MAX_CHANNEL_BYTES, Revision};
use rushes_core::ports::Condition;

use crate::body::JsonBody;
use crate::handler::Service;
use crate::problem::Problem;

type Name = Result<Path<String>, PathRejection>;

pub async fn list(State(service): State<Arc<Service>>) -> Result<Json<ChannelList>, Problem> {
    Ok(Json(service.channels.list().await?))
}

pub async fn show(State(service): State<Arc<Service>>, name: Name) -> Result<Response, Problem> {
    let name = known_name(name)?;
    let view = service.channels.find(&name).await?.ok_or_else(Problem::no_such_channel)?;
    Ok(answer(StatusCode::OK, view))
}

pub async fn set(
    State(service): State<Arc<Service>>,
    name: Name,
    headers: HeaderMap,
    JsonBody(json): JsonBody<MAX_CHANNEL_BYTES>,
) -> Result<Response, Problem> {
    let Path(name) = name.map_err(|rejection| Problem::invalid_channel_name(rejection.body_text()))?;
    let name: ChannelName = name
        .parse()
        .map_err(|error: rushes_core::channel::InvalidChannelName| Problem::invalid_channel_name(error.to_string()))?;
    let (view, is_new) = service.channels.set(&name, &json, &condition(&headers)?).await?;
    Ok(answer(if is_new { StatusCode::CREATED } else { StatusCode::OK }, view))
}

pub async fn delete(
    State(service): State<Arc<Service>>,
    name: Name,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    service.channels.delete(&known_name(name)?, &condition(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The name in a path. What is no name names no channel either.
fn known_name(name: Name) -> Result<ChannelName, Problem> {
    name.ok().and_then(|Path(name)| name.parse().ok()).ok_or_else(Problem::no_such_channel)
}

fn answer(status: StatusCode, view: ChannelView) -> Response {
    let etag = HeaderValue::from_str(&format!("\"{}\"", view.revision.0));
    let mut response = (status, Json(view)).into_response();
    if let Ok(etag) = etag {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// In which state the caller wants the channel to be (RFC 9110, §13.1).
fn condition(headers: &HeaderMap) -> Result<Condition, Problem> {
    let value = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default().trim());
    match (value(header::IF_MATCH), value(header::IF_NONE_MATCH)) {
        (None, None) => Ok(Condition::Any),
        (Some("*"), None) => Ok(Condition::Present),
        (Some(tag), None) => match tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) {
            Some(revision) if !revision.contains('"') => Ok(Condition::Is(Revision(revision.to_owned()))),
            _ => Err(Problem::invalid_condition("If-Match is * or one tag as it stood in the header ETag.")),
        },
        (None, Some("*")) => Ok(Condition::Absent),
        (None, Some(_)) => Err(Problem::invalid_condition("If-None-Match is * here: only where there is no channel.")),
        (Some(_), Some(_)) => Err(Problem::invalid_condition("Send If-Match or If-None-Match, not both.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_http_has_them() {
        let of = |headers: &[(HeaderName, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            condition(&headers.collect()).ok()
        };
        assert_eq!(of(&[]), Some(Condition::Any));
        assert_eq!(of(&[(header::IF_MATCH, "*")]), Some(Condition::Present));
        assert_eq!(of(&[(header::IF_NONE_MATCH, "*")]), Some(Condition::Absent));
        assert_eq!(of(&[(header::IF_MATCH, "\"a\"")]), Some(Condition::Is(Revision("a".to_owned()))));
        for bad in ["a", "\"a", "\"a\", \"b\"", "W/\"a\"", ""] {
            assert_eq!(of(&[(header::IF_MATCH, bad)]), None, "{bad}");
        }
        assert_eq!(of(&[(header::IF_NONE_MATCH, "\"a\"")]), None);
        assert_eq!(of(&[(header::IF_MATCH, "*"), (header::IF_NONE_MATCH, "*")]), None);
    }
}
