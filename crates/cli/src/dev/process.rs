//! One process of those that end with this one.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::state::State;

/// The first pause before a process is started again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Whoever ran for so long has not failed at once.
const LASTING: Duration = Duration::from_secs(60);

/// What to start.
#[derive(Clone, Debug)]
pub struct Program {
    /// Name of its log.
    pub name: &'static str,
    /// Where it lies.
    pub path: PathBuf,
    /// Variables beside those that this process has.
    pub environment: Vec<(String, String)>,
}

/// A process in a group of its own, so that what it starts ends with it.
pub struct Process {
    program: Program,
    running: Option<Running>,
    /// When it is started again; set while it does not run.
    due: Option<Instant>,
    failures: u32,
}

struct Running {
    child: Child,
    group: Option<Pid>,
    since: Instant,
}

impl Process {
    /// Starts it; what it says goes to its log.
    pub fn start(program: Program, state: &State) -> anyhow::Result<Self> {
        let running = Some(spawn(&program, state)?);
        Ok(Self { program, running, due: None, failures: 0 })
    }

    pub const fn name(&self) -> &'static str {
        self.program.name
    }

    /// How it ended, if it did since this was asked last. What it left running ends, too.
    pub fn has_ended(&mut self) -> Option<String> {
        let running = self.running.as_mut()?;
        let how = match running.child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => how(status),
            Err(error) => error.to_string(),
        };
        if running.since.elapsed() >= LASTING {
            self.failures = 0;
        }
        self.running = None;
        Some(how)
    }

    /// Has it started again after a pause, which it returns.
    pub fn plan_restart(&mut self) -> Duration {
        let pause = pause(self.failures);
        self.failures += 1;
        self.due = Some(Instant::now() + pause);
        pause
    }

    /// Starts it again if it is time; whether that was done.
    pub fn restart_if_due(&mut self, state: &State) -> anyhow::Result<bool> {
        if self.due.is_none_or(|due| due > Instant::now()) {
            return Ok(false);
        }
        self.due = None;
        self.running = Some(spawn(&self.program, state)?);
        Ok(true)
    }

    /// Asks it to end.
    pub fn ask_to_end(&self) {
        if let Some(running) = &self.running {
            running.signal(Signal::TERM);
        }
    }

    /// Waits for its end and ends it at the deadline; whether it ended by itself. What it left running ends, too.
    pub async fn end_by(&mut self, deadline: Instant) -> bool {
        let Some(mut running) = self.running.take() else { return true };
        tokio::time::timeout_at(deadline, running.child.wait()).await.is_ok()
    }
}

impl Running {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // A group without processes is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

fn spawn(program: &Program, state: &State) -> anyhow::Result<Running> {
    let log = state.open_log(program.name)?;
    let child = Command::new(&program.path)
        // A profile of the person's own must not reach the local AWS.
        .env_remove("AWS_PROFILE")
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} cannot be started", program.path.display()))?;
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    Ok(Running { child, group, since: Instant::now() })
}

fn pause(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_PAUSE)
}

/// In words: by a signal, or with an exit code.
fn how(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (None, Some(code)) => format!("ended by itself (exit code {code})"),
        (None, None) => "ended".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit() {
        let pauses = [0, 1, 2, 5, 6, 7, 1_000].map(|failures| pause(failures).as_millis());
        assert_eq!(pauses, [500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000]);
    }
}
