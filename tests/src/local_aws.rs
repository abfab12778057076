//! A local AWS (MiniStack) on a port and with a directory of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rushes_aws::{Clients, DynamoTable, S3Bucket, SqsQueue};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::Process;

const START_DEADLINE: Duration = Duration::from_secs(60);

/// Whose pages may call the functions of a [`LocalAws`] and upload to its bucket.
pub const PAGES_ORIGIN: &str = "https://app.example.com";

/// A running local AWS with the stack in it. It knows nothing when it starts,
/// and is gone when it is dropped.
#[derive(Debug)]
pub struct LocalAws {
    /// Where it answers.
    pub endpoint: String,
    /// What the deployment printed: variables for the binaries.
    pub outputs: Vec<(String, String)>,
    directory: TempDir,
    _process: Process,
}

impl LocalAws {
    /// Starts one and deploys the resources that keep data.
    ///
    /// # Errors
    /// With what did not work.
    pub async fn start() -> Result<Self> {
        Self::start_and_deploy(&[]).await
    }

    /// Starts one and deploys the whole stack, the functions included.
    ///
    /// # Errors
    /// With what did not work.
    pub async fn start_with_functions() -> Result<Self> {
        let directory = super::service::bin_dir().display().to_string();
        let origins = format!("CorsOrigins={PAGES_ORIGIN}");
        let parameters = ["--parameter", "ApiKeys=open", "--parameter", &origins];
        let arguments = [&["--functions", "--bin-dir", &directory][..], &parameters].concat();
        Self::start_and_deploy(&arguments).await
    }

    async fn start_and_deploy(arguments: &[&str]) -> Result<Self> {
        let port = free_port()?;
        let directory = tempfile::tempdir()?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let program = ministack();
        let log = std::fs::File::create(directory.path().join("ministack.log"))?;
        let mut command = Command::new(&program);
        command
            .envs([("BIND_HOST", "127.0.0.1"), ("MINISTACK_HOST", "localhost")])
            .envs([("IOT_MTLS_ENABLED", "0"), ("SFTP_ENABLED", "0")])
            .env("GATEWAY_PORT", port.to_string())
            .env("TMPDIR", directory.path())
            .stdout(log.try_clone()?)
            .stderr(log);
        let process = Process::start("ministack", &mut command).context("infra/local/setup installs it")?;
        let mut aws = Self { endpoint, outputs: Vec::new(), directory, _process: process };
        aws.wait_until_it_answers().await?;
        aws.outputs = aws.deploy(&program, arguments).await?;
        Ok(aws)
    }

    async fn wait_until_it_answers(&mut self) -> Result<()> {
        let health = format!("{}/_ministack/health", self.endpoint);
        let deadline = Instant::now() + START_DEADLINE;
        while !reqwest_client().get(&health).send().await.is_ok_and(|answer| answer.status().is_success()) {
            if self._process.has_ended()? || Instant::now() > deadline {
                bail!("the local AWS does not answer; it says:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Runs the project's own deployment with the Python that lies beside MiniStack.
    async fn deploy(&self, ministack: &Path, arguments: &[&str]) -> Result<Vec<(String, String)>> {
        let script = root().join("infra/local/deploy.py");
        let mut command = Command::new(ministack.with_file_name("python"));
        command.arg(script).args(arguments).envs(self.environment()).env("RUSHES_FFMPEG", crate::ffmpeg());
        let output = command.stdin(Stdio::null()).output().await.context("the deployment does not start")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the deployment failed: {said}\n{}", self.log());
        let lines = String::from_utf8(output.stdout)?;
        Ok(lines.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    }

    /// What the roles of the stack allow: for each a list of actions and resources.
    ///
    /// # Errors
    /// When the template cannot be read.
    pub async fn policies(&self) -> Result<Value> {
        let mut command = Command::new(ministack().with_file_name("python"));
        let output = command.arg(root().join("infra/local/policies.py")).stdin(Stdio::null()).output().await?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Variables that let a program talk to this AWS and no other.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let fixed = [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ];
        let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        fixed.chain(self.outputs.iter().cloned()).collect()
    }

    /// What the deployment said about `name`.
    ///
    /// # Errors
    /// When it said nothing.
    pub fn output(&self, name: &str) -> Result<&str> {
        let found = self.outputs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).with_context(|| format!("the deployment printed no {name}"))
    }

    /// The table, through our own adapter.
    ///
    /// # Errors
    /// When nothing was deployed.
    pub async fn table(&self) -> Result<DynamoTable> {
        Ok(DynamoTable::new(Clients::local(&self.endpoint).await.dynamodb, self.output("RUSHES_TABLE")?.to_owned()))
    }

    /// The queue of tasks, through our own adapter.
    ///
    /// # Errors
    /// When nothing was deployed.
    pub async fn queue(&self) -> Result<SqsQueue> {
        Ok(SqsQueue::new(Clients::local(&self.endpoint).await.sqs, self.output("RUSHES_TASKS_QUEUE_URL")?.to_owned()))
    }

    /// The bucket, through our own adapter.
    ///
    /// # Errors
    /// When nothing was deployed.
    pub async fn bucket(&self) -> Result<S3Bucket> {
        Ok(S3Bucket::new(Clients::local(&self.endpoint).await.s3, self.output("RUSHES_BUCKET")?.to_owned()))
    }

    /// A directory that lives as long as this.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it has written so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("ministack.log")).unwrap_or_default()
    }
}

/// A port that nobody listens on now.
///
/// # Errors
/// When the system has none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The project's directory.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Where `infra/local/setup` puts what Cargo does not bring.
#[must_use]
pub fn tools() -> PathBuf {
    std::env::var_os("RUSHES_TOOLS").map_or_else(|| root().join(".tools"), PathBuf::from)
}

fn ministack() -> PathBuf {
    std::env::var_os("RUSHES_MINISTACK").map_or_else(|| tools().join("venv/bin/ministack"), PathBuf::from)
}

/// A client with the cryptography that this workspace is built with.
#[must_use]
pub fn reqwest_client() -> reqwest::Client {
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
