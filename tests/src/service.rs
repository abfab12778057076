//! The service as processes beside a local AWS, as `rushes dev` runs it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use rushes_aws::Clients;
use tokio::process::Command;

use crate::Client;
use crate::lambda::{Function, SourceQueue};
use crate::local_aws::{LocalAws, free_port, root, tools};
use crate::process::Process;

const START_DEADLINE: Duration = Duration::from_secs(30);

/// A local AWS with the API beside it. Renderers are started as wanted.
#[derive(Debug)]
pub struct Service {
    /// Where data lies.
    pub aws: LocalAws,
    /// Asks the API.
    pub client: Client,
    _api: Process,
}

impl Service {
    /// Starts the API, open to all.
    ///
    /// # Errors
    /// With what did not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[("RUSHES_API_KEYS", "open")]).await
    }

    /// Starts the API with variables of its own.
    ///
    /// # Errors
    /// With what did not start.
    pub async fn start_with(variables: &[(&str, &str)]) -> Result<Self> {
        let aws = LocalAws::start().await?;
        let (api, client) = start_api(&aws, variables).await?;
        Ok(Self { aws, client, _api: api })
    }

    /// Starts one more API beside the first, and what asks it.
    ///
    /// # Errors
    /// With what did not start.
    pub async fn start_another_api(&self, variables: &[(&str, &str)]) -> Result<(Process, Client)> {
        start_api(&self.aws, variables).await
    }

    /// Starts a renderer.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_renderer(&self, variables: &[(&str, &str)]) -> Result<Process> {
        let mut command = program("render", &self.aws)?;
        // Files in progress lie in a place that tests can look at.
        let work = self.work_directory();
        std::fs::create_dir_all(&work)?;
        command.env("TMPDIR", work).envs(variables.iter().copied());
        Process::start("render", &mut command)
    }

    /// Starts a reader of manifests.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_ingest(&self, variables: &[(&str, &str)]) -> Result<Process> {
        let mut command = program("ingest", &self.aws)?;
        command.envs(variables.iter().copied());
        Process::start("ingest", &mut command)
    }

    /// Sweeps the memo once, as the clock has it done.
    ///
    /// # Errors
    /// When it fails.
    pub async fn sweep(&self) -> Result<()> {
        let status = program("sweep", &self.aws)?.status().await?;
        ensure!(status.success(), "the sweep failed; it says:\n{}", self.log("sweep"));
        Ok(())
    }

    /// The Lambda function of that name, deployed and not yet asked for anything.
    ///
    /// # Errors
    /// When its log cannot be opened.
    pub fn function(&self, name: &str, variables: &[(&str, &str)]) -> Result<Function> {
        let mut command = program(name, &self.aws)?;
        let work = self.work_directory();
        std::fs::create_dir_all(&work)?;
        command.env("TMPDIR", work).envs(variables.iter().copied());
        Ok(Function::new(command))
    }

    /// The queue with that variable, for a function to be fed from.
    ///
    /// # Errors
    /// When nothing was deployed.
    pub async fn source_queue(&self, variable: &str) -> Result<SourceQueue> {
        let url = self.aws.output(variable)?.to_owned();
        Ok(SourceQueue::new(Clients::local(&self.aws.endpoint).await.sqs, url))
    }

    /// Where renderers keep files while they work.
    #[must_use]
    pub fn work_directory(&self) -> PathBuf {
        self.aws.directory().join("work")
    }

    /// Files that lie there now.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn files_in_work(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut directories = vec![self.work_directory()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() { directories.push(entry.path()) } else { found.push(entry.path()) }
            }
        }
        found.retain(|path| path.file_name().is_none_or(|name| name != "lock"));
        Ok(found)
    }

    /// How many messages the queue with that variable holds, seen or not.
    ///
    /// # Errors
    /// When the queue does not say.
    pub async fn messages(&self, variable: &str) -> Result<u64> {
        let mut request = Clients::local(&self.aws.endpoint).await.sqs.get_queue_attributes();
        for kind in ["", "NotVisible", "Delayed"] {
            request = request.attribute_names(format!("ApproximateNumberOfMessages{kind}").as_str().into());
        }
        let answer = request.queue_url(self.aws.output(variable)?).send().await?;
        let counts = answer.attributes.unwrap_or_default().into_values();
        counts.map(|count| Ok(count.parse::<u64>()?)).sum()
    }

    /// Memory that the API has.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn api_memory_bytes(&self) -> Result<u64> {
        self._api.resident_bytes()
    }

    /// What a program has written so far.
    #[must_use]
    pub fn log(&self, name: &str) -> String {
        log(&self.aws, name)
    }
}

async fn start_api(aws: &LocalAws, variables: &[(&str, &str)]) -> Result<(Process, Client)> {
    let address = format!("127.0.0.1:{}", free_port()?);
    let mut command = program("api", aws)?;
    command.env("RUSHES_LISTEN", &address).envs(variables.iter().copied());
    let mut api = Process::start("api", &mut command)?;
    let client = Client::new(format!("http://{address}"));
    let deadline = Instant::now() + START_DEADLINE;
    while client.get("/openapi.json").await.is_err() {
        if api.has_ended()? || Instant::now() > deadline {
            bail!("the API does not answer; it says:\n{}", log(aws, "api"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok((api, client))
}

/// One of our programs, set up for `aws`, writing to a log.
fn program(name: &str, aws: &LocalAws) -> Result<Command> {
    let log = std::fs::File::options().create(true).append(true).open(aws.directory().join(format!("{name}.log")))?;
    let mut command = Command::new(bin_dir().join(name));
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(std::env::var_os("LD_LIBRARY_PATH").map(|path| ("LD_LIBRARY_PATH", path)))
        .envs(aws.environment())
        .env("RUSHES_FFMPEG", ffmpeg())
        .env("RUSHES_LOG_FORMAT", "json")
        .env("RUST_LOG", "info")
        .stdout(log.try_clone()?)
        .stderr(log);
    Ok(command)
}

fn log(aws: &LocalAws, name: &str) -> String {
    std::fs::read_to_string(aws.directory().join(format!("{name}.log"))).unwrap_or_default()
}

/// Where our programs were built.
#[must_use]
pub fn bin_dir() -> PathBuf {
    std::env::var_os("RUSHES_BIN_DIR").map_or_else(|| root().join("target/release"), PathBuf::from)
}

/// The ffmpeg that the project pins.
#[must_use]
pub fn ffmpeg() -> PathBuf {
    let pinned = || Some(tools().join("bin/ffmpeg")).filter(|path| path.exists());
    std::env::var_os("RUSHES_FFMPEG").map(PathBuf::from).or_else(pinned).unwrap_or_else(|| PathBuf::from("ffmpeg"))
}

/// Reads a video to its end with ffmpeg, and returns what it complains about.
///
/// # Errors
/// When ffmpeg does not start.
pub async fn complaints_about(video: &std::path::Path) -> Result<String> {
    let mut command = Command::new(ffmpeg());
    let output = command.args(["-v", "error", "-i"]).arg(video).args(["-f", "null", "-"]).output().await?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}
