//! What a person types: `rushes render`, `submit`, `watch`, `dev`.

mod arguments;
mod outcome;
mod progress;
mod render;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.start_logging();
    let outcome = match arguments.command {
        Command::Render(options) => render::run(options).await,
    };
    outcome::exit_code(outcome)
}
