use std::time::Duration;

use rushes_core::ports::Credit;
use rushes_core::script::ScriptReport;
use rushes_core::spec::{Aspect, Resolution};
use rushes_core::task::{OutputReport, SegmentCount};

use super::*;

fn task() -> Task {
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    Task::queued(TaskId::generate(), "Why is the sky blue?".to_owned(), now, Duration::from_secs(86_400))
}

#[test]
fn a_task_comes_back_from_its_item_as_it_was() {
    let mut task = task();
    for status in Status::ALL {
        task.status = status;
        task.stage = Stage::Rendering;
        task.progress = 55;
        task.started_at = Some(task.created_at);
        task.timings.add(Stage::Speaking, Duration::from_millis(250));
        task.result = Some(VideoReport {
            duration_ms: 57_000,
            width: 1920,
            height: 1080,
            fps: 30,
            frames: 1710,
            distinct_frames: 161,
            segments: SegmentCount { total: 6, reused: 2 },
            size_bytes: 5_000_000_000,
            sha256: "ab".repeat(32),
            wall_ms: 2100,
            outputs: vec![OutputReport {
                aspect: Aspect::Portrait,
                resolution: Resolution::P1080,
                width: 1080,
                height: 1920,
                frames: 1710,
                distinct_frames: 161,
                segments: SegmentCount { total: 6, reused: 2 },
                size_bytes: 5_000_000_000,
                sha256: "ab".repeat(32),
            }],
            script: Some(ScriptReport {
                title: "Sky".to_owned(),
                description: "Blue.".to_owned(),
                tags: vec!["sky".to_owned()],
                keywords: Vec::new(),
            }),
            credits: vec![Credit { author: "A".to_owned(), provider: "B".to_owned(), url: "C".to_owned() }],
            warnings: vec!["one".to_owned()],
        });
        task.error = Some(TaskError { code: "render_failed".to_owned(), message: "no".to_owned() });
        let item = TaskRecord::from(&task).to_item().unwrap();
        let read = TaskRecord::from_item(item).unwrap().live(task.created_at).unwrap();
        assert_eq!(read, task);
    }
}

#[test]
fn a_record_from_an_earlier_release_is_still_read() {
    let mut task = task();
    task.result = Some(VideoReport {
        duration_ms: 1,
        width: 1920,
        height: 1080,
        fps: 30,
        frames: 1,
        distinct_frames: 1,
        segments: SegmentCount { total: 1, reused: 0 },
        size_bytes: 1,
        sha256: String::new(),
        wall_ms: 1,
        outputs: Vec::new(),
        script: None,
        credits: Vec::new(),
        warnings: Vec::new(),
    });
    let mut item = TaskRecord::from(&task).to_item().unwrap();
    let Some(AttributeValue::M(result)) = item.get_mut("result") else { panic!("no result") };
    for later in ["outputs", "script", "credits", "warnings"] {
        result.remove(later).unwrap();
    }
    item.remove("timings").unwrap();
    for later in ["queued_at", "gsi4pk", "gsi4sk"] {
        item.remove(later).unwrap();
    }
    assert_eq!(TaskRecord::from_item(item).unwrap().live(task.created_at), Some(task));
}

#[test]
fn the_keys_and_the_time_to_live_are_what_the_template_declares() {
    let task = task();
    let item = TaskRecord::from(&task).to_item().unwrap();
    let text = |name: &str| item[name].as_s().unwrap().clone();
    assert_eq!(text("pk"), format!("TASK#{}", task.id));
    assert_eq!(text("sk"), "META");
    assert_eq!(text("gsi1pk"), "STATUS#queued");
    assert_eq!(text("gsi1sk"), task.id.to_string());
    assert!(text("gsi4pk").starts_with("STATUS#queued#"));
    assert_eq!(text("gsi4sk"), task.id.to_string());
    assert_eq!(item["expires_at"].as_n().unwrap(), "1790086400");
    assert!(!item.contains_key("lease_until") && !item.contains_key("result"));
}

#[test]
fn an_expired_record_holds_no_task() {
    let task = task();
    assert_eq!(TaskRecord::from(&task).live(task.expires_at), None);
    assert!(TaskRecord::from(&task).has_expired(task.expires_at));
}

#[test]
fn an_item_that_is_no_task_is_named_corrupt() {
    let mut item = TaskRecord::from(&task()).to_item().unwrap();
    item.insert("status".to_owned(), AttributeValue::S("asleep".to_owned()));
    assert!(matches!(TaskRecord::from_item(item), Err(StoreError::Corrupt { .. })));
}
