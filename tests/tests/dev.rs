//! `rushes dev` as a person runs it: its renderer dies, Ctrl-C ends it, it is started again.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rushes_tests::Client;
use rushes_tests::local_aws::{free_port, reqwest_client, root, tools};
use rushes_tests::service::{bin_dir, ffmpeg};
use serde_json::{Value, json};

const MINUTES: Duration = Duration::from_secs(240);

/// A running `rushes dev`. It is ended in order even when the test fails, since its children are not the test's.
struct Dev {
    child: Child,
    terminal: PathBuf,
}

impl Dev {
    /// Starts it in a folder that looks like the project's.
    fn start(folder: &Path, port: u16) -> Self {
        let terminal = folder.join("terminal");
        let mut command = Command::new(bin_dir().join("rushes"));
        command.args(["dev", "--example", "spec.json", "--port", &port.to_string(), "--tools"]).arg(tools());
        command.env("RUSHES_FFMPEG", ffmpeg()).current_dir(folder).stdin(Stdio::null());
        let child = command.stderr(File::create(&terminal).unwrap()).spawn().unwrap();
        Self { child, terminal }
    }

    async fn until_it_says(&mut self, words: &str) {
        let deadline = Instant::now() + MINUTES;
        loop {
            let said = std::fs::read_to_string(&self.terminal).unwrap();
            if said.contains(words) {
                return;
            }
            let has_ended = self.child.try_wait().unwrap().is_some();
            assert!(!has_ended && Instant::now() < deadline, "{words:?} was not said, but:\n{said}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The process id of the child of that name.
    fn child_named(&self, name: &str) -> Pid {
        let parent = self.child.id().to_string();
        let processes =
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let is_child = |process: &String| {
            let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { return false };
            // Name in brackets, state, parent (proc_pid_stat(5)).
            let Some((head, tail)) = stat.rsplit_once(')') else { return false };
            head.ends_with(&format!("({name}")) && tail.split_whitespace().nth(1) == Some(&parent)
        };
        Pid::from_raw(processes.into_iter().find(is_child).unwrap().parse().unwrap())
    }

    /// Presses Ctrl-C and waits for the end.
    fn interrupt(&mut self) -> ExitStatus {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGINT).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.interrupt();
        }
    }
}

fn project(spec: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("infra"), folder.path().join("infra")).unwrap();
    std::fs::write(folder.path().join("spec.json"), spec.to_string()).unwrap();
    folder
}

fn short(script: &str) -> Value {
    json!({"script": script, "captions": {"style": "none"}, "output": {"resolution": "480p"}})
}

#[tokio::test]
async fn a_killed_renderer_is_started_again_and_videos_outlast_ctrl_c() {
    let (folder, port) = (project(&short("First.")), free_port().unwrap());
    let client = Client::new(format!("http://127.0.0.1:{port}"));
    let mut dev = Dev::start(folder.path(), port);
    dev.until_it_says("Press Ctrl-C to stop").await;
    kill(dev.child_named("render"), Signal::SIGKILL).unwrap();
    dev.until_it_says("render was ended by signal 9; it is started again").await;
    let id = client.submit(&short("Second.")).await.unwrap();
    let made = client.ended(&id, MINUTES).await.unwrap();
    assert_eq!(made["status"], "completed", "{made:#}");
    assert!(dev.interrupt().success());

    let mut dev = Dev::start(folder.path(), port);
    dev.until_it_says("Press Ctrl-C to stop").await;
    let task = client.get(&format!("/v1/videos/{id}")).await.unwrap().json;
    assert_eq!((&task["status"], &task["created_at"]), (&json!("completed"), &made["created_at"]), "{task:#}");
    let video = reqwest_client().get(task["video_url"].as_str().unwrap()).send().await.unwrap();
    assert!(video.status().is_success());
    let log = std::fs::read_to_string(folder.path().join(".rushes/render.log")).unwrap();
    assert!(log.contains(&id), "the log of the first start is gone");
    assert!(dev.interrupt().success());
}
