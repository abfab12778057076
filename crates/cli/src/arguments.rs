//! The commands and their options.

mod cache;
mod channel;
mod manage;
mod number;

pub use cache::{CacheCommand, CacheForgetOptions, CacheOptions, CacheShowOptions, CacheStatsOptions};
pub use channel::{
    ChannelCommand, ChannelFile, ChannelListOptions, ChannelNamesOptions, ChannelOptions, ChannelSetOptions,
    ChannelShowOptions,
};
pub use manage::{DlqChangeOptions, DlqCommand, DlqListOptions, DlqOptions, ListOptions, TasksOptions};

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::preview::parse_moment;

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
  echo '{\"script\": \"Hello, world.\"}' | rushes render - -o hello.mp4 --json
  rushes preview examples/explainer.json --at 12.5s -o frame.png
  rushes inspect hello.mp4
  rushes submit examples/explainer.json --wait --url http://127.0.0.1:3000
  rushes dev --once";

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Render a video on this machine, without AWS.
    Render(RenderOptions),
    /// Draw one frame of a video, without rendering the rest.
    Preview(PreviewOptions),
    /// Say what a finished video is made of, or what rendering a spec would do.
    Inspect(InspectOptions),
    /// Have a running service make a video.
    Submit(SubmitOptions),
    /// Follow a task of a running service until it has ended.
    Watch(WatchOptions),
    /// List the tasks of a running service, newest first.
    List(ListOptions),
    /// End tasks that are no longer wanted, also while they are worked on.
    Cancel(TasksOptions),
    /// Have tasks made that failed or were cancelled.
    Retry(TasksOptions),
    /// Remove tasks with all their files; one that has not ended is cancelled first.
    Delete(TasksOptions),
    /// Look at messages that were laid aside, send them again, or drop them.
    Dlq(DlqOptions),
    /// Look at what a running service remembers, or forget it.
    Cache(CacheOptions),
    /// Look at channels, the named defaults of specs, and change them.
    Channel(ChannelOptions),
    /// Run the whole service on this machine (`make run` does it).
    Dev(DevOptions),
}

/// Options of `rushes render`.
#[derive(Args, Debug)]
#[command(after_help = "Beside OUT.mp4 lie OUT.srt, OUT.vtt and OUT.jpg (the poster). A spec with several
outputs makes further videos named after their shape, like OUT-9x16-1080p.mp4.
Files of an earlier render are written over, others only with --force, and what the spec reads never.

Examples:
  rushes render spec.json -o video.mp4
  rushes render spec.json -o video.mp4 --channel science.json
  rushes render - -o video.mp4 --json < spec.json | jq .distinct_frames")]
pub struct RenderOptions {
    /// The spec, a JSON file; `-` reads it from standard input.
    pub spec: PathBuf,

    /// What fills it.
    #[command(flatten)]
    pub channel: ChannelFile,

    /// The video to write.
    #[arg(short, long, value_name = "OUT.mp4")]
    pub output: PathBuf,

    /// Write over files that are there already and are no earlier outputs.
    #[arg(long)]
    pub force: bool,

    /// Print a report as JSON on standard output.
    #[arg(long)]
    pub json: bool,

    /// Segments rendered at once [default: one a processor].
    #[arg(long, value_name = "N", value_parser = number::count, allow_negative_numbers = true)]
    pub workers: Option<usize>,

    /// With which tools.
    #[command(flatten)]
    pub tools: ToolOptions,
}

/// Options of `rushes preview`.
#[derive(Args, Debug)]
#[command(after_help = "Nothing else of the video is rendered.

Examples:
  rushes preview spec.json --at 12.5s -o frame.png
  rushes preview spec.json --at 1m3s -o frame.png")]
pub struct PreviewOptions {
    /// The spec, a JSON file; `-` reads it from standard input.
    pub spec: PathBuf,

    /// What fills it.
    #[command(flatten)]
    pub channel: ChannelFile,

    /// The moment, from the start of the video: 12.5s, 1m3s, 750ms.
    #[arg(long, value_name = "TIME", value_parser = parse_moment, default_value = "0s", allow_hyphen_values = true)]
    pub at: Duration,

    /// The picture to write, PNG or JPEG as its name says.
    #[arg(short, long, value_name = "OUT.png|OUT.jpg")]
    pub output: PathBuf,

    /// Write over a file that is there already and is no earlier output.
    #[arg(long)]
    pub force: bool,

    /// With which tools.
    #[command(flatten)]
    pub tools: ToolOptions,
}

