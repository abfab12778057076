//! Whichever call to whatever lies outside fails: the task is completed when its
//! message comes again, or says why not, and nothing is made twice.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rushes_aws::{DynamoMemo, DynamoTable, Message, S3Bucket, SqsQueue, parse_message};
use rushes_content::http::{HttpClient, HttpConfig};
use rushes_content::media::{AllowedHosts, Library};
use rushes_content::{remember::RememberingVoice, speak::SpeakVoice};
use rushes_core::batch::{BatchAnswer, BatchDesk, BatchTerms, MAX_REQUEST_ROWS, RowStatus};
use rushes_core::keys::ObjectKey;
use rushes_core::manage::{ManageError, Manager};
use rushes_core::memo::{LeveledMemo, Limits};
use rushes_core::ports::{Bucket, NoObserver, TaskStore};
use rushes_core::produce::Studio;
use rushes_core::request::IdempotencyKey;
use rushes_core::scratch::Scratch;
use rushes_core::shift::Shift;
use rushes_core::spec::AssetId;
use rushes_core::submit::FrontDesk;
use rushes_core::task::{Status, Task, TaskId};
use rushes_core::work::{Disposition, MAX_DELIVERIES, Worker};
use rushes_engine::Engine;
use rushes_tests::LocalAws;
use rushes_tests::faults::{Fault, Faults};
use rushes_tests::service::{bin_dir, ffmpeg};
use serde_json::json;

/// More calls than a task needs.
const MANY: usize = 200;
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

/// The real outside, reached without faults.
struct Outside {
    table: Arc<DynamoTable>,
    queue: Arc<SqsQueue>,
    bucket: Arc<S3Bucket>,
    picture: AssetId,
}

/// What the service is made of, with a fault somewhere below.
struct Made {
    desk: FrontDesk,
    batches: BatchDesk,
    manager: Manager,
    worker: Worker,
}

impl Outside {
    async fn new(aws: &LocalAws) -> Self {
        let bucket = aws.bucket().await.unwrap();
        let mut png = Cursor::new(Vec::new());
        image::RgbImage::new(64, 36).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let picture = AssetId::generate();
        bucket.put(ObjectKey::Asset(picture), Bytes::from(png.into_inner())).await.unwrap();
        let (table, queue) = (aws.table().await.unwrap(), aws.queue().await.unwrap());
        Self { table: Arc::new(table), queue: Arc::new(queue), bucket: Arc::new(bucket), picture }
    }

    /// Every port goes through `faults`, also those on which others stand.
    fn behind(&self, faults: &Arc<Faults>) -> Made {
        let bucket = faults.around(self.bucket.clone());
        let results = DynamoMemo::new(DynamoTable::clone(&self.table), S3Bucket::clone(&self.bucket));
        let limits = Limits { lease: SECOND, ..Limits::default() };
        let memo = Arc::new(LeveledMemo::new(faults.around(Arc::new(results)), limits));
        let http = HttpClient::new(HttpConfig::default()).unwrap();
        let library = Library::for_service(http, AllowedHosts::default()).with_uploads(bucket.clone());
        let media = faults.around(Arc::new(library));
        let voice = faults.around(Arc::new(SpeakVoice::new(bin_dir().join("rushes-speak"))));
        let voice = faults.around(Arc::new(RememberingVoice::new(voice, memo.clone())));
        let renderer = faults.around(Arc::new(Engine::new(ffmpeg()).with_memo(memo)));
        let store = faults.around(self.table.clone());
        let desk = FrontDesk {
            store: store.clone(),
            requests: store.clone(),
            channels: store.clone(),
            bucket: bucket.clone(),
            queue: faults.around(self.queue.clone()),
            media: media.clone(),
            time_to_live: DAY,
            request_lease: SECOND,
            has_writer: false,
        };
        let studio = Studio { writer: None, footage: Vec::new(), voice, media, renderer };
        let manager = Manager { store: store.clone(), bucket: bucket.clone(), queue: desk.queue.clone() };
        let (owner, observer) = ("worker".to_owned(), Arc::new(NoObserver));
        let batches = BatchDesk { desk: desk.clone(), batches: store.clone() };
        let worker = Worker { store, bucket, studio, owner, lease: SECOND, elsewhere: None, observer };
        Made { desk, batches, manager, worker }
    }

