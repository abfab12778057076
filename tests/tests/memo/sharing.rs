//! Two workers with the same video.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::memo::LeveledMemo;
use rushes_core::ports::{RenderJob, RenderedFiles, Renderer, SilentProgress};
use rushes_core::spec::{Output, ProgressBar};
use rushes_core::timeline::{Backdrop, Soundtrack, SpokenScene, SpokenVideo, Timeline};
use rushes_core::units::{Color, FrameRate};
use rushes_engine::Engine;
use rushes_tests::LocalAws;

use super::{SECOND, process};

const SCENES: u8 = 18;

/// As many segments as scenes, each of sixty pictures that all differ.
fn story() -> (Timeline, Soundtrack) {
    let scene = |number| SpokenScene {
        minimum_duration: Duration::from_secs(2),
        ..SpokenScene::plain(Backdrop::Color(Color::rgb(10 * number, 60, 90)))
    };
    let progress_bar = Some(ProgressBar { color: Color::rgb(255, 255, 255), is_at_top: false });
    let video = SpokenVideo { progress_bar, ..SpokenVideo::plain((0..SCENES).map(scene).collect()) };
    let output = Output { width: 640, height: 360, frame_rate: FrameRate::new(30).unwrap() };
    Timeline::lay(output, video)
}

async fn rendered(memo: LeveledMemo, story: &(Timeline, Soundtrack), directory: &Path) -> RenderedFiles {
    let engine = Engine::new(rushes_tests::ffmpeg()).with_workers(1).with_memo(Arc::new(memo));
    let job = RenderJob { timelines: std::slice::from_ref(&story.0), soundtrack: Arc::new(story.1.clone()), directory };
    engine.render(job, &SilentProgress).await.unwrap().files.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_with_the_same_video_share_its_segments() {
    let aws = LocalAws::start().await.unwrap();
    let story = story();
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let memos = [process(&aws, 30 * SECOND).await, process(&aws, 30 * SECOND).await];
    let [one, other] = memos;
    let (one, other) =
        tokio::join!(rendered(one, &story, directories[0].path()), rendered(other, &story, directories[1].path()),);
    assert_eq!(one.sha256, other.sha256);
    let made = |files: &RenderedFiles| files.segments.total - files.segments.reused;
    let (by_one, by_other, all) = (made(&one), made(&other), usize::from(SCENES));
    assert_eq!((one.segments.total, by_one + by_other), (all, all), "each is rendered once");
    assert!(by_one.min(by_other) >= all / 3, "{by_one} and {by_other}");
}
