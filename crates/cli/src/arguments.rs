//! The commands and their options.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// Make narrated, captioned videos.
#[derive(Debug, Parser)]
#[command(name = "rushes", version, about, propagate_version = true, after_help = EXAMPLES)]
pub struct Arguments {
    /// Say more on standard error (twice: everything).
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  rushes render examples/explainer.json -o explainer.mp4
  echo '{\"script\": \"Hello, world.\"}' | rushes render - -o hello.mp4 --json";

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Render a video on this machine, without AWS.
    Render(RenderOptions),
}

/// Options of `rushes render`.
#[derive(Args, Debug)]
#[command(after_help = "Beside OUT.mp4 lie OUT.srt, OUT.vtt and OUT.jpg (the poster).

Examples:
  rushes render spec.json -o video.mp4
  rushes render - -o video.mp4 --json < spec.json | jq .distinct_frames")]
pub struct RenderOptions {
    /// The spec, a JSON file; `-` reads it from standard input.
    pub spec: PathBuf,

    /// The video to write.
    #[arg(short, long, value_name = "OUT.mp4")]
    pub output: PathBuf,

    /// Print a report as JSON on standard output.
    #[arg(long)]
    pub json: bool,

    /// Segments rendered at once [default: one a processor].
    #[arg(long, value_name = "N")]
    pub workers: Option<usize>,

    /// The ffmpeg to use.
    #[arg(long, env = "RUSHES_FFMPEG", default_value = "ffmpeg", value_name = "PATH")]
    pub ffmpeg: PathBuf,

    /// The program that speaks [default: `rushes-speak` beside this program].
    #[arg(long, env = "RUSHES_SPEAK", value_name = "PATH")]
    pub speak: Option<PathBuf>,
}

impl Arguments {
    /// Sends logs to standard error, as many as asked for.
    pub fn start_logging(&self) {
        let level = match self.verbose {
            0 => "warn",
            1 => "info",
            _ => "debug",
        };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
}