/// Options of `rushes inspect`.
#[derive(Args, Debug)]
#[command(
    after_help = "Of a video it prints tracks, rates, loudness, and a line a segment: where it begins, its frames, how many
of them show something new, its bytes. Of a spec: the segments that rendering would make, and which are remembered.

Examples:
  rushes inspect video.mp4
  rushes inspect spec.json
  rushes inspect video.mp4 --json | jq '.pictures.segments[].distinct_frames'"
)]
pub struct InspectOptions {
    /// The video, or the spec of one (`-` reads a spec from standard input).
    #[arg(value_name = "OUT.mp4|SPEC")]
    pub file: PathBuf,

    /// What fills a spec.
    #[command(flatten)]
    pub channel: ChannelFile,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,

    /// With which tools.
    #[command(flatten)]
    pub tools: ToolOptions,
}

/// Which tools make the video.
#[derive(Args, Debug)]
pub struct ToolOptions {
    /// The ffmpeg to use.
    #[arg(long, env = "RUSHES_FFMPEG", default_value = "ffmpeg", value_name = "PATH")]
    pub ffmpeg: PathBuf,

    /// Where rendered segments, sound and speech are remembered, so that an edit renders only what it changed
    /// [default: the user's cache folder].
    #[arg(long, env = "RUSHES_CACHE_DIR", value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,

    /// Render everything, remember nothing.
    #[arg(long, conflicts_with = "cache_dir")]
    pub no_cache: bool,

    /// The program that speaks [default: `rushes-speak` beside this program].
    #[arg(long, env = "RUSHES_SPEAK", value_name = "PATH")]
    pub speak: Option<PathBuf>,
}

/// Which service to talk to.
#[derive(Args, Debug)]
pub struct ServiceOptions {
    /// Address of the API.
    #[arg(long, env = "RUSHES_API_URL", default_value = "http://127.0.0.1:3000", value_name = "URL")]
    pub url: String,

    /// Key of the API, if it asks for one.
    #[arg(long, env = "RUSHES_API_KEY", hide_env_values = true, value_name = "KEY")]
    pub key: Option<String>,
}

/// Options of `rushes submit`.
#[derive(Args, Debug)]
#[command(after_help = "Prints the task's id, or with --wait the link to the finished video.

Example:
  rushes submit spec.json --wait")]
pub struct SubmitOptions {
    /// The spec, a JSON file; `-` reads it from standard input.
    pub spec: PathBuf,

    /// Wait for the video and show the progress.
    #[arg(long)]
    pub wait: bool,

    /// Your name for this request: sent again within a day, it gets the same task.
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}

/// Options of `rushes watch`.
#[derive(Args, Debug)]
#[command(after_help = "Prints the link to the finished video.

Example:
  rushes watch 01KA2XJ6W5T0M9T2V3Q4R5S6T7")]
pub struct WatchOptions {
    /// The task.
    pub id: String,

    /// Which service.
    #[command(flatten)]
    pub service: ServiceOptions,
}

/// Options of `rushes dev`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  make run
  make run ARGS=--once
  make run ARGS=--fresh
  make run ARGS=\"--port 3001 --workers 2\"")]
pub struct DevOptions {
    /// End after the example: exit code 0 only if its video is there and plays.
    #[arg(long)]
    pub once: bool,

    /// Forget the tasks, videos and logs of earlier starts.
    #[arg(long)]
    pub fresh: bool,

    /// Port of the API and the dashboard.
    #[arg(long, default_value_t = 3000, value_parser = number::port, allow_negative_numbers = true)]
    pub port: u16,

    /// Videos rendered at once.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = number::count, allow_negative_numbers = true)]
    pub workers: usize,

    /// The spec of the first video.
    #[arg(long, default_value = "examples/explainer.json", value_name = "SPEC")]
    pub example: PathBuf,

    /// The folder with what `make setup` fetched.
    #[arg(long, env = "RUSHES_TOOLS", default_value = ".tools", value_name = "DIR")]
    pub tools: PathBuf,

    /// The ffmpeg to use.
    #[arg(long, env = "RUSHES_FFMPEG", default_value = "ffmpeg", value_name = "PATH")]
    pub ffmpeg: PathBuf,
}

impl Arguments {
    /// Sends logs to standard error, as many as asked for.
    pub fn start_logging(&self) {
        let level = match self.verbose {
            // Of a certificate that is not good we say so ourselves, without what it says.
            0 => "warn,rustls_platform_verifier=off",
            1 => "info",
            _ => "debug",
        };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
}
