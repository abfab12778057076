//! A progress bar on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rushes_core::ports::Progress;
use rushes_core::task::Stage;

/// Shows how far the work is; silent where nobody looks.
pub struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar on standard error.
    pub fn on_terminal() -> Self {
        let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} {msg:<10} [{bar:32}] {pos:>3}%  {elapsed}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▌░"));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar }
    }

    /// Removes the bar.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Shows a stage and a percentage that were told by someone else.
    pub fn show(&self, stage: &str, percent: u8) {
        self.bar.set_message(stage.to_owned());
        self.bar.set_position(u64::from(percent));
    }
}

impl Progress for Bar {
    fn report(&self, stage: Stage, fraction: f64) {
        self.show(stage.as_str(), stage.percent(fraction));
    }
}
