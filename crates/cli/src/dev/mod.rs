//! `rushes dev`: the whole service on this machine, and a first video.

mod children;
mod process;
mod stack;
mod state;
mod stop;

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use rushes_engine::Engine;

use crate::arguments::DevOptions;
use crate::client::{Api, Task};
use crate::progress::Bar;
use children::Children;
use process::Program;
use stack::Stack;
use state::State;

/// How long the API may take to answer for the first time.
const START_DEADLINE: Duration = Duration::from_secs(30);
/// Logs, tasks and videos, in the working directory.
const STATE: &str = ".rushes";
/// How long the renderer may go on once it is asked to stop; then it hands its work back.
const DRAIN_SECONDS: &str = "2";

/// Starts everything, makes the example, and stays until Ctrl-C (or ends with `--once`).
pub async fn run(options: DevOptions) -> anyhow::Result<()> {
    Engine::new(options.ffmpeg.clone()).check_ffmpeg().await?;
    let mut children = Children::new(State::take(Path::new(STATE), options.fresh)?);
    let outcome = tokio::select! {
        outcome = serve(&options, &mut children) => outcome,
        () = stop::requested() => Ok(()),
    };
    eprintln!("Stopping what was started, and writing down tasks and videos …");
    children.stop().await;
    outcome
}

async fn serve(options: &DevOptions, children: &mut Children) -> anyhow::Result<()> {
    let api_url = format!("http://127.0.0.1:{}", options.port);
    refuse_taken_port(options.port)?;
    eprintln!("Starting the local AWS …");
    let mut stack = Stack::start(options, children).await?;
    start_service(options, &stack, children).await?;
    let api = Api::new(&api_url, None)?;
    wait_until_healthy(&api, children).await?;
    eprintln!("The dashboard is at {api_url}  (logs: {STATE}/*.log)");
    let copy = children.state().path("example.mp4");
    let first_video = async {
        let example = fetch_example(options, &api, &copy).await;
        if options.once {
            example?;
            return check_playable(&options.ffmpeg, &copy).await;
        }
        if let Err(error) = example {
            eprintln!("The example has no video: {error:#}");
        }
        eprintln!("Press Ctrl-C to stop.");
        std::future::pending().await
    };
    tokio::select! {
        ended = first_video => ended,
        never = keep_running(options, &mut stack, children) => match never {},
    }
}

/// Has whatever ends started again.
async fn keep_running(options: &DevOptions, stack: &mut Stack, children: &mut Children) -> Infallible {
    loop {
        if children.next_restart().await != stack::NAME {
            continue;
        }
        match restore(options, stack, children).await {
            Ok(()) => eprintln!("The local AWS is back as it was when `rushes dev` started; later tasks are lost."),
            Err(error) => eprintln!("The local AWS could not be brought back: {error:#}"),
        }
    }
}

/// Brings back what the local AWS had, and the service with the names that things have now.
async fn restore(options: &DevOptions, stack: &mut Stack, children: &mut Children) -> anyhow::Result<()> {
    stack.restore().await?;
    start_service(options, stack, children).await
}

/// Has the example made and saves it.
async fn fetch_example(options: &DevOptions, api: &Api, copy: &Path) -> anyhow::Result<()> {
    let task = make_example(options, api).await?;
    let link = task.video_url.context("the service gave no link to the video")?;
    let video = api.download(&link).await.context("the video cannot be downloaded")?;
    std::fs::write(copy, &video).with_context(|| format!("{} cannot be written", copy.display()))?;
    let shown = Path::new(STATE).join("example.mp4");
    eprintln!("The video is ready ({} KB):\n  {link}\n  {}", video.len() / 1000, shown.display());
    Ok(())
}

fn refuse_taken_port(port: u16) -> anyhow::Result<()> {
    std::net::TcpListener::bind(("127.0.0.1", port)).map(drop).with_context(|| {
        format!("port {port} is taken: end what uses it, or choose another (make run ARGS=\"--port 3001\")")
    })
}

/// Starts the service, in place of one that runs.
async fn start_service(options: &DevOptions, stack: &Stack, children: &mut Children) -> anyhow::Result<()> {
    let program = |name: &str| -> anyhow::Result<PathBuf> {
        let beside = std::env::current_exe()?.with_file_name(name);
        if !beside.is_file() {
            bail!("{} is missing: build it with `make run`", beside.display());
        }
        Ok(beside)
    };
    let mut environment = stack.environment();
    environment.push(("RUSHES_API_KEYS".to_owned(), "open".to_owned()));
    environment.push(("RUSHES_LISTEN".to_owned(), format!("127.0.0.1:{}", options.port)));
    environment.push(("RUSHES_FFMPEG".to_owned(), options.ffmpeg.display().to_string()));
    environment.push(("RUSHES_SPEAK".to_owned(), program("rushes-speak")?.display().to_string()));
    environment.push(("RUSHES_WORKERS".to_owned(), options.workers.to_string()));
    environment.push(("RUSHES_DRAIN_SECONDS".to_owned(), DRAIN_SECONDS.to_owned()));
    for name in ["api", "ingest", "render"] {
        children.replace(Program { name, path: program(name)?, environment: environment.clone() }).await?;
    }
    Ok(())
}

async fn wait_until_healthy(api: &Api, children: &mut Children) -> anyhow::Result<()> {
    let healthy = async {
        while !api.is_healthy().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = healthy => Ok(()),
        ended = children.first_to_end() => bail!("{ended} ended at once; see {STATE}/{ended}.log"),
        () = tokio::time::sleep(START_DEADLINE) => bail!("the API does not answer; see {STATE}/api.log"),
    }
}

async fn make_example(options: &DevOptions, api: &Api) -> anyhow::Result<Task> {
    let spec =
        std::fs::read(&options.example).with_context(|| format!("{} cannot be read", options.example.display()))?;
    let task = api.submit(spec, None).await.context("the example was not accepted")?;
    eprintln!("Making {} (task {}) …", options.example.display(), task.id);
    let bar = Bar::on_terminal();
    let ended = api.watch(&task.id, &bar).await;
    bar.clear();
    ended
}

/// Decodes the whole video; anything ffmpeg has to say about it is a failure.
async fn check_playable(ffmpeg: &Path, video: &Path) -> anyhow::Result<()> {
    let output = tokio::process::Command::new(ffmpeg)
        .args(["-hide_banner", "-nostdin", "-v", "warning", "-i"])
        .arg(video)
        .args(["-f", "null", "-"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("{} cannot be started", ffmpeg.display()))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !complaint.trim().is_empty() {
        tracing::debug!(complaint = complaint.trim(), "ffmpeg complained");
        bail!("the video does not play from start to end (-vv tells what ffmpeg says)");
    }
    eprintln!("The video plays from start to end.");
    Ok(())
}
