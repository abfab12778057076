//! Processes that end with this one, and are started again when they end before.

use std::time::Duration;

use tokio::time::Instant;

use super::process::{Process, Program};
use super::state::State;

/// How long children may take to end by themselves.
const GRACE: Duration = Duration::from_secs(6);
/// How long the first may take, which writes down what the others left with it.
const LAST_GRACE: Duration = Duration::from_secs(60);
/// How often is looked whether one has ended.
const LOOK: Duration = Duration::from_millis(200);

/// Started processes. The others depend on the first, which ends last.
pub struct Children {
    state: State,
    processes: Vec<Process>,
}

impl Children {
    /// No children yet; their logs lie in `state`.
    pub const fn new(state: State) -> Self {
        Self { state, processes: Vec::new() }
    }

    /// What lasts from one start to the next.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Starts one more.
    pub fn start(&mut self, program: Program) -> anyhow::Result<()> {
        self.processes.push(Process::start(program, &self.state)?);
        Ok(())
    }

    /// Starts one in the place of that of its name, which is ended before if there is one.
    pub async fn replace(&mut self, program: Program) -> anyhow::Result<()> {
        if let Some(place) = self.processes.iter().position(|process| process.name() == program.name) {
            end(vec![self.processes.remove(place)], GRACE).await;
        }
        self.start(program)
    }

    /// Waits until one of them ends; gives its name.
    pub async fn first_to_end(&mut self) -> &'static str {
        loop {
            if let Some(ended) =
                self.processes.iter_mut().find_map(|process| process.has_ended().map(|_| process.name()))
            {
                return ended;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until one has ended and was started again after a pause; gives its name. Both are told.
    pub async fn next_restart(&mut self) -> &'static str {
        loop {
            for process in &mut self.processes {
                if let Some(how) = process.has_ended() {
                    again_later(process, &how);
                }
                match process.restart_if_due(&self.state) {
                    Ok(true) => return process.name(),
                    Ok(false) => {}
                    Err(error) => again_later(process, &format!("did not start: {error:#}")),
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Asks all to end, the first started last, and ends those that do not.
    pub async fn stop(&mut self) {
        let mut processes = std::mem::take(&mut self.processes);
        let dependent = processes.split_off(processes.len().min(1));
        end(dependent, GRACE).await;
        for name in end(processes, LAST_GRACE).await {
            eprintln!("{name} did not end in time and was killed: what it had not written down is lost.");
        }
    }
}

fn again_later(process: &mut Process, what: &str) {
    let name = process.name();
    let pause = process.plan_restart().as_secs_f64();
    eprintln!("{name} {what}; it is started again in {pause} s (see {}/{name}.log).", super::STATE);
}

/// Asks the processes to end and waits; gives the names of those that had to be killed.
async fn end(mut processes: Vec<Process>, grace: Duration) -> Vec<&'static str> {
    let deadline = Instant::now() + grace;
    for process in &processes {
        process.ask_to_end();
    }
    let mut killed = Vec::new();
    for process in &mut processes {
        if !process.end_by(deadline).await {
            killed.push(process.name());
        }
    }
    killed
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    fn script(directory: &Path, does: &str) -> Program {
        let path = directory.join("program");
        std::fs::write(&path, format!("#!/bin/sh\n{does}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Program { name: "worker", path, environment: Vec::new() }
    }

    #[tokio::test]
    async fn a_child_that_is_killed_is_started_again_and_writes_on_in_its_log() {
        let directory = tempfile::tempdir().unwrap();
        let mut children = Children::new(State::take(directory.path(), false).unwrap());
        children.start(script(directory.path(), "echo started; kill -9 $$")).unwrap();
        assert_eq!(children.next_restart().await, "worker");
        children.stop().await;
        let log = std::fs::read_to_string(directory.path().join("worker.log")).unwrap();
        assert!(log.starts_with("started\n"), "{log}");
    }

    #[tokio::test]
    async fn the_first_is_asked_to_end_when_the_others_have_ended() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("order");
        let program = |name: &'static str| {
            let folder = directory.path().join(format!("{name}-program"));
            std::fs::create_dir(&folder).unwrap();
            let does =
                format!("trap 'echo {name} >> {}; exit' TERM; : > ready; while :; do sleep 0.01; done", log.display());
            let does = format!("cd {}; {does}", folder.display());
            (Program { name, ..script(&folder, &does) }, folder.join("ready"))
        };
        let mut children = Children::new(State::take(directory.path(), false).unwrap());
        for (program, ready) in ["aws", "api", "render"].map(program) {
            children.start(program).unwrap();
            while !ready.exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        children.stop().await;
        let order = std::fs::read_to_string(log).unwrap();
        assert_eq!((order.lines().count(), order.lines().last()), (3, Some("aws")), "{order}");
    }
}