    /// Nothing that was remembered of one video fits another: the colour of the words differs.
    fn spec(&self, title: &str, color: usize) -> Bytes {
        let scenes = json!([{"text": "Once.", "background": {"type": "image", "asset": self.picture}}]);
        let captions = json!({"color": format!("#ff{color:04x}")});
        let output = json!({"resolution": "480p", "fps": 24});
        Bytes::from(json!({"title": title, "scenes": scenes, "captions": captions, "output": output}).to_string())
    }

    /// What is recorded under a title.
    async fn titled(&self, title: &str) -> Vec<Task> {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.table.list(None, cursor.as_deref(), 100).await.unwrap();
            found.extend(page.tasks.into_iter().filter(|task| task.title == title));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return found;
            }
        }
    }

    /// Deals with messages until there are none.
    async fn work_off(&self, worker: &Worker, id: TaskId) {
        for _ in 0..600 {
            let messages = self.queue.receive_at_once(1, SECOND * 30).await.unwrap();
            let ended = TaskStore::get(&*self.table, id).await.unwrap().unwrap().status.is_final();
            if messages.is_empty() && ended {
                return;
            }
            if messages.is_empty() {
                tokio::time::sleep(SECOND / 20).await;
            }
            for message in messages {
                self.deal_with(worker, &message).await;
            }
        }
        panic!("the task never ends: {:#?}", TaskStore::get(&*self.table, id).await);
    }

    /// What `rushes-runtime` does with a message, but for the waiting.
    async fn deal_with(&self, worker: &Worker, message: &Message) {
        let id = parse_message(&message.body).unwrap();
        let disposition = if message.deliveries < MAX_DELIVERIES {
            let directory = Scratch::create().unwrap();
            worker.work(id, directory.path(), &Shift::endless()).await
        } else {
            worker.give_up(id).await
        };
        if disposition == Disposition::Retry {
            return self.queue.change_visibility(&message.receipt, Duration::ZERO).await.unwrap();
        }
        if let Disposition::Later(wait) = disposition {
            self.queue.send_later(message.body.clone(), wait.min(SECOND)).await.unwrap();
        }
        self.queue.delete(&message.receipt).await.unwrap();
    }
}

/// Sends a request as a client does who wants a video: again until it is accepted.
async fn accepted(desk: &FrontDesk, title: &str, spec: &Bytes) -> Task {
    let key = IdempotencyKey::new(b"caller", "videos", title.replace(' ', "-").as_bytes()).unwrap();
    for _ in 0..50 {
        if let Ok(task) = desk.submit_once(key.of_body(spec), spec.clone()).await {
            return task;
        }
        tokio::time::sleep(SECOND / 10).await;
    }
    panic!("{title} is never accepted")
}

