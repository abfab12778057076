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
        None => eprintln!("error: {}", told(&error)),
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

/// An error and what lay beneath, each said once: many say in their own words what lies beneath them.
fn told(error: &anyhow::Error) -> String {
    let mut causes = error.chain().map(ToString::to_string);
    let first = causes.next().unwrap_or_default();
    causes.fold(first, |told, cause| if told.ends_with(&cause) { told } else { format!("{told}: {cause}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_error_says_of_its_cause_is_not_said_twice() {
        use rushes_core::ports::MediaError;
        use rushes_core::produce::ProduceError;
        let source = MediaError::Unreadable { reason: "it is cut off".to_owned() };
        let error = anyhow::Error::new(ProduceError::Media { pointer: "/music/path".to_owned(), source });
        assert_eq!(told(&error), "/music/path: this file cannot be used: it is cut off");
        let error = anyhow::Error::new(std::io::Error::other("disk")).context("no folder can be made");
        assert_eq!(told(&error), "no folder can be made: disk");
    }
}
