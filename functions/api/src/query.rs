//! Query parameters: what a route does not know it does not pass over in silence.

use axum::extract::{MatchedPath, Query, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use rushes_core::excerpt::Quoted;

use crate::problem::Problem;

/// The parameters that a route takes.
fn known(path: &str, method: &Method) -> &'static [&'static str] {
    match (path, method) {
        (_, &Method::POST) => &[],
        ("/v1/videos", _) => &["status", "cursor", "limit"],
        ("/v1/cache", &Method::DELETE) => &["kind", "task"],
        _ => &[],
    }
}

/// Refuses a request with other parameters than its route takes.
pub async fn only_known(request: Request, next: Next) -> Result<Response, Problem> {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let known = known(path, request.method());
    // What cannot be taken apart at all is for the route to refuse.
    let given = Query::<Vec<(String, String)>>::try_from_uri(request.uri()).map(|Query(given)| given);
    for (name, _) in given.unwrap_or_default() {
        if !known.contains(&name.as_str()) {
            return Err(unknown(&name, known));
        }
    }
    Ok(next.run(request).await)
}

fn unknown(name: &str, known: &[&str]) -> Problem {
    let taken = match known.split_last() {
        None => "this path takes none".to_owned(),
        Some((last, [])) => format!("this path takes `{last}`"),
        Some((last, before)) => {
            let before: Vec<String> = before.iter().map(|name| format!("`{name}`")).collect();
            format!("this path takes {} and `{last}`", before.join(", "))
        }
    };
    Problem::invalid_query(format!("there is no query parameter {}; {taken}", Quoted(name)))
}
