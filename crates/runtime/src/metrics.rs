//! Figures for CloudWatch, in its embedded metric format: a line of JSON on standard output
//! that says of itself which of its numbers are metrics. Lambda and the container's log
//! driver bring it there; nothing is called.

use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;
use rushes_core::ports::{TaskEnd, TaskObserver, TaskOutcome};
use rushes_core::task::{StageTimings, VideoReport};
use serde_json::{Map, Value, json};

use crate::config::{ConfigError, optional, parsed};
use crate::in_lambda;

/// What the figures are found under.
const NAMESPACE: &str = "Rushes";

/// The dimension that keeps the figures of one deployment apart from those of others.
const STACK: &str = "Stack";

/// Writes a line for each task that a worker is done with.
#[derive(Clone, Debug)]
pub struct EmbeddedMetrics {
    is_on: bool,
    /// The deployment whose figures they are, if it has a name.
    stack: Option<String>,
}

impl EmbeddedMetrics {
    /// As `RUSHES_METRICS` says, `on` or `off`; by default on in Lambda. `RUSHES_STACK` names the deployment.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        let by_default = if in_lambda() { Switch::On } else { Switch::Off };
        let is_on = parsed("RUSHES_METRICS", by_default)? == Switch::On;
        Ok(Self { is_on, stack: optional("RUSHES_STACK") })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Switch {
    On,
    Off,
}

impl std::str::FromStr for Switch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err("it may be on or off"),
        }
    }
}

impl TaskObserver for EmbeddedMetrics {
    fn task_ended(&self, end: &TaskEnd<'_>) {
        if !self.is_on {
            return;
        }
        let line = line(end, self.stack.as_deref(), Timestamp::now());
        // Figures that cannot be written are no reason to stop working.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

/// One number, its name and its unit as CloudWatch calls it.
type Figure = (&'static str, &'static str, f64);

fn line(end: &TaskEnd<'_>, stack: Option<&str>, now: Timestamp) -> Value {
    let figures = figures(end);
    let metrics: Vec<Value> = figures.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let dimensions: Vec<&str> = stack.iter().map(|_| STACK).collect();
    let directive = json!({"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics});
    let mut line = Map::new();
    let header = json!({"Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive]});
    line.insert("_aws".to_owned(), header);
    line.extend(stack.map(|name| (STACK.to_owned(), json!(name))));
    line.insert("task_id".to_owned(), json!(end.id));
    line.insert("attempt".to_owned(), json!(end.attempt));
    line.extend(figures.into_iter().map(|(name, _, number)| (name.to_owned(), json!(number))));
    Value::Object(line)
}

fn figures(end: &TaskEnd<'_>) -> Vec<Figure> {
    let is = |outcome| f64::from(u8::from(outcome));
    let mut figures: Vec<Figure> = vec![("WorkSeconds", "Seconds", end.worked.as_secs_f64())];
    match end.outcome {
        // Zeros, too: the average of failures is their rate.
        TaskOutcome::Completed(_) | TaskOutcome::Failed => {
            let is_failed = matches!(end.outcome, TaskOutcome::Failed);
            figures.extend([("TasksCompleted", "Count", is(!is_failed)), ("TasksFailed", "Count", is(is_failed))]);
        }
        TaskOutcome::HandedBack => figures.push(("TasksHandedBack", "Count", 1.0)),
        TaskOutcome::Dropped => figures.push(("TasksDropped", "Count", 1.0)),
    }
    if let Some(waited) = end.waited {
        figures.push(("QueueAgeSeconds", "Seconds", waited.as_secs_f64()));
    }
    figures.extend(of_stages(&end.timings));
    if let TaskOutcome::Completed(report) = end.outcome {
        figures.extend(of_video(report));
    }
    figures
}

fn of_stages(timings: &StageTimings) -> impl Iterator<Item = Figure> {
    let stages = [
        ("PlanningSeconds", timings.planning_ms),
        ("SpeakingSeconds", timings.speaking_ms),
        ("RenderingSeconds", timings.rendering_ms),
        ("StitchingSeconds", timings.stitching_ms),
        ("UploadingSeconds", timings.uploading_ms),
    ];
    let seconds = |milliseconds| Duration::from_millis(milliseconds).as_secs_f64();
    stages.into_iter().filter_map(move |(name, time)| Some((name, "Seconds", seconds(time?))))
}

#[expect(clippy::cast_precision_loss, reason = "ratios for people")]
fn of_video(report: &VideoReport) -> Vec<Figure> {
    let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let segments = &report.segments;
    vec![
        ("MemoHitRate", "None", ratio(segments.reused as f64, segments.total as f64)),
        ("DistinctFrameRatio", "None", ratio(report.distinct_frames as f64, report.frames as f64)),
        ("VideoSeconds", "Seconds", report.duration_ms as f64 / 1000.0),
    ]
}

#[cfg(test)]
mod tests {
    use rushes_core::task::{SegmentCount, TaskId};

    use super::*;

    fn report() -> VideoReport {
        VideoReport {
            duration_ms: 2000,
            width: 1,
            height: 1,
            fps: 30,
            frames: 60,
            distinct_frames: 15,
            segments: SegmentCount { total: 4, reused: 1 },
            size_bytes: 1,
            sha256: String::new(),
            wall_ms: 1,
            outputs: Vec::new(),
            script: None,
            credits: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn line_of(outcome: TaskOutcome<'_>) -> Value {
        let end = TaskEnd {
            id: TaskId::generate(),
            attempt: 1,
            outcome,
            waited: Some(Duration::from_millis(1500)),
            worked: Duration::from_secs(2),
            timings: StageTimings { rendering_ms: Some(250), ..StageTimings::default() },
        };
        line(&end, Some("night"), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_line_holds_every_number_that_it_says_is_a_metric() {
        let report = report();
        for outcome in
            [TaskOutcome::Completed(&report), TaskOutcome::Failed, TaskOutcome::HandedBack, TaskOutcome::Dropped]
        {
            let line = line_of(outcome);
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("Rushes"), &json!([["Stack"]])));
            assert_eq!(line["Stack"], "night");
            for metric in directive["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
            }
            assert_eq!(line["RenderingSeconds"], 0.25);
            assert_eq!(line["QueueAgeSeconds"], 1.5);
        }
    }

    #[test]
    fn the_average_of_failures_is_their_rate() {
        let report = report();
        let completed = line_of(TaskOutcome::Completed(&report));
        assert_eq!((&completed["TasksFailed"], &completed["TasksCompleted"]), (&json!(0.0), &json!(1.0)));
        assert_eq!((&completed["MemoHitRate"], &completed["DistinctFrameRatio"]), (&json!(0.25), &json!(0.25)));
        let failed = line_of(TaskOutcome::Failed);
        assert_eq!((&failed["TasksFailed"], &failed["TasksCompleted"]), (&json!(1.0), &json!(0.0)));
    }
}
