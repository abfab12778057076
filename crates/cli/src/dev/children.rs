//! Processes that end with this one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

/// How long children may take to end by themselves.
const GRACE: Duration = Duration::from_secs(6);

/// Started processes, each in a group of its own, so that what they start ends too.
pub struct Children {
    logs: PathBuf,
    running: Vec<Named>,
}

struct Named {
    name: String,
    group: Option<Pid>,
    child: Child,
}

impl Children {
    /// Children whose output goes to files in `logs`.
    pub fn new(logs: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(logs).with_context(|| format!("{} cannot be made", logs.display()))?;
        Ok(Self { logs: logs.to_owned(), running: Vec::new() })
    }

    /// Starts a program with more variables than this one has.
    pub fn start(
        &mut self,
        name: &str,
        program: &Path,
        arguments: &[&str],
        environment: &[(String, String)],
    ) -> anyhow::Result<()> {
        let path = self.logs.join(format!("{name}.log"));
        let log = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        let child = Command::new(program)
            .args(arguments)
            // A profile of the person's own must not reach the local AWS.
            .env_remove("AWS_PROFILE")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        self.running.push(Named { name: name.to_owned(), group, child });
        Ok(())
    }

    /// Waits until one of them ends; gives its name.
    pub async fn first_to_end(&mut self) -> String {
        loop {
            for named in &mut self.running {
                if matches!(named.child.try_wait(), Ok(Some(_)) | Err(_)) {
                    return named.name.clone();
                }
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Asks all to end, the last started first, and ends those that do not.
    pub async fn stop(&mut self) {
        let deadline = tokio::time::Instant::now() + GRACE;
        for named in self.running.iter().rev() {
            named.signal(Signal::TERM);
        }
        for named in self.running.iter_mut().rev() {
            // Whoever ended already, or does not end, is dealt with below.
            let _ = tokio::time::timeout_at(deadline, named.child.wait()).await;
        }
        // Also the groups whose leader has ended: nothing that it started may stay.
        self.running.drain(..).for_each(drop);
    }
}

impl Named {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // A group without processes is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}
