//! `rushes dlq`: messages that were laid aside.

use std::io::Write;

use anyhow::Context;
use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::arguments::{DlqChangeOptions, DlqCommand, DlqListOptions, DlqOptions};
use crate::client::Api;
use crate::outcome::unless_interrupted;

#[derive(Deserialize)]
struct Letters {
    dead_letters: Vec<Value>,
    more: bool,
}

#[derive(Default, Deserialize)]
struct Tally {
    redriven: usize,
    removed: usize,
    left: usize,
    more: bool,
}

/// Lists, redrives or drops.
pub async fn run(options: DlqOptions) -> anyhow::Result<()> {
    match options.command {
        DlqCommand::List(options) => unless_interrupted(list(&options)).await,
        DlqCommand::Redrive(options) => unless_interrupted(change(&options, Method::POST, "/redrive")).await,
        DlqCommand::Drop(options) => unless_interrupted(change(&options, Method::DELETE, "")).await,
    }
}

async fn list(options: &DlqListOptions) -> anyhow::Result<()> {
    let letters: Letters = Api::of(&options.service)?.ask(Method::GET, "/v1/dead-letters").await?;
    let mut out = std::io::stdout();
    for letter in &letters.dead_letters {
        if options.json {
            writeln!(out, "{letter}")?;
            continue;
        }
        let text = |name: &str| letter[name].as_str().unwrap_or("-");
        let age = text("sent_at").parse::<Timestamp>().map_or_else(|_| "?".to_owned(), age);
        let (message, task, count) = (text("message_id"), text("task_id"), &letter["receive_count"]);
        writeln!(out, "{message}  task {task}  {age} old  received {count} times  {}", text("reason"))?;
    }
    if letters.more {
        eprintln!("There are more.");
    }
    Ok(())
}

/// The largest unit of which there is one: 40 s, 12 min, 5 h, 3 d.
fn age(sent_at: Timestamp) -> String {
    let seconds = Timestamp::now().duration_since(sent_at).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

async fn change(options: &DlqChangeOptions, method: Method, suffix: &str) -> anyhow::Result<()> {
    let api = Api::of(&options.service)?;
    let mut total = Tally::default();
    for id in &options.ids {
        let path = format!("/v1/dead-letters/{id}{suffix}");
        total.add(&api.ask(method.clone(), &path).await.with_context(|| id.clone())?);
    }
    let mut more = options.all;
    while more {
        let tally: Tally = api.ask(method.clone(), &format!("/v1/dead-letters{suffix}")).await?;
        total.add(&tally);
        // What is left comes again, and would for ever.
        more = tally.more && tally.redriven + tally.removed > 0;
    }
    let Tally { redriven, removed, left, .. } = total;
    writeln!(std::io::stdout(), "{redriven} redriven, {removed} removed, {left} left")?;
    Ok(())
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.redriven += other.redriven;
        self.removed += other.removed;
        self.left += other.left;
    }
}
