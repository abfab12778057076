//! Options of the commands that look at what a running service remembers.

use clap::{Args, Subcommand};
use rushes_core::ports::{MemoKey, MemoKind};
use rushes_core::task::TaskId;

use super::ServiceOptions;

/// Options of `rushes cache`.
#[derive(Args, Debug)]
pub struct CacheOptions {
    /// What to do.
    #[command(subcommand)]
    pub command: CacheCommand,
}

/// What can be done with remembered results.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Say what there is, and how often it saved work.
    Stats(CacheStatsOptions),
    /// Show facts about one result.
    Show(CacheShowOptions),
    /// Forget results: they are made again when they are needed.
    Forget(CacheForgetOptions),
}

/// Options of `rushes cache stats`.
#[derive(Args, Debug)]
pub struct CacheStatsOptions {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}

/// Options of `rushes cache show`.
#[derive(Args, Debug)]
pub struct CacheShowOptions {
    /// Its kind and its hash, as they stand in logs.
    #[arg(value_name = "KIND/HASH", value_parser = name)]
    pub name: String,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}

/// Options of `rushes cache forget`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rushes cache forget --kind script
  rushes cache forget --task 01K9ZC3V8Q6T4J2M0N5R7W9XYB")]
pub struct CacheForgetOptions {
    /// Kinds and hashes, as they stand in logs.
    #[arg(value_name = "KIND/HASH", required_unless_present_any = ["kind", "task"], value_parser = name)]
    pub names: Vec<String>,

    /// All of a kind: segment, sound, voice, video, script, footage or media.
    #[arg(long, conflicts_with_all = ["names", "task"])]
    #[arg(value_parser = |text: &str| text.parse::<MemoKind>().map(|kind| kind.as_str().to_owned()))]
    pub kind: Option<String>,

    /// All that was made for a task.
    #[arg(long, value_name = "ID", conflicts_with = "names")]
    #[arg(value_parser = |text: &str| text.parse::<TaskId>().map(|task| task.to_string()))]
    pub task: Option<String>,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}

fn name(text: &str) -> Result<String, rushes_core::ports::InvalidMemoKey> {
    text.parse::<MemoKey>().map(|key| key.to_string())
}
