//! The local AWS with the table, the queues and the bucket of `template.yaml`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::Command;

use super::STATE;
use super::children::Children;
use super::process::Program;
use crate::arguments::DevOptions;
use crate::client::http_client;

const START_DEADLINE: Duration = Duration::from_secs(60);

/// Its name among the children.
pub const NAME: &str = "aws";

/// A running local AWS with the stack in it.
pub struct Stack {
    port: u16,
    python: PathBuf,
    connection: Vec<(String, String)>,
    names: Vec<(String, String)>,
}

impl Stack {
    /// Starts MiniStack on a free port, with what it wrote down when it last ended, and deploys the stack to it.
    pub async fn start(options: &DevOptions, children: &mut Children) -> anyhow::Result<Self> {
        let bin = options.tools.join("venv/bin");
        if !bin.join("ministack").is_file() {
            bail!("{} is missing: run `make setup`", bin.join("ministack").display());
        }
        let port = free_port()?;
        let connection = connection(port);
        let mut environment = connection.clone();
        environment.extend(children.state().environment());
        let port_text = port.to_string();
        // Without the last two, its servers for things and files listen on every address of the machine.
        let own = [
            ("BIND_HOST", "127.0.0.1"),
            ("MINISTACK_HOST", "localhost"),
            ("GATEWAY_PORT", &port_text),
            ("IOT_MTLS_ENABLED", "0"),
            ("SFTP_ENABLED", "0"),
        ];
        environment.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        children.start(Program { name: NAME, path: bin.join("ministack"), environment })?;
        tokio::select! {
            answers = wait_for(port) => answers?,
            name = children.first_to_end() => bail!("{name} ended at once; see {STATE}/{name}.log"),
        }
        let python = bin.join("python");
        let names = deploy(&python, &connection).await?;
        Ok(Self { port, python, connection, names })
    }

    /// Brings what is missing in the stack back once the local AWS, started again, answers. Things that it had
    /// never written down get other names.
    pub async fn restore(&mut self) -> anyhow::Result<()> {
        wait_for(self.port).await?;
        self.names = deploy(&self.python, &self.connection).await?;
        Ok(())
    }

    /// What the service needs to find it.
    pub fn environment(&self) -> Vec<(String, String)> {
        [self.connection.clone(), self.names.clone()].concat()
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Where the AWS clients look, and with which credentials: none of the person's own.
fn connection(port: u16) -> Vec<(String, String)> {
    [
        ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

async fn wait_for(port: u16) -> anyhow::Result<()> {
    let client = http_client()?;
    let url = format!("http://127.0.0.1:{port}/_ministack/health");
    let answers = async {
        while !client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let answered = tokio::time::timeout(START_DEADLINE, answers).await;
    answered.with_context(|| format!("the local AWS does not answer; see {STATE}/{NAME}.log"))
}

/// Deploys the stack's storage; gives the names that the deployment printed.
async fn deploy(python: &Path, connection: &[(String, String)]) -> anyhow::Result<Vec<(String, String)>> {
    let script = PathBuf::from("infra/local/deploy.py");
    if !script.is_file() {
        bail!("{} is missing: run `rushes dev` in the project's folder", script.display());
    }
    let mut command = Command::new(python);
    command.arg(&script);
    // The API, which is started with the same environment, reads the variable itself.
    if let Ok(origins) = std::env::var("RUSHES_CORS_ORIGINS") {
        command.arg("--parameter").arg(format!("CorsOrigins={origins}"));
    }
    let output = command
        .env_remove("AWS_PROFILE")
        .envs(connection.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("{} cannot be started", python.display()))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        bail!("the stack could not be deployed (`rushes dev --fresh` begins anew): {}", reason.trim());
    }
    let lines = String::from_utf8(output.stdout).context("the deployment printed no text")?;
    Ok(lines
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}
