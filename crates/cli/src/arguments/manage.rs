//! Options of the commands that look at and change tasks of a running service.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use rushes_core::task::Status;

use super::ServiceOptions;
use super::number::count;

/// Options of `rushes cancel`, `rushes retry` and `rushes delete`.
#[derive(Args, Debug)]
pub struct TasksOptions {
    /// The tasks.
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}

/// Options of `rushes list`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rushes list --status failed
  rushes list --all --json | jq -r '.id'")]
pub struct ListOptions {
    /// Only tasks that stand so.
    #[arg(long, value_parser = status())]
    pub status: Option<Status>,

    /// How many tasks at most.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub limit: usize,

    /// All tasks, however many there are.
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,

    /// Print each task as a line of JSON.
    #[arg(long)]
    pub json: bool,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}

/// Takes the names of [`Status`] and no others, and offers them.
fn status() -> impl TypedValueParser<Value = Status> {
    PossibleValuesParser::new(Status::ALL.map(Status::as_str)).try_map(|name| name.parse::<Status>())
}

/// Options of `rushes dlq`.
#[derive(Args, Debug)]
pub struct DlqOptions {
    /// What to do.
    #[command(subcommand)]
    pub command: DlqCommand,
}

/// What can be done with messages that were laid aside.
#[derive(Debug, Subcommand)]
pub enum DlqCommand {
    /// Show them: task, age, how often received, and why.
    List(DlqListOptions),
    /// Send them to the workers again; tasks that were given up are put in line for it.
    Redrive(DlqChangeOptions),
    /// Remove them for good; a task that still waits for one fails.
    Drop(DlqChangeOptions),
}

/// Options of `rushes dlq list`.
#[derive(Args, Debug)]
pub struct DlqListOptions {
    /// Print each message as a line of JSON.
    #[arg(long)]
    pub json: bool,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}

/// Options of `rushes dlq redrive` and `rushes dlq drop`.
#[derive(Args, Debug)]
pub struct DlqChangeOptions {
    /// Ids of messages, or of the tasks that they name.
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    pub ids: Vec<String>,

    /// All of them.
    #[arg(long)]
    pub all: bool,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}
