//! The page, what it loads, and the description of the API. All of it is part of the program.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// The page loads nothing from elsewhere; pictures and videos come from S3, or
/// from the local one when everything runs on one machine.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; \
    img-src 'self' data: blob: https: http://127.0.0.1:* http://localhost:*; \
    media-src 'self' data: blob: https: http://127.0.0.1:* http://localhost:*; \
    connect-src 'self' https: http://127.0.0.1:* http://localhost:*; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the page: its name, its media type and what is in it.
type Asset = (&'static str, &'static str, &'static str);

macro_rules! assets {
    ($($name:literal: $media_type:expr),* $(,)?) => {
        &[$(($name, $media_type, include_str!(concat!("../../../web/", $name)))),*]
    };
}

const ASSETS: &[Asset] = assets! {
    "style.css": CSS,
    "actions.js": SCRIPT,
    "api.js": SCRIPT,
    "app.js": SCRIPT,
    "card.js": SCRIPT,
    "composer.js": SCRIPT,
    "feed.js": SCRIPT,
    "links.js": SCRIPT,
    "preview.js": SCRIPT,
    "scenes.js": SCRIPT,
    "spec.js": SCRIPT,
    "told.js": SCRIPT,
    "topic.js": SCRIPT,
    "words.js": SCRIPT,
};

pub async fn page() -> Response {
    let policy =
        (HeaderName::from_static("content-security-policy"), HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    ([policy], file(HTML, include_str!("../../../web/index.html"))).into_response()
}

pub async fn asset(name: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let Path(name) = name.map_err(|_| Problem::no_such_path())?;
    let asset = ASSETS.iter().find(|(known, ..)| *known == name).ok_or_else(Problem::no_such_path)?;
    Ok(file(asset.1, asset.2))
}

pub async fn openapi() -> Response {
    file("application/json", include_str!("../../../docs/openapi.json"))
}

fn file(media_type: &'static str, content: &'static str) -> Response {
    // Asked for again each time: a page and a script of different releases do not fit.
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-cache")];
    (headers, content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web");
        let entries = std::fs::read_dir(directory).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name.ends_with(".js") || name.ends_with(".css"));
        names.sort();
        let mut served: Vec<&str> = ASSETS.iter().map(|(name, ..)| *name).collect();
        served.sort_unstable();
        assert_eq!(served, names);
    }
}
