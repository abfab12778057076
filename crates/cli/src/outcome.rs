//! How a command ends.

use std::process::ExitCode;

use rushes_core::spec::SpecError;

/// Exit code of a command that Ctrl-C ended (128 + SIGINT).
const INTERRUPTED: u8 = 130;

/// Ctrl-C was pressed; everything begun was removed.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Tells a failure in plain words on standard error and turns it into an exit code.
pub fn exit_code(outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    if error.is::<Interrupted>() {
        eprintln!("Interrupted; nothing was left behind.");
        return ExitCode::from(INTERRUPTED);
    }
    match error.downcast_ref::<SpecError>() {
        Some(spec) => tell_violations(spec),
        None => eprintln!("error: {error:#}"),
    }
    ExitCode::FAILURE
}

fn tell_violations(error: &SpecError) {
    eprintln!("error: the spec cannot be made into a video:");
    for violation in error.violations() {
        let place = if violation.pointer.is_empty() { "(whole spec)" } else { &violation.pointer };
        eprintln!("  {place}: {}", violation.message);
    }
}

/// Runs `work` until it ends or Ctrl-C is pressed; then it is dropped, which stops its children.
pub async fn unless_interrupted<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::select! {
        // Listens before the work begins, so that nothing begun can be left behind.
        biased;
        pressed = tokio::signal::ctrl_c() => {
            pressed?;
            Err(Interrupted.into())
        }
        outcome = work => outcome,
    }
}
