//! How far a worker is with its task, and how long each stage took.

use std::time::Instant;

use tokio::sync::watch;

use crate::ports::Progress;
use crate::task::{Stage, StageTimings};

/// How far the work is.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub stage: Stage,
    pub percent: u8,
    /// Of the stages behind.
    pub timings: StageTimings,
    entered: Instant,
}

/// Takes reports of progress and hands on the last one. It never goes back.
pub struct Watched {
    sender: watch::Sender<Step>,
}

impl Watched {
    /// Work that begins now, and what tells of its progress.
    pub fn begin() -> (Self, watch::Receiver<Step>) {
        let timings = StageTimings::default();
        let first = Step { stage: Stage::Planning, percent: 0, timings, entered: Instant::now() };
        let (sender, receiver) = watch::channel(first);
        (Self { sender }, receiver)
    }

    /// How long each stage took up to now.
    pub fn timings(&self) -> StageTimings {
        let step = *self.sender.borrow();
        let mut timings = step.timings;
        timings.add(step.stage, step.entered.elapsed());
        timings
    }
}

impl Progress for Watched {
    fn report(&self, stage: Stage, fraction: f64) {
        let percent = stage.percent(fraction);
        self.sender.send_if_modified(|step| {
            let forward = percent > step.percent || (percent == step.percent && stage > step.stage);
            if forward && stage != step.stage {
                step.timings.add(step.stage, step.entered.elapsed());
                step.entered = Instant::now();
            }
            if forward {
                (step.stage, step.percent) = (stage, percent);
            }
            forward
        });
    }
}

/// Resolves when there is new progress; never, once nobody reports any more.
pub async fn changed(steps: &mut watch::Receiver<Step>) {
    if steps.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STAGES: [Stage; 5] = [Stage::Planning, Stage::Speaking, Stage::Rendering, Stage::Stitching, Stage::Uploading];

    proptest! {
        #[test]
        fn progress_never_goes_back(reports in prop::collection::vec((0..STAGES.len(), 0.0..=1.0), 0..40)) {
            let (progress, steps) = Watched::begin();
            let mut last = *steps.borrow();
            for (stage, fraction) in reports {
                progress.report(STAGES[stage], fraction);
                let step = *steps.borrow();
                prop_assert!((step.percent, step.stage) >= (last.percent, last.stage));
                last = step;
            }
        }
    }

    #[test]
    fn each_stage_that_was_left_has_its_time_and_the_last_one_is_counted_up_to_now() {
        let (progress, steps) = Watched::begin();
        progress.report(Stage::Speaking, 0.0);
        progress.report(Stage::Rendering, 0.0);
        progress.report(Stage::Rendering, 0.5);
        let seen = steps.borrow().timings;
        assert!(seen.planning_ms.is_some() && seen.speaking_ms.is_some());
        assert!(seen.rendering_ms.is_none() && progress.timings().rendering_ms.is_some());
    }
}
