//! Child processes that end with the test, however it ends.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

/// A process and all that it starts: they are one group, killed on drop.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    group: Pid,
}

impl Process {
    /// Starts `command` as the head of a new group.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        command.process_group(0).stdin(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("{name} does not start: {command:?}"))?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).context("it ended at once")?;
        Ok(Self { name: name.to_owned(), child, group: Pid::from_raw(id) })
    }

    /// Whether it has ended by itself.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Stops it and all that it started in the middle of whatever they do, as when a machine sleeps.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn freeze(&self) -> Result<()> {
        signal(self.group, Signal::SIGSTOP)
    }

    /// Lets it go on after [`Self::freeze`].
    ///
    /// # Errors
    /// When the system refuses.
    pub fn thaw(&self) -> Result<()> {
        signal(self.group, Signal::SIGCONT)
    }

    /// How many programs of that name run in its group.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn running(&self, name: &str) -> Result<usize> {
        let mut count = 0;
        for entry in std::fs::read_dir("/proc")? {
            // Processes come and go meanwhile, and not all entries are processes.
            let Ok(stat) = std::fs::read_to_string(entry?.path().join("stat")) else { continue };
            let Some((head, tail)) = stat.rsplit_once(')') else { continue };
            // State, parent, group, … as proc_pid_stat(5) has them.
            let fields: Vec<&str> = tail.split_whitespace().take(3).collect();
            let is_alive = fields.first().is_some_and(|state| !matches!(*state, "Z" | "X"));
            let is_ours = fields.get(2).and_then(|group| group.parse().ok()) == Some(self.group.as_raw());
            count += usize::from(is_alive && is_ours && head.split_once('(').is_some_and(|(_, known)| known == name));
        }
        Ok(count)
    }

    /// Memory that it has of its own and of files at hand.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn resident_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.group))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024)
    }

    /// Kills it and all that it started, as when the machine fails.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn kill(mut self) -> Result<()> {
        signal(self.group, Signal::SIGKILL)?;
        self.child.wait().await?;
        Ok(())
    }

    /// Kills it and nothing that it started: that has to notice by itself.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn kill_alone(&mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    /// Asks it to end, and waits for it.
    ///
    /// # Errors
    /// When it does not end in `limit`.
    pub async fn stop(mut self, limit: Duration) -> Result<std::process::ExitStatus> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).context("it has ended already")?;
        nix::sys::signal::kill(Pid::from_raw(id), Signal::SIGTERM)?;
        let ended = tokio::time::timeout(limit, self.child.wait()).await;
        Ok(ended.with_context(|| format!("{} did not stop in {limit:?}", self.name))??)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone_already = signal(self.group, Signal::SIGKILL);
    }
}

fn signal(group: Pid, signal: Signal) -> Result<()> {
    match killpg(group, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
