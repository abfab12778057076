//! Options of `rushes channel`, and of commands that take a channel from a file.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use rushes_core::channel::ChannelName;

use super::ServiceOptions;

/// What fills a spec.
#[derive(Args, Debug)]
pub struct ChannelFile {
    /// Take what the spec does not say from this file: voice, captions, outputs, style and so on.
    #[arg(long, value_name = "FILE.json")]
    pub channel: Option<PathBuf>,
}

/// Options of `rushes channel`.
#[derive(Args, Debug)]
#[command(after_help = "A spec with \"channel\": \"NAME\" gets what it does not say itself from that channel.

Examples:
  rushes channel set science science.json
  rushes channel show science > science.json
  echo '{\"channel\": \"science\", \"topic\": \"Why bees dance\"}' | rushes submit - --wait")]
pub struct ChannelOptions {
    /// What to do.
    #[command(subcommand)]
    pub command: ChannelCommand,
}

/// What can be done with channels.
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    /// List them.
    List(ChannelListOptions),
    /// Print what one says, as JSON.
    Show(ChannelShowOptions),
    /// Store what is in a file as a channel, new or not.
    Set(ChannelSetOptions),
    /// Remove channels; videos that took from them stay.
    Delete(ChannelNamesOptions),
}

/// Options of `rushes channel list`.
#[derive(Args, Debug)]
pub struct ChannelListOptions {
    /// Print each channel as a line of JSON.
    #[arg(long)]
    pub json: bool,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}

/// Options of `rushes channel show`.
#[derive(Args, Debug)]
pub struct ChannelShowOptions {
    /// The channel.
    pub name: ChannelName,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}

/// Options of `rushes channel set`.
#[derive(Args, Debug)]
pub struct ChannelSetOptions {
    /// The channel.
    pub name: ChannelName,

    /// What it is to say, a JSON file; `-` reads it from standard input.
    #[arg(value_name = "FILE.json")]
    pub file: PathBuf,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}

/// Options of `rushes channel delete`.
#[derive(Args, Debug)]
pub struct ChannelNamesOptions {
    /// The channels.
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<ChannelName>,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}
