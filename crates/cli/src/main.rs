//! What a person types: `rushes render`, `preview`, `inspect`, `submit`, `watch`, `list`, `cancel`, `retry`,
//! `delete`, `dlq`, `cache`, `channel`, `dev`.

mod arguments;
mod channel;
mod client;
mod dev;
mod directory;
mod dlq;
mod input;
mod inspect;
mod manage;
mod outcome;
mod preview;
mod progress;
mod remembered;
mod render;
mod studio;
mod submit;
mod targets;
mod upload;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.start_logging();
    let outcome = match arguments.command {
        Command::Render(options) => render::run(options).await,
        Command::Preview(options) => preview::run(options).await,
        Command::Inspect(options) => inspect::run(options).await,
        Command::Submit(options) => submit::submit(options).await,
        Command::Watch(options) => submit::watch(options).await,
        Command::List(options) => manage::list(options).await,
        Command::Cancel(options) => manage::cancel(options).await,
        Command::Retry(options) => manage::retry(options).await,
        Command::Delete(options) => manage::delete(options).await,
        Command::Dlq(options) => dlq::run(options).await,
        Command::Cache(options) => remembered::run(options).await,
        Command::Channel(options) => channel::run(options.command).await,
        Command::Dev(options) => dev::run(options).await,
    };
    outcome::exit_code(outcome)
}
