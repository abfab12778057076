//! `rushes channel`: named defaults for specs.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use reqwest::Method;
use rushes_core::channel::{ChannelConfig, ChannelName};
use rushes_core::spec::MediaOrigin;
use serde::Deserialize;
use serde_json::Value;

use crate::arguments::{
    ChannelCommand, ChannelListOptions, ChannelNamesOptions, ChannelSetOptions, ChannelShowOptions,
};
use crate::client::Api;
use crate::input;
use crate::outcome::unless_interrupted;

#[derive(Deserialize)]
struct List {
    channels: Vec<Value>,
}

#[derive(Deserialize)]
struct Channel {
    name: ChannelName,
    config: Value,
}

/// Lists, shows, sets or removes.
pub async fn run(command: ChannelCommand) -> anyhow::Result<()> {
    match command {
        ChannelCommand::List(options) => unless_interrupted(list(&options)).await,
        ChannelCommand::Show(options) => unless_interrupted(show(&options)).await,
        ChannelCommand::Set(options) => unless_interrupted(set(&options)).await,
        ChannelCommand::Delete(options) => unless_interrupted(delete(&options)).await,
    }
}

async fn list(options: &ChannelListOptions) -> anyhow::Result<()> {
    let list: List = Api::of(&options.service)?.ask(Method::GET, "/v1/channels").await?;
    let mut out = std::io::stdout();
    for channel in &list.channels {
        if options.json {
            writeln!(out, "{channel}")?;
            continue;
        }
        let text = |name: &str| channel[name].as_str().unwrap_or("-");
        writeln!(out, "{:<24}  {}", text("name"), text("updated_at"))?;
    }
    Ok(())
}

/// Prints what `set` takes.
async fn show(options: &ChannelShowOptions) -> anyhow::Result<()> {
    let channel: Channel = Api::of(&options.service)?.ask(Method::GET, &path(&options.name)).await?;
    writeln!(std::io::stdout(), "{:#}", channel.config)?;
    Ok(())
}

async fn set(options: &ChannelSetOptions) -> anyhow::Result<()> {
    let config = input::read(&options.file)?;
    let channel: Channel = Api::of(&options.service)?.send_json(Method::PUT, &path(&options.name), config).await?;
    writeln!(std::io::stdout(), "{}  stored", channel.name)?;
    Ok(())
}

async fn delete(options: &ChannelNamesOptions) -> anyhow::Result<()> {
    let api = Api::of(&options.service)?;
    for name in &options.names {
        let () = api.ask(Method::DELETE, &path(name)).await.with_context(|| name.to_string())?;
        writeln!(std::io::stdout(), "{name}  deleted")?;
    }
    Ok(())
}

fn path(name: &ChannelName) -> String {
    format!("/v1/channels/{name}")
}

/// A channel in a file. Paths in it are meant from where it lies.
pub fn read(file: &Path) -> anyhow::Result<ChannelConfig> {
    let shown = || format!("the channel in {}", file.display());
    let config = ChannelConfig::from_json(&input::read(file)?, MediaOrigin::RemoteOrLocal).with_context(shown)?;
    let here = std::env::current_dir().context("the current folder is not known")?;
    Ok(config.with_paths_from(&here.join(file.parent().unwrap_or(Path::new("")))))
}
