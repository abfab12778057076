//! `rushes list`, `cancel`, `retry` and `delete`: look at tasks and change them.

use std::io::Write;

use anyhow::Context;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::arguments::{ListOptions, TasksOptions};
use crate::client::{Api, Task};
use crate::outcome::unless_interrupted;

/// The most tasks that the service tells at once.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct Page {
    videos: Vec<Value>,
    next_cursor: Option<String>,
}

/// Prints tasks, newest first.
pub async fn list(options: ListOptions) -> anyhow::Result<()> {
    let api = Api::of(&options.service)?;
    unless_interrupted(async {
        let (mut left, mut cursor) = (if options.all { usize::MAX } else { options.limit }, None);
        while left > 0 {
            let mut query = format!("limit={}", left.min(PAGE));
            if let Some(status) = options.status {
                query.push_str(&format!("&status={}", status.as_str()));
            }
            if let Some(cursor) = cursor {
                query.push_str(&format!("&cursor={cursor}"));
            }
            let page: Page = api.ask(Method::GET, &format!("/v1/videos?{query}")).await?;
            left = left.saturating_sub(page.videos.len());
            page.videos.iter().try_for_each(|task| print(task, options.json))?;
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        Ok(())
    })
    .await
}

fn print(task: &Value, as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    if as_json {
        return Ok(writeln!(out, "{task}")?);
    }
    let text = |name: &str| task[name].as_str().unwrap_or_default();
    let title: String = text("title").chars().filter(|letter| !letter.is_control()).collect();
    let (id, status, progress) = (text("id"), text("status"), &task["progress"]);
    Ok(writeln!(out, "{id}  {status:<10} {progress:>3}%  {}  {title}", text("created_at"))?)
}

/// Ends tasks that are no longer wanted.
pub async fn cancel(options: TasksOptions) -> anyhow::Result<()> {
    change(options, "cancel").await
}

/// Has tasks made that failed or were cancelled.
pub async fn retry(options: TasksOptions) -> anyhow::Result<()> {
    change(options, "retry").await
}

async fn change(options: TasksOptions, what: &str) -> anyhow::Result<()> {
    let api = Api::of(&options.service)?;
    unless_interrupted(async {
        for id in &options.ids {
            let path = format!("/v1/videos/{id}/{what}");
            let task: Task = api.ask(Method::POST, &path).await.with_context(|| id.clone())?;
            writeln!(std::io::stdout(), "{}  {}", task.id, task.status)?;
        }
        Ok(())
    })
    .await
}

/// Removes tasks with all their files.
pub async fn delete(options: TasksOptions) -> anyhow::Result<()> {
    let api = Api::of(&options.service)?;
    unless_interrupted(async {
        for id in &options.ids {
            let () = api.ask(Method::DELETE, &format!("/v1/videos/{id}")).await.with_context(|| id.clone())?;
            writeln!(std::io::stdout(), "{id}  deleted")?;
        }
        Ok(())
    })
    .await
}
