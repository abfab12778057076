//! A progress bar on a terminal.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use rushes_core::ports::Progress;
use rushes_core::task::Stage;

/// A stage of which only the share that is done is known.
const SHARE: &str = "{spinner} {msg:<10} [{bar:32}] {percent:>3}%  {elapsed}, {eta} left";
/// A stage whose frames are counted.
const FRAMES: &str = "{spinner} {msg:<10} [{bar:32}] {percent:>3}%  {pos}/{len} frames, {rate}, {eta} left";

/// Shows how far the work is; silent where nobody looks.
pub struct Bar {
    bar: ProgressBar,
    counts_frames: AtomicBool,
}

impl Bar {
    /// A bar on standard error.
    pub fn on_terminal() -> Self {
        let bar = Self::on(ProgressDrawTarget::stderr());
        bar.bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }

    fn on(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(100), target);
        bar.set_style(style(SHARE));
        Self { bar, counts_frames: AtomicBool::new(false) }
    }

    /// Removes the bar.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Shows a stage and a percentage that were told by someone else.
    pub fn show(&self, stage: &str, percent: u8) {
        if self.counts_frames.swap(false, Ordering::Relaxed) {
            self.bar.set_style(style(SHARE));
            self.bar.set_length(100);
        }
        self.bar.set_message(stage.to_owned());
        self.bar.set_position(u64::from(percent));
    }
}

impl Progress for Bar {
    fn report(&self, stage: Stage, fraction: f64) {
        self.show(stage.as_str(), stage.percent(fraction));
    }

    fn report_frames(&self, done: u64, total: u64) {
        if !self.counts_frames.swap(true, Ordering::Relaxed) {
            self.bar.set_style(style(FRAMES));
            self.bar.set_message(Stage::Rendering.as_str());
            self.bar.set_length(total);
            // What was fast or slow before says nothing of frames.
            self.bar.reset_eta();
        }
        self.bar.set_position(done);
    }
}

fn style(template: &str) -> ProgressStyle {
    let rate = |state: &ProgressState, text: &mut dyn Write| {
        // A terminal that cannot be written to has nobody before it.
        let _ = write!(text, "{:.0} frames/s", state.per_sec());
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("rate", rate).progress_chars("█▌░")
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    #[test]
    fn stage_frames_rate_and_time_left_are_shown_while_frames_are_rendered() {
        let terminal = InMemoryTerm::new(4, 120);
        let bar = Bar::on(ProgressDrawTarget::term_like(Box::new(terminal.clone())));
        bar.report(Stage::Speaking, 0.5);
        bar.bar.force_draw();
        assert!(terminal.contents().contains("speaking"), "{}", terminal.contents());
        bar.report_frames(450, 1800);
        bar.bar.force_draw();
        let shown = terminal.contents();
        for part in ["rendering", " 25%", "450/1800 frames", "frames/s", "left"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        bar.report(Stage::Stitching, 0.0);
        bar.bar.force_draw();
        assert!(terminal.contents().contains("stitching") && !terminal.contents().contains("frames"));
    }
}