/// Cancels a task that waits, has it tried again, and deletes it once it has ended: each again until it is done.
async fn managed(outside: &Outside, made: &Made, title: &str, number: usize) {
    let id = accepted(&made.desk, title, &outside.spec(title, number)).await.id;
    while made.manager.cancel(id).await.is_err() {}
    while made.manager.retry(id).await.is_err() {}
    let task = TaskStore::get(&*outside.table, id).await.unwrap().unwrap();
    assert_eq!(task.status, Status::Queued, "{title}: {task:#?}");
    // Faults of working are tested by themselves.
    outside.work_off(&outside.behind(&Faults::at(usize::MAX, Fault::NotMade)).worker, id).await;
    loop {
        match made.manager.delete(id).await {
            Ok(()) | Err(ManageError::Missing) => break,
            Err(_) => {}
        }
    }
    assert_eq!(outside.titled(title).await, [], "{title} is still there");
    for key in [ObjectKey::Spec(id), ObjectKey::Video(id, None), ObjectKey::Srt(id)] {
        assert_eq!(outside.bucket.get(key).await.unwrap(), None, "{title} left {key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_call_fails_what_is_cancelled_tried_again_and_deleted_is_in_the_end() {
    let aws = LocalAws::start().await.unwrap();
    let outside = Outside::new(&aws).await;
    for fault in [Fault::NotMade, Fault::AnswerLost] {
        for number in 1..MANY {
            let title = format!("Managed {fault:?} {number}");
            let faults = Faults::at(number, fault);
            managed(&outside, &outside.behind(&faults), &title, 0).await;
            if faults.failed().is_none() {
                break;
            }
        }
    }
}

/// Sends a request for two videos as a client does who wants them: again until both are accepted.
async fn accepted_batch(desk: &BatchDesk, title: &str, json: &Bytes) -> BatchAnswer {
    let terms = BatchTerms { limit: MAX_REQUEST_ROWS, channel: None };
    let key = IdempotencyKey::new(b"caller", "batches", title.replace(' ', "-").as_bytes()).unwrap();
    for _ in 0..50 {
        match desk.submit_once(key.of_body(json), json, &terms).await {
            Ok(answer) if answer.rejected == 0 => return answer,
            _ => {}
        }
        tokio::time::sleep(SECOND / 10).await;
    }
    panic!("{title} is never accepted")
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_call_fails_a_batch_that_is_sent_again_is_one_batch_and_each_row_one_task() {
    let aws = LocalAws::start().await.unwrap();
    let outside = Outside::new(&aws).await;
    for fault in [Fault::NotMade, Fault::AnswerLost] {
        for number in 1..MANY {
            let title = format!("Batch {fault:?} {number}");
            let faults = Faults::at(number, fault);
            let made = outside.behind(&faults);
            let row = |color| serde_json::from_slice::<serde_json::Value>(&outside.spec(&title, color)).unwrap();
            let json = Bytes::from(json!({"videos": [row(1), row(2)]}).to_string());
            let first = accepted_batch(&made.batches, &title, &json).await;
            let again = accepted_batch(&made.batches, &title, &json).await;
            let name = faults.failed();
            assert_eq!(again.id, first.id, "{title} ({name:?})");
            assert!(again.videos.iter().all(|row| row.status == RowStatus::Accepted), "{again:?}");
            let mut accepted: Vec<TaskId> = again.videos.iter().filter_map(|row| row.id).collect();
            let mut known: Vec<TaskId> = outside.titled(&title).await.into_iter().map(|task| task.id).collect();
            accepted.sort_unstable();
            known.sort_unstable();
            assert_eq!(known, accepted, "{title} ({name:?})");
            if name.is_none() {
                assert!(first == again && accepted.len() == 2 && number > 8, "{first:?} {again:?}");
                break;
            }
        }
    }
}

async fn every_call(fault: Fault) {
    let aws = LocalAws::start().await.unwrap();
    let outside = Outside::new(&aws).await;
    let mut failed = Vec::new();
    for number in 1..MANY {
        let title = format!("{fault:?} {number}");
        let faults = Faults::at(number, fault);
        let made = outside.behind(&faults);
        let spec = outside.spec(&title, number);
        let id = accepted(&made.desk, &title, &spec).await.id;
        outside.work_off(&made.worker, id).await;

        let name = faults.failed();
        let tasks = outside.titled(&title).await;
        assert_eq!(tasks.len(), 1, "{title} ({name:?}) made {tasks:#?}");
        let task = &tasks[0];
        match task.status {
            Status::Completed => {
                let video = outside.bucket.get_start(ObjectKey::Video(id, None), 1).await.unwrap().unwrap();
                assert_eq!(video.size_bytes, task.result.as_ref().unwrap().size_bytes, "{title} ({name:?})");
            }
            Status::Failed => {
                assert!(task.error.as_ref().is_some_and(|error| !error.message.is_empty()), "{title}: {task:#?}");
                failed.push(name);
            }
            other => panic!("{title} ({name:?}) is {other:?}"),
        }
        let again = accepted(&made.desk, &title, &spec).await;
        assert_eq!(again.id, id, "{title} ({name:?}) is made twice when asked for twice");
        if name.is_none() {
            // Voice and renderer fail for reasons that are there the next time, too.
            let hopeless = |name: &Option<&str>| matches!(name, Some("version" | "speak" | "render"));
            assert!(failed.iter().all(hopeless), "these did not come to a video: {failed:?}");
            assert!(number > 20, "only {number} calls: the ports are not all counted");
            return;
        }
    }
    panic!("a task takes more than {MANY} calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_call_is_not_made_the_video_comes_or_the_task_says_why() {
    every_call(Fault::NotMade).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_answer_is_lost_the_video_comes_or_the_task_says_why() {
    every_call(Fault::AnswerLost).await;
}
